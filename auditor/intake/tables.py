"""Every value of every table of a SQLite database, whatever its schema.

Rows are read in batches by key, with no statement left open in between, so a writer never waits for our reader's work.
Virtual tables are not queried (their modules could reach outside): what they store stands in shadow tables, which are
ordinary. Views and generated columns hold nothing of their own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from auditor.intake.chunk import LINE_LIMIT
from auditor.intake.damage import Damage

BATCH_BYTES = 4 << 20
BATCH_ROWS = 4096
_ROWID_NAMES = ("rowid", "_rowid_", "oid")
_LARGEST = 1 << 30


@dataclass(frozen=True, slots=True)
class Table:
    """One table with storage of its own."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    """Name of the rowid, or the primary key of a table without one."""
    rowid: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One text or blob."""

    place: str
    """`table[rowid=N].column`; `row=N` in order of the primary key, whose values may be secret, without a rowid."""
    value: bytes | sqlite3.Blob
    """A value over `LINE_LIMIT` comes as a handle that is open until the next cell is asked for."""


@dataclass(frozen=True, slots=True)
class _Key:
    """Where a row stands in its table's order."""

    values: tuple[object, ...]
    types: tuple[object, ...]

    def bindings(self) -> Iterator[tuple[object, bool]]:
        """Yield values to compare with, and whether one is text that is no UTF-8 (bytes would compare as a blob)."""
        for value, kind in zip(self.values, self.types, strict=True):
            text = value.decode(errors="ignore") if isinstance(value, bytes) and kind == b"text" else None
            if text is None:
                yield value, False
            else:
                invalid = text.encode() != value
                yield value if invalid else text, invalid

    @property
    def number(self) -> int:
        assert isinstance(self.values[0], int)
        return self.values[0]


@dataclass(frozen=True, slots=True)
class _Row:
    key: _Key
    values: Sequence[object] | None
    """None where one of them is too large to load."""


def tables(database: sqlite3.Connection) -> list[Table]:
    """Return the tables in order of their names, the schema itself first."""
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LINE_LIMIT)
    listed = database.execute("SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'").fetchall()
    stored = sorted((name, wr) for name, kind, wr in listed if kind in (b"table", b"shadow"))
    schema = Table("sqlite_schema", ("sql",), ("rowid",), True)
    return [schema] + [_table(database, name.decode(), bool(wr)) for name, wr in stored if name != b"sqlite_schema"]


class Rows:
    """Reads one table; `count` is true once `cells` is exhausted."""

    def __init__(self, database: sqlite3.Connection, table: Table) -> None:
        self._database = database
        self._table = table
        self.count = 0

    def cells(self) -> Iterator[Cell]:
        """Yield texts and blobs, row by row.

        Raises:
            Damage: a row too large to be read, or keys out of order (a damaged or forged b-tree).
            sqlite3.Error: the file is damaged, or busy for too long.
        """
        after: _Key | None = None
        more = True
        while more:
            batch, more = self._batch(after)
            for row in batch:
                self.count += 1
                if self._table.rowid and after and row.key.number <= after.number:
                    raise Damage("unreadable", "the database is damaged: rows out of order")
                after = row.key
                yield from self._cells(row)

    def _batch(self, after: _Key | None) -> tuple[list[_Row], bool]:
        """Read on from a key until the batch is large enough; tell whether there may be more."""
        found: list[_Row] = []
        size = 0
        try:
            with closing(self._select(self._table.columns, after, BATCH_ROWS)) as cursor:
                for record in cursor:
                    row = self._row(record)
                    found.append(row)
                    size += sum(len(value) for value in row.values or () if isinstance(value, bytes))
                    if size >= BATCH_BYTES:
                        return found, True
        except sqlite3.DataError:  # a value over the limit, in this row or the next: take this one's key alone
            key = self._row(self._next(found[-1].key if found else after)).key
            return [*found, _Row(key, None)], True
        return found, len(found) == BATCH_ROWS

    def _next(self, after: _Key | None) -> tuple[object, ...]:
        if not self._table.rowid:
            raise Damage("too-large", f"a value over {LINE_LIMIT} bytes in a table without rowid")
        record: tuple[object, ...] | None = self._select((), after, 1).fetchone()
        if record is None:
            raise Damage("changed-during-scan", "a large row of the database is gone")
        return record

    def _select(self, columns: Sequence[str], after: _Key | None, limit: int) -> sqlite3.Cursor:
        keys = [quoted(name) for name in self._table.key]
        order = ", ".join(keys)
        names = ", ".join([*keys, *(f"typeof({key})" for key in keys), *map(quoted, columns)])
        where = ""
        if after:
            marks = ", ".join("CAST(? AS TEXT)" if invalid else "?" for _value, invalid in after.bindings())
            where = f"WHERE ({order}) > ({marks})"
        statement = f"SELECT {names} FROM {quoted(self._table.name)} {where} ORDER BY {order} LIMIT {limit}"  # noqa: S608
        return self._database.execute(statement, [value for value, _invalid in after.bindings()] if after else ())

    def _row(self, record: tuple[object, ...]) -> _Row:
        width = len(self._table.key)
        return _Row(_Key(record[:width], record[width : 2 * width]), record[2 * width :])

    def _cells(self, row: _Row) -> Iterator[Cell]:
        label = f"rowid={row.key.number}" if self._table.rowid else f"row={self.count}"
        place = f"{self._table.name}[{label}]"
        if row.values is None:
            yield from self._large(row.key.number, place)
            return
        for column, value in zip(self._table.columns, row.values, strict=True):
            if isinstance(value, bytes) and value:
                yield Cell(f"{place}.{column}", value)

    def _large(self, rowid: int, place: str) -> Iterator[Cell]:
        self._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST)  # a handle loads nothing
        for column in self._table.columns:
            try:
                handle = self._database.blobopen(self._table.name, column, rowid, readonly=True)
            except sqlite3.OperationalError:  # a number or NULL
                continue
            with handle:
                yield Cell(f"{place}.{column}", handle)
        self._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LINE_LIMIT)


def _table(database: sqlite3.Connection, name: str, without_rowid: bool) -> Table:
    listed = database.execute("SELECT name, pk, hidden FROM pragma_table_xinfo(?)", (name,)).fetchall()
    columns = tuple(column.decode() for column, _pk, hidden in listed if not hidden)
    if without_rowid:
        keys = tuple(column.decode() for column, pk, _hidden in sorted(listed, key=lambda row: row[1]) if pk)
        return Table(name, columns, keys, False)
    taken = {column.lower() for column in columns}
    return Table(name, columns, (next((alias for alias in _ROWID_NAMES if alias not in taken), "rowid"),), True)


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
