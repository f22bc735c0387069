"""A SQLite database as chunks: every text and blob of every table, WAL content included.

A database that cannot be read as one is read as raw bytes, side file included, and leaves a gap. What SQLite itself no
longer shows (freed pages, superseded WAL frames) is not examined: those bytes go when the file is vacuumed, see
`auditor.redact.sqlite.scrub`. The digest is of the database file; the WAL has its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from auditor.intake.chunk import BLOCK, LINE_LIMIT, OVERLAP, Chunk
from auditor.intake.damage import Damage
from auditor.intake.digest import Digest
from auditor.intake.lines import Lines
from auditor.intake.opening import opened
from auditor.intake.settings import Settings
from auditor.intake.snapshot import snapshot
from auditor.intake.source import Ledger, shown
from auditor.intake.stored import Stored
from auditor.intake.tables import Cell, Rows, tables
from auditor.model import SourceReport

_AMPLIFIED = 4
"""Values may be this much longer than the files: UTF-16 columns and column defaults, but no forged b-tree."""


class Database:
    """One pass over one database."""

    def __init__(self, path: str, size: int, settings: Settings, ledger: Ledger) -> None:
        self._path = path
        self._settings = settings
        self._ledger = ledger
        self._budget = _AMPLIFIED * size + (1 << 20)
        self.companions: list[SourceReport] = []
        """The WAL, if there is one with content."""

    def chunks(self, stored: Stored) -> Iterator[Chunk]:
        """Yield every cell, or the raw bytes of a database that is none.

        Args:
            stored: the database file, unread; it is digested here.
        """
        wal = self._path + "-wal"
        try:
            self._account(wal)
            yield from self._rows()
        except (sqlite3.Error, ValueError, Damage) as problem:
            self._ledger.gap(_damage(problem))
            yield from self._raw(stored)
            yield from self._raw_file(wal)
        else:
            while stored.read(BLOCK):
                pass

    def _rows(self) -> Iterator[Chunk]:
        with snapshot(self._path, busy_milliseconds=self._settings.busy_milliseconds) as database:
            for table in tables(database):
                rows = Rows(database, table)
                for cell in rows.cells():
                    yield from self._chunks(cell)
                self._ledger.records += rows.count
                self._spend(rows.count)

    def _chunks(self, cell: Cell) -> Iterator[Chunk]:
        place = shown(cell.place)
        if isinstance(cell.value, bytes):
            self._spend(len(cell.value))
            yield Chunk(cell.value, 0, 0, place)
            return
        offset, size = 0, len(cell.value)
        self._spend(size)
        while offset < size:
            overlap = OVERLAP if offset else 0
            cell.value.seek(offset - overlap)
            data = cell.value.read(LINE_LIMIT)
            start, offset = offset - overlap, offset - overlap + len(data)
            shared = OVERLAP if offset < size else 0
            yield Chunk(data, start, 0, place, size > LINE_LIMIT, overlap, shared)

    def _spend(self, size: int) -> None:
        self._budget -= size
        if self._budget < 0:
            raise Damage("expansion-limit", "the database yields more than its files hold")

    def _account(self, wal: str) -> None:
        digest = Digest(self._settings.digest)
        try:
            with opened(wal, follow=False) as file:
                stored = Stored(file.descriptor, digest, file.status.st_size)
                while stored.read(BLOCK):
                    pass
        except Damage:
            return  # there is none, or SQLite will say why it cannot use it
        if digest.size:
            self.companions.append(SourceReport(shown(wal), "sqlite-wal", digest.size, 0, str(digest), "examined"))

    def _raw(self, stored: Stored) -> Iterator[Chunk]:
        lines = Lines(stored.read)
        try:
            yield from lines.chunks()
        except Damage as damage:
            self._ledger.gap(damage)

    def _raw_file(self, path: str) -> Iterator[Chunk]:
        try:
            with opened(path, follow=False) as file:
                for chunk in self._raw(Stored(file.descriptor, Digest(self._settings.digest), file.status.st_size)):
                    yield chunk._replace(line=0, cell="wal")
        except Damage:
            return  # there is none


def _damage(problem: Exception) -> Damage:
    if isinstance(problem, Damage):
        return problem
    code = getattr(problem, "sqlite_errorname", "") or type(problem).__name__
    return Damage("unreadable", f"the database cannot be read ({code}); its files were examined as raw bytes")
