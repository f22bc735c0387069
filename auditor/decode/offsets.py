"""Offset maps: where a span of decoded bytes stands in the text it was decoded from.

Invariant: for any span of the output, `start(a):end(b)` is the smallest span of the source whose decoding contains it.
Maps are relative to one layer; a `Fragment` walks them from the innermost layer to the source.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol


class OffsetMap(Protocol):
    """Maps decoded offsets to source offsets."""

    def start(self, offset: int) -> int:
        """Return where the decoded byte at `offset` begins in the source."""

    def end(self, offset: int) -> int:
        """Return where the decoded byte before `offset` ends in the source."""


class Pieces(NamedTuple):
    """Runs: output `out[i]:out[i+1]` came from source `src[i]:src[i+1]`, byte by byte if both are of one length,
    else as one unit (an escape)."""

    out: list[int]
    src: list[int]

    def start(self, offset: int) -> int:
        piece = bisect_right(self.out, offset, 0, len(self.out) - 1) - 1
        return self._inside(piece, offset) if self._is_run(piece) else self.src[piece]

    def end(self, offset: int) -> int:
        piece = max(0, bisect_left(self.out, offset) - 1)
        return self._inside(piece, offset) if self._is_run(piece) else self.src[piece + 1]

    def _is_run(self, piece: int) -> bool:
        return self.out[piece + 1] - self.out[piece] == self.src[piece + 1] - self.src[piece]

    def _inside(self, piece: int, offset: int) -> int:
        return self.src[piece] + offset - self.out[piece]


class Grid(NamedTuple):
    """Every decoded byte takes 8 bits of symbols of `bits` bits each: 4 for hex, 6 for base64."""

    base: int
    bits: int

    def start(self, offset: int) -> int:
        return self.base + offset * 8 // self.bits

    def end(self, offset: int) -> int:
        return self.base + -(-offset * 8 // self.bits)


class Block(NamedTuple):
    """The output as a whole came from the source as a whole (compression)."""

    first: int
    last: int

    def start(self, offset: int) -> int:
        return self.first

    def end(self, offset: int) -> int:
        return self.last


class Chain(NamedTuple):
    """Two steps that count as one layer: `inner` maps into the output of `outer`."""

    outer: OffsetMap
    inner: OffsetMap

    def start(self, offset: int) -> int:
        return self.outer.start(self.inner.start(offset))

    def end(self, offset: int) -> int:
        return self.outer.end(self.inner.end(offset))


class Stretches:
    """A map that is made a stretch of source at a time, as far as it is asked: most decoded text holds nothing, and
    what holds something is asked about one place."""

    __slots__ = ("_detail", "_details", "_out", "_sizes", "_src")

    def __init__(self, start: int, sizes: Iterator[tuple[int, int]], detail: Callable[[int, int], OffsetMap]) -> None:
        """Make a map of the source from `start` on.

        Args:
            start: offset in the source.
            sizes: of each stretch, in order: where it ends in the source, and how many bytes it became.
            detail: the map of one stretch `start:end` of the source; its output begins at 0.
        """
        self._out, self._src = [0], [start]
        self._sizes = sizes
        self._detail = detail
        self._details: dict[int, OffsetMap] = {}

    def start(self, offset: int) -> int:
        """See `OffsetMap`."""
        self._reach(offset + 1)
        at = max(0, bisect_right(self._out, offset, 0, len(self._out) - 1) - 1)
        return self._map(at).start(offset - self._out[at])

    def end(self, offset: int) -> int:
        """See `OffsetMap`."""
        self._reach(offset)
        at = max(0, bisect_left(self._out, offset) - 1)
        return self._map(at).end(offset - self._out[at])

    def _reach(self, offset: int) -> None:
        while self._out[-1] < offset and (stretch := next(self._sizes, None)):
            self._src.append(stretch[0])
            self._out.append(self._out[-1] + stretch[1])

    def _map(self, at: int) -> OffsetMap:
        made = self._details.get(at)
        if made is None:
            made = self._details[at] = self._detail(self._src[at], self._src[min(at + 1, len(self._src) - 1)])
        return made


class Decoded(NamedTuple):
    """What one layer made of a span: the bytes and how to find back."""

    data: bytes
    map: OffsetMap

    def __repr__(self) -> str:
        return f"Decoded({len(self.data)} bytes)"


def translate(
    text: bytes, start: int, end: int, unit: re.Pattern[bytes], value: Callable[[re.Match[bytes]], bytes]
) -> Decoded:
    """Replace every `unit` in `text[start:end]` by its `value`; everything else stays. Linear."""
    parts: list[bytes] = []
    out, src, size, done = [0], [start], 0, start
    for match in unit.finditer(text, start, end):
        begin, stop = match.span()
        replacement = value(match)
        if begin > done:
            parts.append(text[done:begin])
            size += begin - done
            out.append(size)
            src.append(begin)
        parts.append(replacement)
        size += len(replacement)
        out.append(size)
        src.append(stop)
        done = stop
    if end > done or len(out) == 1:
        parts.append(text[done:end])
        out.append(size + end - done)
        src.append(end)
    return Decoded(b"".join(parts), Pieces(out, src))
