"""Saved streams: a credential split over several records is cut out of each, at the same length."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.intake import FileSource
from auditor.redact import pieces
from auditor.redact.inplace import InPlace, Options
from auditor.redact.manifest import Manifest
from auditor.redact.overwrite import Journal
from tests.redact.test_deltas import ENGINE, KEY, SHAPES, TEXT, URL, VALUE, _joined, _lines, _spoken

NEWS = {"method": "thread/tokenUsage/updated", "params": {"threadId": "t", "turnId": "u"}}


def _recorded(piece: str) -> dict[str, Any]:
    message = {"id": "1", "msg": {"type": "agent_message_delta", "delta": piece}}
    return {"ts": "2026-11-20T10:00:00.000Z", "dir": "to_tui", "kind": "codex_event", "payload": message}


def _redact(path: Path, **options: bool) -> Manifest:
    journal = Journal(path.parent / "journal", KEY)
    return InPlace(ENGINE, KEY, journal, Options(**options)).run([FileSource(str(path))])


def _split(text: str, sizes: list[int]) -> list[str]:
    found, at = [], 0
    for size in sizes:
        found.append(text[at : at + size])
        at += size
    return [*found, text[at:]]


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=14),
    between=st.integers(0, 3),
    readable=st.booleans(),
)
def test_no_piece_keeps_its_part(
    shape: Callable[[str], dict[str, Any]], sizes: list[int], between: int, readable: bool
) -> None:
    records = [shape(piece) for piece in _split(TEXT, sizes)]
    data = b"".join(_lines([record]) + b"\n" * (number % 2 * between) for number, record in enumerate(records))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "stream.jsonl")
        path.write_bytes(data)
        (change,) = _redact(path, readable=readable).files
        assert change.action in ("overwritten", "replaced")
        out = path.read_bytes()
        assert _redact(path).files[0].action == "unchanged"
    assert [line for line in data.split(b"\n") if not line] == [line for line in out.split(b"\n") if not line]
    joined = _joined(b"\n".join(line for line in out.splitlines() if line))
    assert VALUE not in joined
    assert VALUE[-6:] not in joined
    before, after = TEXT.split(VALUE, 1)[0], TEXT.rsplit(VALUE, 1)[1]
    assert joined.startswith(before)
    assert joined.endswith(after)
    if change.action == "overwritten":
        assert (len(out), len(joined)) == (len(data), len(TEXT))


def test_other_records_and_bytes_stay(tmp_path: Path) -> None:
    path = tmp_path / "stream.jsonl"
    records = [NEWS, _spoken(URL[:20]), NEWS, _spoken("all is well", "b"), _spoken(URL[20:30]), _spoken(URL[30:]), NEWS]
    path.write_bytes(_lines(records))
    assert [one.action for one in _redact(path).files] == ["overwritten"]
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    changed = [number for number, one in enumerate(found) if one != records[number]]
    assert changed == [1, 4, 5]
    assert "".join(found[number]["params"]["delta"] for number in changed) == URL.replace(VALUE, "*" * len(VALUE))


def test_recordings_of_the_interface(tmp_path: Path) -> None:
    path = tmp_path / "session-1.jsonl"
    path.write_bytes(_lines([_recorded(URL[:24]), _recorded(URL[24:31]), _recorded(URL[31:])]))
    assert [one.action for one in _redact(path).files] == ["overwritten"]
    told = "".join(json.loads(line)["payload"]["msg"]["delta"] for line in path.read_bytes().splitlines())
    assert told.startswith("postgresql://app:*")
    assert told.endswith(URL[URL.index("@") :])
    assert VALUE[4:12] not in told


def test_a_value_that_stands_only_in_pieces_is_cut_elsewhere(tmp_path: Path) -> None:
    stream, other = tmp_path / "stream.jsonl", tmp_path / "build.log"
    stream.write_bytes(_lines([_spoken(URL[:22]), _spoken(URL[22:])]))
    other.write_text(f"bare {VALUE} here\n")
    sources = [FileSource(str(path)) for path in (stream, other)]
    done = InPlace(ENGINE, KEY, Journal(tmp_path / "journal", KEY), Options()).run(sources)
    assert [one.action for one in done.files] == ["overwritten", "overwritten"]
    assert VALUE not in other.read_text()


def test_long_texts_are_looked_at_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "stream.jsonl"
    words = [f"word {number} of the story\n" for number in range(12_000)]
    records = [_spoken(piece) for word in words for piece in (word[:7], word[7:])]
    at = len(records) - 301
    records[at:at] = [_spoken(URL[:22]), _spoken(URL[22:25]), _spoken(URL[25:] + " ")]
    path.write_bytes(_lines(records))
    assert [one.action for one in _redact(path).files] == ["overwritten"]
    assert VALUE[8:] not in _joined(path.read_bytes())
    sizes = [len(one.text) for one in pieces.joined(FileSource(str(path)).chunks())]
    assert max(sizes) < 80 << 10
