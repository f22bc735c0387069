"""A credential that a stream brings in pieces, and in no record whole (it was killed before the item ended)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.document import Document
from tests.redact.test_deltas import URL, VALUE, _chunk, _event, _printed, _spoken

KEY = bytes(range(32))


def _audit(folder: Path, records: list[dict[str, Any]]) -> tuple[Document, bytes]:
    path = folder / "stream.jsonl"
    path.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in records))
    return audit(ScanRequest(paths=[str(path)], key=KEY)), path.read_bytes()


@pytest.mark.parametrize("shape", [_spoken, _printed, _event, _chunk])
@settings(max_examples=15, deadline=None)
@given(first=st.integers(18, 34), second=st.integers(0, 12))
def test_it_is_one_incident_told_at_its_first_piece(
    tmp_path_factory: pytest.TempPathFactory, shape: Any, first: int, second: int
) -> None:
    pieces = ["see ", URL[:first], URL[first : first + second], URL[first + second :] + " ."]
    document, data = _audit(tmp_path_factory.mktemp("split"), list(map(shape, pieces)))
    (incident,) = document["incidents"]
    assert incident["kind"] == "postgres-url"
    (occurrence,) = incident["occurrences"]
    place = occurrence["place"]
    assert (place["line"], occurrence["encoding"][0]) == (2, "pieces")
    assert place["pointer"].endswith(("/delta", "/deltaBase64", "/chunk"))
    told = data[place["byte_start"] : place["byte_end"]].decode()
    if shape in (_spoken, _event):
        assert told == URL[URL.index(VALUE) : first]
    assert document["coverage"]["equations"]
    assert all(equation["holds"] for equation in document["coverage"]["equations"])


def test_what_one_record_shows_is_told_once(tmp_path: Path) -> None:
    document, _ = _audit(tmp_path, [_spoken("see "), _spoken(URL), _spoken(" .")])
    (incident,) = document["incidents"]
    assert [one["encoding"] for one in incident["occurrences"]] == [[]] or "pieces" not in str(incident["occurrences"])


def test_the_whole_text_later_is_another_place(tmp_path: Path) -> None:
    done = {"method": "item/completed", "params": {"threadId": "t", "turnId": "u", "item": {
        "type": "agentMessage", "id": "msg_1", "text": URL}}}  # fmt: skip
    document, _ = _audit(tmp_path, [_spoken(URL[:25]), _spoken(URL[25:]), done])
    (incident,) = document["incidents"]
    places = [place for one in incident["occurrences"] for place in (one["place"], *one["copies"])]
    assert sorted(place["line"] for place in places) == [1, 3]
