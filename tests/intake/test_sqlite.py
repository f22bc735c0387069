"""Databases: every value is seen, a live writer is not disturbed, nothing changes beside the file."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from auditor.intake import Chunk, FileSource, Settings, sqlite, tables

SCHEMA = """
CREATE TABLE plain(id INTEGER PRIMARY KEY, note TEXT, data BLOB, number INT, made TEXT AS ('x' || note));
INSERT INTO plain(id, note, data, number) VALUES (7, 'in text', X'696e20626c6f62', 12), (9, NULL, NULL, NULL);
CREATE TABLE shadowed(rowid TEXT, _rowid_ TEXT);
INSERT INTO shadowed VALUES ('in rowid', 'in _rowid_');
CREATE TABLE keyed(name TEXT, part BLOB, value TEXT, PRIMARY KEY (name, part)) WITHOUT ROWID;
INSERT INTO keyed VALUES ('b', X'01', 'second'), ('a', X'02', 'first'), ('b', X'0203', 'third');
CREATE VIRTUAL TABLE pages USING fts5(body);
INSERT INTO pages VALUES ('in fts');
CREATE TABLE "odd ]""name"("co.lumn" TEXT DEFAULT 'in default');
INSERT INTO "odd ]""name" VALUES (CAST(X'ff696e76616c6964' AS TEXT));
CREATE VIEW seen AS SELECT note FROM plain;
"""


def make(path: Path, script: str = SCHEMA, *pragmas: str) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in pragmas:
            database.execute(f"PRAGMA {pragma}")
        database.executescript(script)
    return path


def read(path: Path, settings: Settings = Settings()) -> tuple[dict[str, bytes], FileSource]:  # noqa: B008
    source = FileSource(str(path), settings=settings)
    cells: dict[str, bytes] = {}
    for chunk in source.chunks():
        cells[chunk.cell] = cells.get(chunk.cell, b"") + chunk.data[chunk.overlap :]
    return cells, source


def reasons(source: FileSource) -> list[str]:
    return [gap.reason for gap in source.gaps]


def fingerprint(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@contextmanager
def writer(path: Path, script: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process: POSIX locks of our own one would not be seen."""
    code = f"import sqlite3, sys, os\ndb = sqlite3.connect({str(path)!r}, isolation_level=None)\n{script}\n"
    process = subprocess.Popen(
        [sys.executable, "-c", code + "print('ready', flush=True)\nfor line in sys.stdin: exec(line)\n"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.stdin.close()


def tell(process: subprocess.Popen[bytes], line: str) -> bytes:
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{line}; print('done', flush=True)\n".encode())
    process.stdin.flush()
    return process.stdout.readline()


@pytest.mark.parametrize("batch", [1, 2, 4096])
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le"])
def test_every_text_and_blob_is_seen(
    tmp_path: Path, batch: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "BATCH_ROWS", batch)
    cells, source = read(make(tmp_path / "a.sqlite", SCHEMA, f"encoding = '{encoding}'"))
    assert cells["plain[rowid=7].note"] == b"in text"
    assert cells["plain[rowid=7].data"] == b"in blob"
    assert cells["shadowed[rowid=1].rowid"] == b"in rowid"
    assert cells["shadowed[rowid=1]._rowid_"] == b"in _rowid_"
    assert [cells[f"keyed[row={row}].value"] for row in (1, 2, 3)] == [b"first", b"second", b"third"]
    assert b"in fts" in cells.values()
    assert encoding != "UTF-8" or b"invalid" in cells['odd ]"name[rowid=1].co.lumn']
    assert any(b"'in default'" in value for place, value in cells.items() if place.startswith("sqlite_schema"))
    assert not any("made" in place or place.startswith(("seen", "plain[rowid=9]")) for place in cells)
    assert (source.kind, source.gaps) == ("sqlite", ())
    (report,) = source.reports()
    assert report.bytes == (tmp_path / "a.sqlite").stat().st_size
    assert report.records >= 9


def test_a_large_value_comes_in_windows_and_is_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sqlite, tables):
        monkeypatch.setattr(module, "LINE_LIMIT", 4096)
    monkeypatch.setattr(sqlite, "OVERLAP", 100)
    text = "".join(f"{number:06}," for number in range(2000))
    script = f"CREATE TABLE t(a, b, c); INSERT INTO t VALUES ('x', 1, 'y'), ('small', 2, '{text}'), ('z', NULL, 'end')"
    path = make(tmp_path / "a.sqlite", script)
    cells, source = read(path)
    assert cells["t[rowid=2].c"].decode() == text
    assert cells["t[rowid=2].a"] == b"small"
    assert cells["t[rowid=3].c"] == b"end"
    assert source.gaps == ()
    windows = [chunk for chunk in source.chunks() if chunk.cell == "t[rowid=2].c"]
    assert [chunk.overlap for chunk in windows] == [0] + [100] * (len(windows) - 1)
    assert all(text.encode()[chunk.offset :].startswith(chunk.data) for chunk in windows)
    make(tmp_path / "b.sqlite", f"CREATE TABLE t(a TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES ('{text}')")
    chunks, source = read(tmp_path / "b.sqlite")
    assert reasons(source) == ["too-large"]
    assert b"001999" in chunks[""]


def test_a_live_writer_is_read_and_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "live.sqlite"
    script = (
        "db.execute('PRAGMA journal_mode=WAL'); db.execute('CREATE TABLE t(a)'); db.execute('PRAGMA busy_timeout=0')\n"
    )
    script += "for n in range(9): db.execute('INSERT INTO t VALUES (?)', (f'row {n}',))"
    with writer(path, script) as process:
        names = sorted(os.listdir(tmp_path))
        assert names == ["live.sqlite", "live.sqlite-shm", "live.sqlite-wal"]
        source = FileSource(str(path))
        seen = []
        for number, chunk in enumerate(source.chunks()):
            assert tell(process, f"db.execute('INSERT INTO t VALUES (?)', ('later {number}',))") == b"done\n"
            assert tell(process, "assert db.execute('PRAGMA wal_checkpoint(RESTART)').fetchone()[0] == 0") == b"done\n"
            seen.append(chunk.data)
        assert [f"row {number}".encode() in seen for number in range(9)] == [True] * 9
        assert source.gaps == ()
        assert [report.format for report in source.reports()] == ["sqlite", "sqlite-wal"]
        assert sorted(os.listdir(tmp_path)) == names
        assert tell(process, "assert db.execute('PRAGMA integrity_check').fetchone() == ('ok',)") == b"done\n"


def crashed(path: Path, script: str) -> Path:
    code = f"import sqlite3, os\ndb = sqlite3.connect({str(path)!r}, isolation_level=None)\n{script}\nos._exit(0)"
    subprocess.run([sys.executable, "-c", code], check=True)
    return path


WAL = """
db.execute('PRAGMA journal_mode=WAL')
db.execute('CREATE TABLE t(a)')
db.execute("INSERT INTO t VALUES('only in the wal')")
"""


@pytest.fixture
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("writable", [True, False])
def test_a_wal_nobody_uses_is_merged_without_touching_it(
    tmp_path: Path, temporary: Path, index: bool, writable: bool
) -> None:
    path = crashed(tmp_path / "a b%?#.sqlite", WAL)
    if not index:
        path.with_name(path.name + "-shm").unlink()
    before = fingerprint(tmp_path)
    tmp_path.chmod(0o755 if writable else 0o555)
    try:
        source = FileSource(str(path))
        seen = []
        for chunk in source.chunks():
            assert list(temporary.iterdir()) == [], "the private copy has no name while rows are read"
            seen.append(chunk.data)
    finally:
        tmp_path.chmod(0o755)
    assert b"only in the wal" in seen
    assert source.gaps == ()
    assert fingerprint(tmp_path) == before
    assert list(temporary.iterdir()) == []


def test_wal_mode_without_a_wal_leaves_no_files(tmp_path: Path, temporary: Path) -> None:
    path = make(tmp_path / "a.sqlite", SCHEMA, "journal_mode = WAL")
    assert os.listdir(tmp_path) == ["a.sqlite"]
    cells, source = read(path)
    assert cells["plain[rowid=7].note"] == b"in text"
    assert source.gaps == ()
    assert os.listdir(tmp_path) == ["a.sqlite"]


def test_a_write_during_a_read_without_locks_is_noticed(tmp_path: Path) -> None:
    path = make(tmp_path / "a.sqlite", SCHEMA, "journal_mode = WAL")
    source = FileSource(str(path))
    chunks = source.chunks()
    next(chunks)
    make(path, "INSERT INTO plain(note) VALUES ('new')")
    list(chunks)
    assert reasons(source) == ["changed-during-scan"]


def test_a_hot_journal_is_rolled_back_in_a_copy(tmp_path: Path, temporary: Path) -> None:
    script = "db.execute('PRAGMA cache_size=1'); db.execute('CREATE TABLE t(a)'); "
    script += "db.executemany('INSERT INTO t VALUES (?)', [('old ' * 500,)] * 50); "
    script += "db.execute('BEGIN'); db.execute(\"UPDATE t SET a = replace(a, 'old', 'new')\")"
    path = crashed(tmp_path / "a.sqlite", script)
    before = fingerprint(tmp_path)
    assert "a.sqlite-journal" in before
    cells, source = read(path)
    assert cells["t[rowid=50].a"].startswith(b"old old")
    assert not any(b"new" in value for value in cells.values())
    assert source.gaps == ()
    assert fingerprint(tmp_path) == before
    assert list(temporary.iterdir()) == []


def test_a_locked_database_is_read_raw_and_leaves_a_gap(tmp_path: Path) -> None:
    path = make(tmp_path / "a.sqlite")
    with writer(path, "db.execute('BEGIN EXCLUSIVE')"):
        cells, source = read(path, Settings(busy_milliseconds=20))
    assert reasons(source) == ["unreadable"]
    assert b"in text" in cells[""]


def _truncate(data: bytearray) -> None:
    del data[len(data) // 2 :]


def _scribble(data: bytearray) -> None:
    data[4096 : len(data) - 2000] = b"\xff" * (len(data) - 2000 - 4096)


def _header_only(data: bytearray) -> None:
    del data[100:]


@pytest.mark.parametrize("damage", [_truncate, _scribble, _header_only])
def test_a_damaged_database_is_read_raw_and_leaves_a_gap(tmp_path: Path, damage: Callable[[bytearray], None]) -> None:
    path = make(tmp_path / "a.sqlite")
    data = bytearray(path.read_bytes())
    damage(data)
    path.write_bytes(data)
    (tmp_path / "a.sqlite-wal").write_bytes(b"some text in a leftover")
    cells, source = read(path)
    assert "unreadable" in reasons(source)
    assert cells[""] == bytes(data)
    assert cells["wal"] == b"some text in a leftover"
    assert source.reports()[0].status == "partial"
    assert source.reports()[0].bytes == len(data)


def test_a_forged_tree_cannot_yield_more_than_the_file_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_AMPLIFIED", 0)
    script = "CREATE TABLE t(a); INSERT INTO t VALUES ('" + "x" * (2 << 20) + "')"
    _cells, source = read(make(tmp_path / "a.sqlite", script))
    assert reasons(source) == ["expansion-limit"]


def test_chunks_of_a_database_carry_their_cell(tmp_path: Path) -> None:
    path = make(tmp_path / "a.sqlite", "CREATE TABLE t(a); INSERT INTO t VALUES ('x')")
    assert list(FileSource(str(path)).chunks())[-1] == Chunk(b"x", 0, 0, "t[rowid=1].a")
