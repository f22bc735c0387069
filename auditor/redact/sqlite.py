"""Rewrites the cells of a SQLite database and removes every trace of the old bytes from its files.

One transaction, so a kill leaves the old or the new content. `secure_delete` zeroes what the update frees, the WAL is
checkpointed and truncated, and `VACUUM` drops pages freed earlier (SQLite documentation, PRAGMA secure_delete and
VACUUM). Any generation of any schema: tables and columns are read from the database itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from auditor.errors import Refused, VerificationFailed

BUSY_MILLISECONDS = 5_000
"""How long a live Codex may hold the database before we refuse."""

Rewrite = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a value stood that was rewritten."""

    table: str
    row: str
    column: str
    before: int = 0
    after: int = 0
    """Bytes of the whole cell, before and after."""

    def __str__(self) -> str:
        return f"{self.table}[{self.row}].{self.column}"


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    """`rowid`, or the primary key of a table without one."""


def rewrite(path: Path, change: Rewrite, *, dry_run: bool = False) -> list[Cell]:
    """Apply `change` to every text and blob cell; return the cells that changed.

    Raises:
        Refused: the database is busy, read-only or not one.
        VerificationFailed: a changed cell changes again (the change is not idempotent), or breaks a constraint;
            nothing was written.
    """
    try:
        with closing(_connect(path)) as database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("BEGIN IMMEDIATE")
            changed = [cell for table in _tables(database) for cell in _rewrite_table(database, table, change)]
            if dry_run or not changed:
                database.rollback()
                return changed
            database.commit()
            _scrub(database)
            return changed
    except sqlite3.IntegrityError:
        raise VerificationFailed(f"{path}: a rewritten cell breaks a constraint; nothing was changed") from None
    except sqlite3.Error as problem:
        code = getattr(problem, "sqlite_errorname", "SQLITE_ERROR")
        raise Refused(f"{path}: cannot be rewritten ({code})", "Close Codex and run again.") from None


def scrub(path: Path) -> None:
    """Checkpoint and truncate the WAL and drop freed pages, so that bytes deleted earlier are gone too.

    Raises:
        Refused: the database is busy, read-only or not one.
    """
    try:
        with closing(_connect(path)) as database:
            _scrub(database)
    except sqlite3.Error as problem:
        code = getattr(problem, "sqlite_errorname", "SQLITE_ERROR")
        raise Refused(f"{path}: cannot be cleaned ({code})", "Close Codex and run again.") from None


def _connect(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path.resolve()))}?mode=rw"
    database = sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_MILLISECONDS / 1000)
    database.text_factory = bytes  # cells may hold invalid UTF-8
    return database


def _scrub(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA secure_delete = ON")
    busy, *_rest = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("checkpoint blocked")
    database.execute("VACUUM")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _tables(database: sqlite3.Connection) -> Iterator[_Table]:
    """Ordinary tables; a virtual table's content stands in its shadow tables, which are ordinary."""
    names = database.execute("SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'").fetchall()
    for name, kind, without_rowid in sorted(names):
        if kind not in (b"table", b"shadow") or name.startswith(b"sqlite_"):
            continue
        text = name.decode()
        rows = database.execute("SELECT name, pk, hidden FROM pragma_table_xinfo(?)", (text,)).fetchall()
        columns = tuple(column.decode() for column, _pk, hidden in rows if hidden == 0)
        keys = tuple(column.decode() for column, pk, _hidden in sorted(rows, key=lambda row: row[1]) if pk)
        yield _Table(text, columns, keys if without_rowid else ("rowid",))


def _rewrite_table(database: sqlite3.Connection, table: _Table, change: Rewrite) -> list[Cell]:
    """Read first, write then: only what changes is held in memory."""
    pending = list(_changes(database, table, change))
    for column, key, new, _size in pending:
        _update(database, table, column, key, new)
    return [Cell(table.name, ",".join(map(_shown, key)), column, size, len(new)) for column, key, new, size in pending]


def _changes(
    database: sqlite3.Connection, table: _Table, change: Rewrite
) -> Iterator[tuple[str, tuple[object, ...], bytes, int]]:
    names = ", ".join(_quoted(column) for column in (*table.key, *table.columns))
    for row in database.execute(f"SELECT {names} FROM {_quoted(table.name)}"):  # noqa: S608
        key, values = row[: len(table.key)], row[len(table.key) :]
        for column, value in zip(table.columns, values, strict=True):
            if isinstance(value, bytes) and (new := change(value)) != value:
                if change(new) != new:
                    raise VerificationFailed(f"{table.name}.{column}: the redacted cell would be redacted again")
                yield column, key, new, len(value)


def _update(database: sqlite3.Connection, table: _Table, column: str, key: tuple[object, ...], new: bytes) -> None:
    """Keep the cell's storage class: text stays text, a blob stays a blob."""
    where = " AND ".join(f"{_quoted(name)} IS ?" for name in table.key)
    name = _quoted(column)
    same_type = f"CASE typeof({name}) WHEN 'text' THEN CAST(? AS TEXT) ELSE ? END"
    keys = [part.decode(errors="surrogateescape") if isinstance(part, bytes) else part for part in key]
    statement = f"UPDATE {_quoted(table.name)} SET {name} = {same_type} WHERE {where}"  # noqa: S608
    database.execute(statement, (new, new, *keys))


def _shown(part: object) -> str:
    return f"rowid={part}" if isinstance(part, int) else "key"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
