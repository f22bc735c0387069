"""One pass over stored bytes: layers off, lines cut, the torn tail of a log that is still written noted."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from auditor import lazy
from auditor.intake.chunk import Chunk
from auditor.intake.damage import Damage
from auditor.intake.layers import packed, peel
from auditor.intake.lines import Lines
from auditor.intake.settings import Settings
from auditor.intake.source import Ledger
from auditor.intake.sqlite_magic import DATABASE
from auditor.intake.stored import Stored

_JSON_LINES = lazy.compile(r"\.(jsonl|ndjson)(\.|$)", re.IGNORECASE)
_TAIL_LIMIT = 1 << 20


TORN_LINE = "the last line has no end; it was examined as it stands"
"""Detail of the gap of a file whose last record is cut; all its bytes were read."""


class Text:
    """Chunks of one stored stream; `layers` is known once `chunks` has begun."""

    def __init__(self, stored: Stored, path: str, settings: Settings, ledger: Ledger) -> None:
        self._stored = stored
        self._path = path
        self._settings = settings
        self._ledger = ledger
        self.layers: tuple[str, ...] = ()

    def chunks(self) -> Iterator[Chunk]:
        """Yield the text; a damaged stream yields what came before the damage and leaves a gap."""
        try:
            reader, self.layers = peel(self._stored, self._path, self._settings)
        except Damage as damage:
            self._ledger.gap(damage)
            return
        yield from self._lines(Lines(reader.read))

    def _lines(self, lines: Lines) -> Iterator[Chunk]:
        first = b""
        torn = False
        try:
            for chunk in lines.chunks():
                first = first or chunk.data
                yield chunk
        except Damage as damage:
            self._ledger.gap(damage)
            torn = True
        self._ledger.records += lines.records
        self._note(first, b"" if torn else lines.tail)

    def _note(self, first: bytes, tail: bytes) -> None:
        if name := packed(first[:16]):
            self._ledger.gap(Damage("unsupported-compression", name))
        if first.startswith(DATABASE):
            self._ledger.gap(
                Damage("unknown-format", "a database in a stream is read as raw bytes; name its plain file")
            )
        if tail.strip() and self._is_json_lines(first) and not _whole(tail):
            self._ledger.gap(Damage("truncated-tail", TORN_LINE))

    def _is_json_lines(self, first: bytes) -> bool:
        line = first[: first.find(b"\n") + 1].strip()
        return bool(_JSON_LINES.search(self._path)) or (line.startswith(b"{") and line.endswith(b"}"))


def _whole(tail: bytes) -> bool:
    """Tell whether a last line without newline is a complete record all the same."""
    if len(tail) > _TAIL_LIMIT:
        return tail.rstrip().endswith(b"}")
    try:
        orjson.loads(tail)
    except orjson.JSONDecodeError:
        return False
    return True
