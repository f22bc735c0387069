"""The unit of reading: a block of whole lines, with its exact place in the text it was cut from."""

from __future__ import annotations

from typing import NamedTuple

BLOCK = 3 << 20
"""Bytes read at once: so many that what is done once for each block, and fetching its code and tables into the cache
again, hardly counts; more would be faster by one in a hundred, and cost memory (`docs/benchmarks.md`)."""

LINE_LIMIT = 8 << 20
"""A line up to about this long is delivered whole; a longer one comes as overlapping windows."""

OVERLAP = 256 << 10
"""Bytes that two windows of one line share: more than any rule looks at, also in the longest encoding."""


SHARED = 32 << 10
"""Bytes of whole lines that two blocks of plain text share, so that a credential of several lines is whole in one of
them: half of it is more than a rule looks at before and behind a place, also in base64. JSON lines share nothing."""


class Chunk(NamedTuple):
    """Bytes to examine. Offsets count bytes of the text: uncompressed, and UTF-8 where the source is UTF-16."""

    data: bytes
    """Whole lines (the last may lack its newline at the end of the text), a window of a longer line, or a cell."""
    offset: int
    """Of `data[0]` in the text, or in the database cell."""
    line: int
    """1-based number of the first line; 0 for a database cell."""
    cell: str = ""
    """`table[rowid=N].column` for a database cell, else empty."""
    partial: bool = False
    """`data` is a window of a line (or cell) longer than `LINE_LIMIT`."""
    overlap: int = 0
    """Leading bytes of `data` that the previous chunk held too."""
    shared: int = 0
    """Trailing bytes of `data` that the next chunk will hold too."""

    def __repr__(self) -> str:
        return f"Chunk({len(self.data)} bytes at {self.offset})"

    @property
    def own(self) -> range:
        """Where in `data` begins what is this chunk's to tell: each place of a text belongs to one chunk, the one that
        holds more of the text around it."""
        return range(self.overlap // 2, len(self.data) - self.shared + self.shared // 2)
