"""Values that stand in several records of a stream (`auditor.redact.pieces`), told at the first of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from auditor.formats.pointer import locate_all
from auditor.intake import Chunk
from auditor.model import Found, Match, Place
from auditor.redact.pieces import Joined, Joiner, Piece

PIECES = "pieces"
"""Stands first in the encoding of what was put together."""


class Split:
    """Looks at the joined texts of one source."""

    def __init__(self, path: str, scan: Callable[[bytes], list[Match]], found: Callable[[Match, Place], Found]) -> None:
        """Take what finds credentials in a text, and what makes a `Found` of a match."""
        self._path, self._scan, self._found = path, scan, found
        self._joiner = Joiner()
        self._finds: list[Found] = []
        self._parts: list[tuple[int, int]] = []
        """Where pieces of finds over several records stand."""

    def take(self, chunk: Chunk) -> None:
        """Look at what ended in a chunk."""
        self._look(self._joiner.feed(chunk))

    def among(self, known: Sequence[Found]) -> list[Found]:
        """Return what was found and what is known of the source, in order of place: a value that one record shows by
        itself is told once, and what looks like one in a piece gives way to the whole."""
        self._look(self._joiner.rest())
        seen = {(one.fingerprint, one.place.line) for one in known}
        more = {
            (one.fingerprint, one.place): one for one in self._finds if (one.fingerprint, one.place.line) not in seen
        }
        whole = {one.fingerprint for one in self._finds}
        kept = [one for one in known if one.fingerprint in whole or not self._is_part(one.place)]
        return sorted([*kept, *more.values()], key=lambda one: one.place.byte_start)

    def _is_part(self, place: Place) -> bool:
        return any(low <= place.byte_start and place.byte_end <= high for low, high in self._parts)

    def _look(self, texts: Iterable[Joined]) -> None:
        self._finds += (one for text in texts for one in self._of(text))

    def _of(self, text: Joined) -> Iterator[Found]:
        for match in self._scan(text.text):
            parts = list(text.parts(match.start, match.end))
            if len(parts) > 1 and not match.rejected_by:
                self._parts += (_span(piece, start, end) for piece, start, end in parts)
            piece, start, end = next(text.parts(match.secret_start, match.secret_end))
            low, high = _span(piece, start, end)
            spot = (low - piece.offset, high - piece.offset)
            (pointer,) = locate_all(piece.delta.line, [spot])
            found = self._found(match, Place(self._path, piece.line, low, high, pointer))
            yield found._replace(encoding=(PIECES, *found.encoding))


def _span(piece: Piece, start: int, end: int) -> tuple[int, int]:
    """Where a part of a piece stands in the file."""
    low, high = piece.delta.raw(start, end)
    return piece.offset + low, piece.offset + high
