"""Rewriting databases: the bytes are gone from every file, types and other cells stay."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from auditor.errors import Refused, VerificationFailed
from auditor.redact.sqlite import rewrite, scrub

VALUE = b"npg_FakeValue0001"


def _mask(data: bytes) -> bytes:
    return data.replace(VALUE, b"[REDACTED]")


def _all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "state_5.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, body TEXT, raw BLOB, n REAL, empty TEXT)")
        db.execute("CREATE TABLE pairs (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID")
        db.execute("CREATE TABLE gone (body TEXT)")
        text = VALUE.decode()
        db.executemany("INSERT INTO items VALUES (?, ?, ?, 1.5, NULL)", [(i, f"x {text} y", VALUE) for i in range(50)])
        db.execute("INSERT INTO items VALUES (99, 'plain', x'00ff', 2, NULL)")
        db.execute("INSERT INTO pairs VALUES (?, 'v'), ('k', ?), ('k', 'v')", (text, text))
        db.executemany("INSERT INTO gone VALUES (?)", [(text * 100,)] * 20)
        db.execute("DELETE FROM gone")
        db.commit()
    return path


def test_values_leave_every_byte_of_every_file(database: Path) -> None:
    assert VALUE in _all_bytes(database.parent)
    changed = rewrite(database, _mask)
    assert len(changed) == 102
    assert VALUE not in _all_bytes(database.parent)
    with closing(sqlite3.connect(database)) as db:
        row = db.execute("SELECT body, raw, n, typeof(body), typeof(raw) FROM items WHERE id = 3").fetchone()
        assert row == ("x [REDACTED] y", b"[REDACTED]", 1.5, "text", "blob")
        assert db.execute("SELECT body, raw FROM items WHERE id = 99").fetchone() == ("plain", b"\x00\xff")
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_second_time_changes_nothing(database: Path) -> None:
    rewrite(database, _mask)
    assert rewrite(database, _mask) == []


def test_dry_run_writes_nothing(database: Path) -> None:
    assert len(rewrite(database, _mask, dry_run=True)) == 102
    assert VALUE in _all_bytes(database.parent)


def test_freed_pages_are_dropped(database: Path) -> None:
    with closing(sqlite3.connect(database)) as db:
        db.execute("DELETE FROM items WHERE id < 50")
        db.execute("DELETE FROM pairs")
        db.commit()
    scrub(database)
    assert VALUE not in _all_bytes(database.parent)


def test_a_busy_database_is_refused(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.redact.sqlite.BUSY_MILLISECONDS", 50)
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(Refused, match="SQLITE_BUSY"):
            rewrite(database, _mask)


def test_a_change_that_is_not_idempotent_publishes_nothing(database: Path) -> None:
    with pytest.raises(VerificationFailed):
        rewrite(database, lambda data: data + b"!")
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("SELECT count(*) FROM items WHERE body LIKE '%!%'").fetchone() == (0,)


def test_a_broken_constraint_publishes_nothing(database: Path) -> None:
    with pytest.raises(VerificationFailed, match="constraint"):
        rewrite(database, lambda data: b"k" if data == VALUE else data)


def test_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    path.write_bytes(b"not a database, but long enough to be looked at" * 10)
    with pytest.raises(Refused, match="SQLITE_NOTADB"):
        rewrite(path, _mask)
