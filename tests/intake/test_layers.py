"""Compressed and damaged bytes: frames are followed at any cut, and no mutation escapes as an exception."""

from __future__ import annotations

import gzip
import io
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.intake import FileSource
from auditor.intake.layers import Frames
from auditor.model import SourceReport

TEXT = b"".join(b'{"line":%d,"text":"%s"}\n' % (number, bytes([97 + number % 26]) * number) for number in range(400))


@cache
def frames() -> tuple[bytes, ...]:
    """Frames of every shape: sizes known and not, checksum or not, raw, RLE and compressed blocks, skippable."""
    plain = zstandard.ZstdCompressor(level=1)
    checked = zstandard.ZstdCompressor(write_checksum=True, write_content_size=False)
    stream = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    return (
        plain.compress(TEXT),
        checked.compress(b"x" * 300_000),
        stream.compress(TEXT)
        + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        + stream.compress(b"y")
        + stream.flush(),
        b"\x50\x2a\x4d\x18\x05\x00\x00\x00 skip",
        plain.compress(b""),
        plain.compress(bytes(range(256)) * 2),
    )


@settings(max_examples=200)
@given(st.data())
def test_frames_know_whether_they_are_whole(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(frames()), min_size=1, max_size=4))
    stream = b"".join(chosen)
    ends = {sum(map(len, chosen[:count])) for count in range(len(chosen) + 1)}
    cut = data.draw(st.one_of(st.sampled_from(sorted(ends)), st.integers(0, len(stream))))
    followed = Frames(io.BytesIO(stream[:cut]))
    step = data.draw(st.integers(1, 2000))
    while followed.read(step):
        pass
    assert followed.complete is (cut in ends)


@cache
def database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.sqlite")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA page_size = 512")
            connection.execute("CREATE TABLE t(a TEXT, b BLOB)")
            connection.execute("CREATE TABLE k(a TEXT PRIMARY KEY, b) WITHOUT ROWID")
            for number in range(60):
                connection.execute("INSERT INTO t VALUES (?, ?)", ("text " * number, bytes(number)))
                connection.execute("INSERT INTO k VALUES (?, ?)", (f"key {number}", "value"))
        return path.read_bytes()


def examined(data: bytes) -> SourceReport:
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(data)
        file.flush()
        source = FileSource(file.name)
        for chunk in source.chunks():
            assert len(chunk.data) < 16 << 20
        return source.reports()[0]


@pytest.mark.parametrize(
    "make", [database, lambda: b"".join(frames()), lambda: gzip.compress(TEXT) * 2], ids=["sqlite", "zstd", "gzip"]
)
def test_no_mutation_escapes(make: type[bytes]) -> None:
    whole = make()

    @settings(max_examples=80, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), min_size=1, max_size=8))
    def mutated(changes: list[tuple[int, int]]) -> None:
        data = bytearray(whole)
        for position, value in changes:
            data[position] = value
        report = examined(bytes(data))
        assert report.status in ("examined", "partial")
        assert report.bytes <= len(data)

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, len(whole)))
    def cut(length: int) -> None:
        assert examined(whole[:length]).bytes <= length

    mutated()
    cut()
