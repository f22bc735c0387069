"""Cells of a database that are compressed or UTF-16: found where they stand, and clean afterwards."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.cli import run

VALUE = "Zt7FakeCell4Lw9Xv2"
TEXT = f"DATABASE_URL=postgresql://shop_app:{VALUE}@db1.corp.internal:5432/shop\n".encode()
SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda text: gzip.compress(text * 9),
    "zstd": lambda text: zstandard.compress(text * 9),
    "utf-16": lambda text: text.decode().encode("utf-16"),
    "utf-16-le": lambda text: text.decode().encode("utf-16-le"),
    "utf-16-be": lambda text: text.decode().encode("utf-16-be"),
}


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def _database(folder: Path, cell: bytes) -> Path:
    path = folder / "state.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE logs (id INTEGER PRIMARY KEY, body BLOB)")
        database.execute("INSERT INTO logs (body) VALUES (?), (?)", (b"nothing here", cell))
        database.commit()
    return path


def _audited(path: Path) -> list[str]:
    document = audit(ScanRequest(paths=[str(path)], key=bytes(32)))
    return [occurrence["place"]["pointer"] for one in document["incidents"] for occurrence in one["occurrences"]]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_found_in_their_cell_and_cut_from_it(tmp_path: Path, spelling: str) -> None:
    path = _database(tmp_path, SPELLINGS[spelling](TEXT))
    assert set(_audited(path)) == {"logs[rowid=2].body"}
    assert run(["redact", "--in-place", str(path)]) == 4
    assert _audited(path) == []
    with closing(sqlite3.connect(path)) as database:
        first, second = (row[0] for row in database.execute("SELECT body FROM logs ORDER BY id"))
    assert first == b"nothing here"
    if spelling.startswith("utf-16"):
        assert "shop_app:**********" in second.decode(spelling)
    else:
        assert second.startswith(b"[REDACTED:postgres-url:")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_members_in_a_row_are_one_text(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = _database(tmp_path, pack(b"first\n" * 9) + pack(TEXT * 9))
    assert set(_audited(path)) == {"logs[rowid=2].body"}


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_what_does_not_fit_is_a_gap(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = _database(tmp_path, pack(b"first\n" * (1 << 20) + TEXT))
    document = audit(ScanRequest(paths=[str(path)], key=bytes(32)))
    assert [gap["reason"] for gap in document["coverage"]["gaps"]] == ["expansion-limit"]
