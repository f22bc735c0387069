"""What changed since an earlier document: incidents that are new, still open, gone."""

from __future__ import annotations

from auditor.document import Document, Gone, Incident
from auditor.errors import UsageProblem
from auditor.report.canonical import content_digest


def compared(document: Document, earlier: Document) -> Document:
    """Return the document with its trend against `earlier`, sealed anew.

    Accepted incidents count as present: a suppression does not make a credential go away.

    Raises:
        UsageProblem: the documents were made with different fingerprint keys, so equal credentials look different.
    """
    if document["key_id"] != earlier["key_id"]:
        hint = "Make both with one --key-file."
        raise UsageProblem("the documents cannot be compared: their fingerprint keys differ", hint)
    before = {one["id"]: one for one in earlier["incidents"]}
    now = [one["id"] for one in document["incidents"]]
    changed: Document = {
        **document,
        "trend": {
            "since": earlier["run"]["generated"],
            "digest": earlier["content_digest"],
            "new": sorted(name for name in now if name not in before),
            "open": sorted(name for name in now if name in before),
            "gone": [_gone(before[name]) for name in sorted(set(before) - set(now))],
        },
    }
    return {**changed, "content_digest": content_digest(changed)}


def _gone(one: Incident) -> Gone:
    return {
        "id": one["id"],
        "kind": one["kind"],
        "severity": one["severity"],
        "title": one["title"],
        "mask": one["mask"],
    }
