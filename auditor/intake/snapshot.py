"""Opens a SQLite database that may be in use, without a trace beside it and without a lock held between reads.

| what stands there | how it is opened |
|---|---|
| a WAL, and another process holds a lock on its index: live | `mode=ro`: a reader never makes a WAL writer wait |
| a WAL with content, nobody there (a copy, a crash) | a private copy, since SQLite would create or rewrite `-shm` |
| WAL mode without WAL content | `immutable=1`; that nothing changed meanwhile is checked at the end |
| a rollback journal left by a crash | a private copy, where SQLite rolls it back |
| rollback mode otherwise | `mode=ro`: a shared lock for the moment of each read |

The private copy (folder 0700, files 0600) loses its names as soon as SQLite has it open, before a row is read.
(SQLite documentation: "Write-Ahead Logging" 5 and 9, "URI Filenames"; os_unix.c: UNIX_SHM_DMS)
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from auditor.intake.chunk import BLOCK
from auditor.intake.damage import Damage
from auditor.intake.opening import opened

_WAL_MODE = b"\x02\x02"
_MODE_OFFSET = 18
_LOCK_FIRST, _LOCK_LENGTH = 120, 9
"""Bytes of `-shm` that processes lock: eight lock slots and the "dead man switch" every user of it holds."""


@contextmanager
def snapshot(path: str, *, busy_milliseconds: int) -> Iterator[sqlite3.Connection]:
    """Open a database for reading; text comes as bytes.

    Args:
        path: the database file.
        busy_milliseconds: how long a read may wait for a writer.

    Raises:
        Damage: it changed while it was read without locks, or cannot be copied.
        sqlite3.Error: it cannot be opened; also from reads inside the context.
    """
    with _undisturbed(path, busy_milliseconds) as database:
        if database is not None:
            yield database
            return
    with _copied(path, busy_milliseconds) as database:
        yield database


@contextmanager
def _undisturbed(path: str, busy_milliseconds: int) -> Iterator[sqlite3.Connection | None]:
    """Open the database where it stands, or yield None where only a copy will do."""
    live = _live(path)
    if _size(path + "-wal") and not live:
        yield None
        return
    immutable = _wal_mode(path) and not live
    before = _state(path)
    with closing(_connect(path, "immutable=1" if immutable else "mode=ro", busy_milliseconds)) as database:
        yield database if _readable(database) else None
    if immutable and _state(path) != before:
        raise Damage("changed-during-scan", "the database was written while it was read")


def _readable(database: sqlite3.Connection) -> bool:
    """Tell whether a read-only connection can read: not if a journal must be rolled back, or `-shm` is closed to us."""
    try:
        database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as problem:
        if problem.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            return False
        raise
    return True


def _live(path: str) -> bool:
    """Tell whether another process has the WAL index open; asks the kernel, locks nothing."""
    if not os.path.lexists(path + "-wal"):
        return False
    try:
        descriptor = os.open(path + "-shm", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    if sys.platform == "darwin":
        request = struct.pack("@qqihh", _LOCK_FIRST, _LOCK_LENGTH, 0, fcntl.F_WRLCK, os.SEEK_SET)
        held: int = struct.unpack("@qqihh", fcntl.fcntl(descriptor, fcntl.F_GETLK, request))[3]
    else:
        request = struct.pack("@hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, _LOCK_FIRST, _LOCK_LENGTH, 0)
        held = struct.unpack("@hhqqi4x", fcntl.fcntl(descriptor, fcntl.F_GETLK, request))[0]
    return bool(held != fcntl.F_UNLCK)


def _wal_mode(path: str) -> bool:
    with suppress(OSError), open(path, "rb") as file:
        return file.read(_MODE_OFFSET + 2)[_MODE_OFFSET:] == _WAL_MODE
    return False


def _connect(path: str, mode: str, busy_milliseconds: int) -> sqlite3.Connection:
    address = f"file:{quote(os.fsencode(Path(path).absolute()))}?{mode}"
    database = sqlite3.connect(
        address, uri=True, isolation_level=None, timeout=busy_milliseconds / 1000, check_same_thread=False
    )
    database.text_factory = bytes  # cells may hold invalid UTF-8
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):  # the schema is hostile input
        database.execute(f"PRAGMA {pragma}")
    return database


@contextmanager
def _copied(path: str, busy_milliseconds: int) -> Iterator[sqlite3.Connection]:
    folder = tempfile.mkdtemp(prefix="auditor-")
    try:
        copy = _copy(path, folder)
        database = _connect(copy, "mode=rw", busy_milliseconds)
        with closing(database):
            database.execute("PRAGMA locking_mode = EXCLUSIVE")  # the WAL index then lives in memory
            database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            shutil.rmtree(folder, ignore_errors=True)
            yield database
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(path: str, folder: str) -> str:
    """Copy the database and the side file that completes it; nobody may have written meanwhile."""
    before = _state(path)
    copy = os.path.join(folder, "copy.sqlite")  # noqa: PTH118
    for suffix in ("", "-wal", "-journal"):
        if suffix and not _size(path + suffix):
            continue
        target = os.open(copy + suffix, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with (
                open(target, "wb") as written,
                opened(path + suffix, follow=not suffix) as source,
                open(source.descriptor, "rb", closefd=False) as read,
            ):
                shutil.copyfileobj(read, written, BLOCK)
        except OSError as problem:
            raise Damage("unreadable", "the database cannot be copied: " + Damage.of(problem).detail) from None
    if _state(path) != before:
        raise Damage("changed-during-scan", "the database was written while it was copied")
    return copy


def _state(path: str) -> tuple[tuple[int, int, int], ...]:
    """Size, time and inode of a database and its WAL."""
    return tuple(_stamp(path + suffix) for suffix in ("", "-wal"))


def _stamp(path: str) -> tuple[int, int, int]:
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return (0, 0, 0)
    return (status.st_size, status.st_mtime_ns, status.st_ino) if status.st_size else (0, 0, 0)


def _size(path: str) -> int:
    return _stamp(path)[0]
