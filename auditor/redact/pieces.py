"""Texts in pieces as files keep them (saved streams, recordings of the interface): joined, and back to the pieces."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from auditor.intake import Chunk
from auditor.redact.cuts import HOLD, Cut
from auditor.redact.deltas import CONTEXT, MOST_TEXTS, NEEDLE, Delta, Key, names, parse
from auditor.redact.overwrite import Edit


class Piece(NamedTuple):
    """A record with a piece of a text, and where it stands."""

    delta: Delta
    offset: int
    """Of its line in the text of the file."""
    line: int
    """Number of the line."""


class Joined(NamedTuple):
    """A text, or so much of it as is looked at together."""

    text: bytes
    pieces: tuple[Piece, ...]

    def __repr__(self) -> str:
        return f"Joined({len(self.text)} bytes, {len(self.pieces)} pieces)"

    def parts(self, start: int, end: int) -> Iterator[tuple[Piece, int, int]]:
        """Yield the pieces that hold `text[start:end]`, each with its part of it, by offsets in its own text."""
        at = 0
        for piece in self.pieces:
            size = len(piece.delta.text)
            if start < at + size and at < end:
                yield piece, max(0, start - at), min(size, end - at)
            at += size


class _Open:
    """A text that goes on."""

    __slots__ = ("pieces", "size")

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.size = 0

    def joined(self) -> Joined:
        return Joined(b"".join(piece.delta.text for piece in self.pieces), tuple(self.pieces))

    def add(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.size += len(piece.delta.text)

    def forget(self) -> None:
        """Keep only the last pieces, which are looked at again with what follows."""
        size = count = 0
        while size < CONTEXT and count < len(self.pieces):
            count += 1
            size += len(self.pieces[-count].delta.text)
        self.pieces, self.size = self.pieces[len(self.pieces) - count :], size


class Joiner:
    """Joins the pieces of a file, a chunk at a time."""

    def __init__(self) -> None:
        self._open: dict[Key, _Open] = {}

    def feed(self, chunk: Chunk) -> Iterator[Joined]:
        """Take a chunk; yield the texts that ended in it, and long ones so far."""
        if chunk.partial or chunk.cell or not (self._open or NEEDLE in chunk.data):
            return
        for number, (start, line) in enumerate(_lines(chunk.data), chunk.line):
            if start not in chunk.own:
                continue
            delta = parse(line)
            if delta is None:
                yield from map(self._end, [key for key in self._open if names(line, key)])
            else:
                yield from self._take(Piece(delta, chunk.offset + start, number))

    def rest(self) -> Iterator[Joined]:
        """Yield the texts that nothing ended."""
        yield from map(self._end, list(self._open))

    def _take(self, piece: Piece) -> Iterator[Joined]:
        key = piece.delta.key
        if key not in self._open and len(self._open) >= MOST_TEXTS:
            yield self._end(next(iter(self._open)))
        text = self._open.setdefault(key, _Open())
        text.add(piece)
        if text.size > HOLD:
            yield text.joined()
            text.forget()

    def _end(self, key: Key) -> Joined:
        return self._open.pop(key).joined()


def joined(chunks: Iterable[Chunk]) -> Iterator[Joined]:
    """Yield every text in pieces of a file."""
    joiner = Joiner()
    for chunk in chunks:
        yield from joiner.feed(chunk)
    yield from joiner.rest()


def edits(text: Joined, cuts: Sequence[Cut]) -> Iterator[tuple[Edit, bytes]]:
    """Yield edits of the same length that write stars over each piece's part of the cuts, with the cut's marker."""
    at = 0
    for piece in text.pieces:
        size = len(piece.delta.text)
        mine = [cut for cut in cuts if cut.start < at + size and at < cut.end]
        spans = [(max(0, cut.start - at), min(size, cut.end - at)) for cut in mine]
        at += size
        if piece.delta.dense and mine:
            yield _starred(piece, spans), mine[0].marker
        elif mine:
            yield from ((_starred(piece, [span]), cut.marker) for span, cut in zip(spans, mine, strict=True))


def starred(text: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """Return a text with stars over its spans."""
    for start, end in spans:
        text = text[:start] + b"*" * (end - start) + text[end:]
    return text


def _starred(piece: Piece, spans: Sequence[tuple[int, int]]) -> Edit:
    delta = piece.delta
    low, high = delta.raw(*spans[0])
    new = base64.b64encode(starred(delta.text, spans)) if delta.dense else b"*" * (high - low)
    return Edit(piece.offset + low, delta.line[low:high], new)


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield start, data[start:end]
        start = end
