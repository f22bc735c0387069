"""The writers of `auditor.redact`, each run in a process of its own so that system calls can be made to fail.

Each writer changes `FOLDER/file` from its old to its new content. Two look-ups of names that do not exist mark, in a
trace, where the writing begins and ends.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import NoReturn

import blake3  # noqa: F401 - loaded before anything fails, as in a run over many files
import zstandard

from auditor.errors import AuditorError
from auditor.intake import FileSource, discover
from auditor.redact import packed, sqlite
from auditor.redact.overwrite import Edit, Journal, identity, overwrite

OLD = b"aaaa SECRET bbbb SECRET cccc\n" * 2
NEW = OLD.replace(b"SECRET", b"******")
EDITS = [Edit(at, b"SECRET", b"******") for at in range(len(OLD)) if OLD.startswith(b"SECRET", at)]
KEY = b"k" * 32
BEGIN, END = "/auditor-test-begin", "/auditor-test-end"


def journal(folder: Path) -> Journal:
    """The journal of a folder's file."""
    return Journal(folder / "journal", KEY)


def _overwrite(path: Path) -> None:
    overwrite(path, EDITS, identity(path), journal(path.parent))


def _replace(path: Path) -> None:
    packed.replace(path, iter([NEW[:500], NEW[500:]]), identity(path))


def _repack(path: Path) -> None:
    (source,) = discover([str(path)])
    assert isinstance(source, FileSource)
    list(source.chunks())  # its kind is known once it was read
    packed.repack(source, EDITS, identity(path))


def _rewrite(path: Path) -> None:
    sqlite.rewrite(path, lambda cell: cell.replace(b"SECRET", b"******"))


WRITERS: dict[str, Callable[[Path], None]] = {
    "overwrite": _overwrite,
    "replace": _replace,
    "repack": _repack,
    "sqlite-wal": _rewrite,
    "sqlite-delete": _rewrite,
}


def prepare(writer: str, folder: Path) -> None:
    """Write the old content."""
    path = folder / "file"
    if writer.startswith("sqlite"):
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"PRAGMA journal_mode = {writer.removeprefix('sqlite-')}")
            database.execute("CREATE TABLE items (body TEXT)")
            database.executemany("INSERT INTO items VALUES (?)", [(OLD.decode() * 150,)] * 3)
            database.commit()
    else:
        path.write_bytes(zstandard.ZstdCompressor().compress(OLD) if writer == "repack" else OLD)


def content(writer: str, folder: Path) -> bytes:
    """What a reader finds, `OLD` or `NEW` if all is well."""
    path = folder / "file"
    if not writer.startswith("sqlite"):
        data = path.read_bytes()
        return zstandard.ZstdDecompressor().decompressobj().decompress(data) if writer == "repack" else data
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = {row for (row,) in database.execute("SELECT body FROM items")}
    return b"".join(row.encode() for row in rows)[: len(OLD)] if len(rows) == 1 else b"half"


def _child(writer: str, folder: Path, ready: int) -> NoReturn:
    """Wait for the word to go, then write; exit 0 when it went well, 9 when it told a problem."""
    os.read(ready, 1)
    code = 0
    with suppress(OSError):
        os.stat(BEGIN)
    try:
        WRITERS[writer](folder / "file")
    except (AuditorError, OSError):
        code = 9
    with suppress(OSError):
        os.stat(END)
    os._exit(code)


def serve() -> None:
    """For each line `WRITER FOLDER`: fork, tell the child's number, wait for a line, let it go, tell how it ended."""
    for line in sys.stdin:
        writer, folder = line.split()
        ready, go = os.pipe()
        pid = os.fork()
        if pid == 0:
            _child(writer, Path(folder), ready)
        print(pid, flush=True)
        sys.stdin.readline()
        os.write(go, b".")
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        os.close(ready)
        os.close(go)


if __name__ == "__main__":
    serve()
