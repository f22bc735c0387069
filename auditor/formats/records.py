"""From chunks of bytes to records: whole lines, lines joined by the dialect, database cells, whole files.

Memory is bounded: a record never exceeds `RECORD_BYTES`; of a longer one the head is kept and `cut` is set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from auditor.formats.dialect import Dialect, LineDialect

RECORD_BYTES = 16 * 1024 * 1024
"""A record beyond this is not parsed; its time and call id are read from its head."""
WHOLE_BYTES = 64 * 1024 * 1024
"""The same for files that are one record."""
JOIN_LINES = 5000
"""Lines one joined record may have: a log that never starts a new record must not become one."""
JOIN_BYTES = 1024 * 1024


class ChunkLike(Protocol):
    """What we need of `auditor.intake`'s chunk."""

    @property
    def data(self) -> bytes: ...
    @property
    def offset(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def cell(self) -> str: ...
    @property
    def partial(self) -> bool: ...
    @property
    def overlap(self) -> int: ...


class Record(NamedTuple):
    """One record with its place: 1-based first line, number of lines, byte offset in the uncompressed text."""

    data: bytes
    line: int = 1
    lines: int = 1
    offset: int = 0
    cell: str = ""
    cut: bool = False
    """True when `data` is only the head of a longer record."""


Passes = Callable[[bytes, int, int, int], bool]
"""Block, start and end of a line in it, number of the line → whether no record of it is needed."""


def records(chunks: Iterable[ChunkLike], dialect: Dialect, passes: Passes | None = None) -> Iterator[Record]:
    """Yield the records of a source in order, as its dialect delimits them, but for lines that `passes` takes."""
    if dialect.whole:
        yield from _whole(chunks)
        return
    joins = getattr(type(dialect), "continues", None) is not LineDialect.continues
    yield from _joined(_lines(chunks, None), dialect) if joins else _lines(chunks, passes)


def _lines(chunks: Iterable[ChunkLike], passes: Passes | None) -> Iterator[Record]:
    long: Record | None = None
    for chunk in chunks:
        if long is not None and (not chunk.partial or (chunk.cell, chunk.line) != (long.cell, long.line)):
            yield long
            long = None
        if chunk.partial:
            long = _grown(long, chunk)
        elif chunk.cell:
            yield Record(chunk.data, 0, 1, chunk.offset, chunk.cell)
        else:
            yield from _split(chunk, passes)
    if long is not None:
        yield long


def _grown(long: Record | None, chunk: ChunkLike) -> Record:
    if long is None:
        return Record(chunk.data, chunk.line, 1, chunk.offset, chunk.cell)
    if long.cut:
        return long
    fresh = chunk.data[chunk.overlap :]
    if len(long.data) + len(fresh) > RECORD_BYTES:
        return Record(long.data[:RECORD_BYTES], long.line, 1, long.offset, long.cell, cut=True)
    return Record(long.data + fresh, long.line, 1, long.offset, long.cell)


def _split(chunk: ChunkLike, passes: Passes | None) -> Iterator[Record]:
    offset, data, start = chunk.offset, chunk.data, chunk.overlap
    number = chunk.line + (data.count(b"\n", 0, start) if start else 0)
    last = len(data)
    while start < last:
        end = data.find(b"\n", start)
        end = last if end < 0 else end
        if passes is None or not passes(data, start, end, number):
            cut = end - start > RECORD_BYTES
            yield Record(data[start : min(end, start + RECORD_BYTES)], number, 1, offset + start, "", cut)
        number, start = number + 1, end + 1


def _joined(lines: Iterator[Record], dialect: Dialect) -> Iterator[Record]:
    held: list[Record] = []
    size = 0
    for line in lines:
        fits = held and len(held) < JOIN_LINES and size + len(line.data) < JOIN_BYTES
        if fits and not line.cell and not line.cut and dialect.continues(line.data):
            held.append(line)
            size += len(line.data) + 1
            continue
        if held:
            yield _join(held)
        held, size = [line], len(line.data)
    if held:
        yield _join(held)


def _join(held: list[Record]) -> Record:
    first = held[0]
    if len(held) == 1:
        return first
    return Record(b"\n".join(line.data for line in held), first.line, len(held), first.offset, first.cell)


def _whole(chunks: Iterable[ChunkLike]) -> Iterator[Record]:
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        fresh = chunk.data[chunk.overlap :]
        if size < WHOLE_BYTES:
            parts.append(fresh)
        size += len(fresh)
    data = b"".join(parts)
    yield Record(data, 1, data.count(b"\n") + 1, 0, "", cut=size > len(data))


def bounds(data: bytes, at: int, dialect: Dialect) -> tuple[int, int]:
    """Return start and end of the record of a block that holds byte `at`, its newline included.

    Records that go on beyond the block end at its edge; of a dialect that is one record, the block is all there is.
    """
    if dialect.whole:
        return 0, len(data)
    start, end = data.rfind(b"\n", 0, at) + 1, _line_end(data, at)
    if getattr(type(dialect), "continues", None) is LineDialect.continues:
        return start, end
    for _ in range(JOIN_LINES):
        if not start or end - start > JOIN_BYTES or not dialect.continues(data[start : _line_end(data, start)]):
            break
        start = data.rfind(b"\n", 0, start - 1) + 1
    for _ in range(JOIN_LINES):
        after = _line_end(data, end)
        if end >= len(data) or after - start > JOIN_BYTES or not dialect.continues(data[end:after]):
            break
        end = after
    return start, end


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end + 1
