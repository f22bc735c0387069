"""Records from chunks: lines, joined lines, cells, whole files, over-long lines; memory bounded."""

from __future__ import annotations

import pytest

from auditor.formats import records as module
from auditor.formats.records import Record, bounds, records
from auditor.formats.registry import DIALECTS
from tests.trace.sources import Block, Text

PLAIN = DIALECTS["plain"]


def test_lines_keep_number_and_offset_whatever_the_block() -> None:
    data = b"one\n\nthree\r\nfour"
    for block in (1, 4, 5, 1000):
        found = list(records(Text(data, block=block).chunks(), PLAIN))
        assert [(one.data, one.line, one.offset) for one in found] == [
            (b"one", 1, 0), (b"", 2, 4), (b"three\r", 3, 5), (b"four", 4, 12),
        ]  # fmt: skip


def test_windows_of_a_long_line_become_one_record() -> None:
    blocks = [
        Block(b"first\n", 0, 1),
        Block(b"abcdef", 6, 2, partial=True),
        Block(b"efghij\n", 10, 2, partial=True, overlap=2),
        Block(b"last\n", 17, 3),
    ]
    assert [one.data for one in records(blocks, PLAIN)] == [b"first", b"abcdefghij\n", b"last"]


def test_two_long_lines_in_a_row_stay_apart() -> None:
    blocks = [Block(b"aaa", 0, 1, partial=True), Block(b"bbb", 4, 2, partial=True)]
    assert [(one.data, one.line) for one in records(blocks, PLAIN)] == [(b"aaa", 1), (b"bbb", 2)]


def test_an_over_long_line_keeps_only_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECORD_BYTES", 10)
    windows = [Block(b"x" * 8, 8 * n, 1, partial=True) for n in range(50)]
    (record,) = records(windows, PLAIN)
    assert record.cut
    assert len(record.data) <= 10
    (record,) = records([Block(b"y" * 40, 0, 1)], PLAIN)
    assert (record.cut, len(record.data)) == (True, 10)


def test_pretty_json_and_stack_traces_are_joined() -> None:
    data = b'{\n  "jsonrpc": "2.0",\n  "id": 1\n}\n{"jsonrpc":"2.0"}\n'
    found = list(records(Text(data).chunks(), DIALECTS["jsonrpc"]))
    assert [(one.line, one.lines) for one in found] == [(1, 4), (5, 1)]
    assert found[0].data == b'{\n  "jsonrpc": "2.0",\n  "id": 1\n}'


def test_joining_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "JOIN_LINES", 3)
    found = list(records(Text(b"a\n" + b" b\n" * 7).chunks(), DIALECTS["mcp-host-log"]))
    assert [one.lines for one in found] == [3, 3, 2]


def test_bounds_of_the_record_that_holds_a_byte() -> None:
    data = b'{\n  "a": 1,\n  "b": 2\n}\n{"c": 3}\nx'
    assert bounds(data, data.index(b"2"), DIALECTS["jsonrpc"]) == (0, data.index(b'{"c'))
    assert bounds(data, data.index(b"3"), DIALECTS["jsonrpc"]) == (data.index(b'{"c'), len(data) - 1)
    assert bounds(data, data.index(b"2"), PLAIN) == (data.index(b'  "b"'), data.index(b"}"))
    assert bounds(data, len(data) - 1, PLAIN) == (len(data) - 1, len(data))
    assert bounds(data, 5, DIALECTS["codex-g0"]) == (0, len(data))


def test_whole_files_and_cells() -> None:
    (record,) = records(Text(b"{\n1\n}\n", block=1).chunks(), DIALECTS["codex-g0"])
    assert (record.data, record.line, record.lines) == (b"{\n1\n}\n", 1, 4)
    cells = [Block(b"a\nb", 0, 0, cell="t[rowid=1].c")]
    assert list(records(cells, DIALECTS["sqlite"])) == [Record(b"a\nb", 0, 1, 0, "t[rowid=1].c")]
