"""Chunks of whole lines: the text is the sum of its chunks, places are exact, memory is bounded."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.intake import lines as module
from auditor.intake.chunk import Chunk
from auditor.intake.damage import Damage
from auditor.intake.lines import Lines, newlines

BLOCK, LIMIT, OVERLAP = 16, 64, 8


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same code with small numbers, so that examples stay readable."""
    monkeypatch.setattr(module, "BLOCK", BLOCK)
    monkeypatch.setattr(module, "LINE_LIMIT", LIMIT)
    monkeypatch.setattr(module, "OVERLAP", OVERLAP)
    monkeypatch.setattr(module, "SHARED", 0)


def cut(text: bytes) -> tuple[list[Chunk], Lines]:
    lines = Lines(io.BytesIO(text).read)
    return list(lines.chunks()), lines


@pytest.mark.parametrize(
    ("text", "datas", "records", "tail"),
    [
        (b"", [], 0, b""),
        (b"a\n", [b"a\n"], 1, b""),
        (b"a", [b"a"], 1, b"a"),
        (b"\n\n", [b"\n\n"], 2, b""),
        (b"0123456789\nabcdefghij\nx", [b"0123456789\n", b"abcdefghij\n", b"x"], 3, b"x"),
        (b"line\r\n", [b"line\r\n"], 1, b""),
        ("a\u2028b\n".encode(), ["a\u2028b\n".encode()], 1, b""),
    ],
)
def test_whole_lines(text: bytes, datas: list[bytes], records: int, tail: bytes) -> None:
    chunks, lines = cut(text)
    assert [chunk.data for chunk in chunks] == datas
    assert (lines.records, lines.tail, lines.size) == (records, tail, len(text))


def test_a_line_longer_than_the_limit_comes_in_overlapping_windows() -> None:
    text = b"first\n" + bytes(range(65, 90)) * 12 + b"\nlast\n"
    chunks, lines = cut(text)
    windows = [chunk for chunk in chunks if chunk.partial]
    assert len(windows) > 2
    assert {chunk.line for chunk in windows} == {2}
    assert [chunk.overlap for chunk in windows] == [0] + [OVERLAP] * (len(windows) - 1)
    assert windows[-1].data.endswith(b"\n")
    assert chunks[-1] == Chunk(b"last\n", len(text) - 5, 3)
    assert lines.records == 3


@settings(max_examples=300)
@given(
    st.lists(st.one_of(st.integers(0, 30), st.integers(50, 300)), max_size=12),
    st.booleans(),
    st.sampled_from([0, 5, 24]),
)
def test_the_text_is_the_sum_of_its_chunks(lengths: list[int], ends: bool, shared: int) -> None:
    text = b"\n".join(bytes([97 + i % 26]) * length for i, length in enumerate(lengths)) + b"\n" * ends
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "SHARED", shared)
        chunks, lines = cut(text)
    assert b"".join(chunk.data[chunk.overlap :] for chunk in chunks) == text
    for chunk in chunks:
        assert text[chunk.offset : chunk.offset + len(chunk.data)] == chunk.data
        assert chunk.line == text.count(b"\n", 0, chunk.offset) + 1
        assert len(chunk.data) - chunk.overlap <= 2 * (LIMIT + BLOCK) + shared
        assert all(len(chunk.data) >= one >= min(shared, OVERLAP) for one in (chunk.shared, chunk.overlap) if one)
    assert [at for chunk in chunks for at in range(chunk.offset + chunk.own.start, chunk.offset + chunk.own.stop)] == [
        *range(len(text))
    ]
    assert lines.size == len(text)
    assert lines.records == text.count(b"\n") + (text[-1:] not in (b"", b"\n"))


def test_damage_comes_after_what_was_read_before_it() -> None:
    chunks = Lines(_broken(b"a\nhalf a li")).chunks()
    assert next(chunks).data + next(chunks).data == b"a\nhalf a li"
    with pytest.raises(Damage):
        next(chunks)


def _broken(text: bytes) -> Callable[[int], bytes]:
    stream = io.BytesIO(text)

    def read(size: int) -> bytes:
        if data := stream.read(size):
            return data
        raise Damage("unreadable", "the disk is gone")

    return read


@settings(max_examples=50)
@given(st.lists(st.integers(0, 2000), max_size=200))
def test_newlines_counts_like_count(lengths: list[int]) -> None:
    text = b"\n".join(b"x" * length for length in lengths)
    assert newlines(text) == text.count(b"\n")
