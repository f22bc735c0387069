"""Changing how a document is presented: title, scope, which frameworks. The content digest follows what is shown."""

from __future__ import annotations

from collections.abc import Collection

from auditor.document import Document, Incident
from auditor.errors import UsageProblem
from auditor.report.canonical import content_digest


def presented(document: Document, *, title: str = "", scope: str = "", frameworks: Collection[str] = ()) -> Document:
    """Return the document with another title or scope, and with these frameworks' controls only; sealed anew.

    Raises:
        UsageProblem: the document has no controls of a named framework.
    """
    known = {control["framework"] for control in document["controls"]}
    known |= {one["id"] for one in document.get("frameworks", [])}
    missing = sorted(set(frameworks) - known)
    if missing:
        raise UsageProblem(
            f"no such framework: {missing[0]}", f"The document has: {', '.join(sorted(known)) or 'none'}."
        )
    changed: Document = {**document, "title": title or document["title"], "scope": scope or document["scope"]}
    if frameworks:
        changed = _narrowed(changed, set(frameworks))
    return {**changed, "content_digest": content_digest(changed)}


def _narrowed(document: Document, wanted: set[str]) -> Document:
    narrowed: Document = {
        **document,
        "incidents": [_of(one, wanted) for one in document["incidents"]],
        "controls": [control for control in document["controls"] if control["framework"] in wanted],
    }
    if "frameworks" in document:
        narrowed["frameworks"] = [one for one in document["frameworks"] if one["id"] in wanted]
    return narrowed


def _of(one: Incident, wanted: set[str]) -> Incident:
    return {**one, "controls": [name for name in one["controls"] if name.split("/")[0] in wanted]}
