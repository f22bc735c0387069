"""The document as one JSON object a line, each with its `type`: for `jq`, log shippers and data frames.

Order: `report`, sources, gaps, sessions, steps, runs, checks, incidents, controls, suppressions, `summary` last, so
that a stream which ends with a summary is whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.document import Document
from auditor.safe.json import dumps

_HEAD = ("schema_version", "tool", "title", "scope", "rule_packs", "key_id", "content_digest", "run")
_LISTS = (
    ("session", "sessions"),
    ("step", "steps"),
    ("run", "runs"),
    ("check", "checks"),
    ("incident", "incidents"),
    ("control", "controls"),
    ("suppression", "suppressions"),
)


def render(document: Document) -> bytes:
    """Return one line per fact, keys sorted."""
    return b"".join(dumps(line) + b"\n" for line in _lines(document))


def _lines(document: Document) -> Iterator[Mapping[str, Any]]:
    members: Mapping[str, Any] = document
    yield {"type": "report", **{name: members[name] for name in _HEAD}}
    for source in document["coverage"]["sources"]:
        yield {"type": "source", **source}
    for gap in document["coverage"]["gaps"]:
        yield {"type": "gap", **gap}
    for kind, name in _LISTS:
        for item in members[name]:
            yield {"type": kind, **item}
    yield {"type": "summary", **document["summary"], "rejected_by": document["coverage"]["rejected"]}
