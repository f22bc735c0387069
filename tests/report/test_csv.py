from __future__ import annotations

import csv
import io
from typing import Any

from auditor.report import csv as rows
from tests.report import documents, hostile, sample


@documents.EVERY
def test_a_reader_sees_every_place(build: Any) -> None:
    document = build()
    found = list(csv.DictReader(io.StringIO(rows.render(document).decode(), newline=""), strict=True))
    places = sum(1 + len(spot["copies"]) for one in document["incidents"] for spot in one["occurrences"])
    assert len(found) == places
    for row in found:
        for cell in row.values():
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))
            assert not hostile.UNSAFE.search(cell)


def test_columns_tell_origin_and_state() -> None:
    found = list(csv.DictReader(io.StringIO(rows.render(sample.leaking()).decode(), newline="")))
    assert found[0]["tool"] == "neon"
    assert found[0]["origin"] == "true"
    assert [row["copy"] for row in found[:3]] == ["false", "true", "true"]
    assert {row["state"] for row in found} == {"open", "accepted"}
    assert found[2]["line"] == ""


def test_state_is_where_the_work_stands() -> None:
    document = sample.leaking()
    document["incidents"][0]["status"] = "rotated"
    found = list(csv.DictReader(io.StringIO(rows.render(document).decode(), newline="")))
    assert {row["state"] for row in found} == {"rotated", "open", "accepted"}
