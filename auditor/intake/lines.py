"""Cuts a byte stream into chunks of whole lines in memory bounded by `LINE_LIMIT`, whatever the stream holds.

Lines end at `\\n` only: JSON strings may hold U+2028, and `\\r\\n` keeps its `\\r`. A line longer than `LINE_LIMIT`
comes as windows that share `OVERLAP` bytes; the last of them ends with the line, so the next chunk starts a new one.
Chunks of plain text share their last lines with the next one, since a credential may stand on several lines; a JSON
record is one line, and nothing is looked for across its ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO

from auditor.intake.chunk import BLOCK, LINE_LIMIT, OVERLAP, SHARED, Chunk
from auditor.intake.damage import Damage

Read = Callable[[int], bytes]
"""Return up to so many bytes, `b""` at the end."""

_PROBE, _MANY = 16 << 10, 40
"""Lines are short when there are so many of them in the first bytes."""
_RECORD = (b'{"', b'["', b"[{", b"[[")
"""How a line of JSON lines begins; what is written otherwise is taken for plain text, which only costs time."""


def newlines(data: bytes) -> int:
    """Count `\\n`: short lines with `count` (2 GB/s), long ones by reading them (10 GB/s and 50 ns a line)."""
    if data.count(b"\n", 0, _PROBE) > _MANY:
        return data.count(b"\n")
    lines = 0
    for _ in BytesIO(data):
        lines += 1
    return lines - (data[-1:] not in b"\n")


def _last_lines(text: bytes) -> int:
    """Size of the last lines of plain text, which the next chunk is to hold again; nothing behind a JSON record."""
    if text.startswith(_RECORD, text.rfind(b"\n", 0, -1) + 1):
        return 0
    return len(text) - text.rfind(b"\n", 0, max(0, len(text) - SHARED)) - 1


class Lines:
    """One pass over a stream; `records`, `size` and `tail` are true once `chunks` is exhausted."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._ahead = b""
        self._ended = False
        self._damage: Damage | None = None
        self._held: list[bytes | memoryview] = []
        self._held_size = 0
        self._lines = 0  # bytes of whole lines that are held
        self._offset = 0
        self._line = 1
        self._overlap = 0
        self._windowed = False
        self.tail = b""
        """The last line, when the stream ends without a newline (of a windowed line: its last window)."""

    @property
    def size(self) -> int:
        """Bytes of text delivered so far, overlaps counted once."""
        return self._offset + self._overlap

    @property
    def records(self) -> int:
        """Lines delivered so far; a last line without newline is one."""
        return self._line - 1 + bool(self.tail)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the stream as chunks.

        Raises:
            Damage: the stream broke; everything before the break was yielded.
        """
        while self._more():
            data, self._ahead = self._ahead, b""
            yield from self._cut(data)
        if self._held:
            rest = self._take()
            self.tail = rest[rest.rfind(b"\n") + 1 :]
            yield self._chunk(rest)
        if self._damage:
            raise self._damage

    def _more(self) -> bool:
        """Whether the stream goes on: the next block is read."""
        if not self._ahead and not self._ended:
            try:
                self._ahead = self._read(BLOCK)
            except Damage as problem:
                self._damage = problem
            self._ended = not self._ahead
        return bool(self._ahead)

    def _cut(self, data: bytes) -> Iterator[Chunk]:
        if self._windowed and (end := data.find(b"\n") + 1):
            yield self._chunk(self._take(memoryview(data)[:end]))
            self._windowed = False
            data = data[end:]
        if not self._windowed and (end := data.rfind(b"\n") + 1):
            text = self._take(data if end == len(data) else memoryview(data)[:end])
            data = data[end:]
            yield from self._whole(text, last=not data)
        if data:
            self._hold(data)
        if self._held_size - self._lines >= LINE_LIMIT and self._more():
            yield from self._window()

    def _whole(self, text: bytes, *, last: bool) -> Iterator[Chunk]:
        """Whole lines as a chunk, or held until there are more of them than the next chunk is to hold again; `last`
        when no more of the stream is known."""
        shared = _last_lines(text)
        if shared and last and not self._more():
            shared = 0
        if shared < len(text):
            yield self._chunk(text, shared)
        else:
            self._hold(text)
        self._lines = self._held_size

    def _window(self) -> Iterator[Chunk]:
        data = self._take()
        if self._lines:
            yield self._chunk(data[: self._lines])
            data = data[self._lines :]
        self._windowed, self._lines = True, 0
        yield self._chunk(data, OVERLAP)

    def _hold(self, data: bytes) -> None:
        self._held.append(data)
        self._held_size += len(data)

    def _take(self, more: bytes | memoryview = b"") -> bytes:
        """Return what is held and `more` as one; a lone block is handed on without a copy."""
        parts = [*self._held, more] if more else self._held
        data = parts[0] if len(parts) == 1 and isinstance(parts[0], bytes) else b"".join(parts)
        self._held, self._held_size = [], 0
        return data

    def _chunk(self, data: bytes, shared: int = 0) -> Chunk:
        chunk = Chunk(data, self._offset, self._line, "", self._windowed, self._overlap, shared)
        rest = data[len(data) - shared :]
        self._offset += len(data) - shared
        self._line += newlines(data) - newlines(rest)
        self._overlap = shared
        if rest:
            self._hold(rest)
        return chunk
