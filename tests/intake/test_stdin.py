"""Standard input: read once, kept in memory for a second pass up to a limit."""

from __future__ import annotations

import gzip
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from auditor.intake import Settings, StdinSource

RECORDS = b'{"a":1}\n{"b":2}\n'


@contextmanager
def pipe(*parts: bytes) -> Iterator[int]:
    """A writer that hands out its parts one by one."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as file:
            for part in parts:
                file.write(part)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield reading
    finally:
        thread.join()
        os.close(reading)


def text(source: StdinSource) -> bytes:
    return b"".join(chunk.data[chunk.overlap :] for chunk in source.chunks())


@pytest.mark.parametrize(
    ("parts", "expected", "reasons"),
    [
        ((), b"", []),
        ((RECORDS[:5], RECORDS[5:]), RECORDS, []),
        ((gzip.compress(RECORDS)[:7], gzip.compress(RECORDS)[7:]), RECORDS, []),
        ((gzip.compress(RECORDS)[:-2],), RECORDS, ["truncated-tail"]),
        ((RECORDS, b'{"torn'), RECORDS + b'{"torn', ["truncated-tail"]),
        ((b"SQLite format 3\x00", b"abc"), b"SQLite format 3\x00abc", ["unknown-format"]),
        ((RECORDS * 300_000,), RECORDS * 300_000, []),
    ],
)
def test_stdin(parts: tuple[bytes, ...], expected: bytes, reasons: list[str]) -> None:
    with pipe(*parts) as descriptor:
        source = StdinSource(descriptor)
        assert text(source) == expected
    assert [gap.reason for gap in source.gaps] == reasons
    first = source.reports()
    assert first[0].bytes == sum(map(len, parts))
    assert source.replayable
    assert text(source) == expected
    assert source.reports() == first


def test_more_than_the_limit_is_not_kept() -> None:
    with pipe(RECORDS * 200_000) as descriptor:
        source = StdinSource(descriptor, settings=Settings(replay_bytes=1 << 20))
        assert len(text(source)) == 200_000 * len(RECORDS)
    assert not source.replayable
    assert text(source) == b""


def test_a_closed_descriptor_is_a_gap() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    os.close(reading)
    source = StdinSource(reading)
    assert text(source) == b""
    assert [gap.reason for gap in source.gaps] == ["unreadable"]
