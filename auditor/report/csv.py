"""One row a place, for spreadsheets: RFC 4180, UTF-8, header row, no cell that a spreadsheet would evaluate.

The JSON document is the lossless form; here unsafe characters are written as escapes and formulas get an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from auditor.document import Document, Incident, Occurrence, PlaceDict
from auditor.report import reading
from auditor.report.reading import Reading
from auditor.safe.csv import cell

HEADER = (
    "incident", "state", "severity", "kind", "title", "confidence", "mask", "fingerprint", "occurrence", "copy",
    "path", "line", "byte_start", "byte_end", "pointer", "session", "turn", "call_id", "role", "encoding", "timestamp",
    "tool", "action", "phase", "command", "migration", "origin", "cause", "explanation", "rules", "controls",
)  # fmt: skip
"""Columns; new ones are added at the end only."""


def render(document: Document) -> bytes:
    """Return the table; a document without incidents gives the header alone."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    found = Reading(document)
    for one in [*found.incidents, *found.accepted]:
        for spot in one["occurrences"]:
            for number, place in enumerate([spot["place"], *spot["copies"]]):
                writer.writerow([cell(value) for value in _row(found, one, spot, place, number > 0)])
    return out.getvalue().encode("utf-8", "replace")


def _row(
    found: Reading, one: Incident, spot: Occurrence, place: PlaceDict, copied: bool
) -> Iterator[str | int | bool | None]:
    yield from (one["id"], reading.status(one), one["severity"], one["kind"], one["title"])
    yield from (one["confidence"], one["mask"], one["fingerprint"], spot["id"], copied)
    yield from (place["path"], place["line"] or None, place["byte_start"], place["byte_end"], place["pointer"])
    yield from (spot["session"], spot["turn"], spot["call_id"], spot["role"], " ".join(spot["encoding"]))
    yield spot["timestamp"]
    step = found.step(spot["step"])
    yield from (step["tool"], step["action"], step["phase"], step["command"]) if step else ("", "", "", "")
    yield from (spot["migration"], spot["id"] == one["origin"]["occurrence"], one["origin"]["cause"])
    yield from (one["origin"]["explanation"], " ".join(spot["rules"]), " ".join(one["controls"]))
