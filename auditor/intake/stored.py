"""The bytes of a source as they are stored: digested in line, from the start, exactly those that were read."""

from __future__ import annotations

import os

from auditor.intake import ahead
from auditor.intake.chunk import BLOCK
from auditor.intake.damage import Damage
from auditor.intake.digest import Digest

HEAD = 4096
"""Bytes looked at to tell what a source is."""
_TAILS = 8 << 10, 128 << 10
"""Bytes before the end of a block in which its last newline is looked for."""


class Stored:
    """Reads a descriptor forward. A file is read to the size it had when it was opened, so appending does no harm."""

    def __init__(self, descriptor: int, digest: Digest, size: int | None, *, within: int | None = None) -> None:
        """Read `size` bytes of a file; with None, a stream to its end, or only the next `within` bytes of it."""
        self._descriptor = descriptor
        self._digest = digest
        self._size = size
        self._within = within
        self._offset = 0
        self._ahead = ahead.taken(descriptor) if size is None and within is None else b""
        self._head = b""
        self.short = False
        """The file ended before the size it was opened with."""

    @property
    def size(self) -> int:
        """Bytes handed out so far."""
        return self._digest.size

    def head(self) -> bytes:
        """Return the first bytes without handing them out."""
        if self._size is None:
            self._ahead = self._ahead or self._fetch(HEAD)
            return self._ahead
        self._head = self._head or self._pread(HEAD, 0)
        return self._head

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; of a file, preferably whole lines.

        Raises:
            Damage: the operating system refused.
        """
        data = self._fetch(size) if self._size is None else self._fetch_lines(size, self._size)
        self._digest.update(data)
        return data

    def _fetch_lines(self, size: int, limit: int) -> bytes:
        """Look where the last newline stands first: a block that ends there needs no copy afterwards."""
        if self._offset >= limit:
            return b""
        end = min(self._offset + size, limit)
        if end < limit and size >= BLOCK:
            end = self._line_end(end)
        data = self._pread(end - self._offset, self._offset)
        self._offset += len(data)
        self.short |= not data and self._offset < limit
        return data

    def _line_end(self, end: int) -> int:
        """Behind the last newline before a place, or the place where a long line ends none near it."""
        for size in _TAILS:
            start = max(self._offset, end - size)
            if newline := self._pread(end - start, start).rfind(b"\n") + 1:
                return start + newline
        return end

    def _pread(self, size: int, offset: int) -> bytes:
        try:
            return os.pread(self._descriptor, size, offset)
        except OSError as problem:
            raise Damage.of(problem) from None

    def _fetch(self, size: int) -> bytes:
        """Fill a block from a stream, which hands out a pipe buffer at a time."""
        parts, missing = [self._ahead[:size]], size - len(self._ahead)
        self._ahead = self._ahead[size:]
        while missing > 0 and (part := self._receive(min(missing, BLOCK))):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _receive(self, size: int) -> bytes:
        if self._within is not None:
            size = min(size, self._within)
        try:
            data = os.read(self._descriptor, size) if size else b""
        except OSError as problem:
            raise Damage.of(problem) from None
        if self._within:
            self._within -= len(data)
            self.short = not data
        return data
