"""What the user names becomes sources, each once, in an order of names; everything else becomes a gap."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from auditor.intake import FileSource, Source, StdinSource, discover
from auditor.model import Gap


def names(items: Iterable[Source | Gap]) -> list[str]:
    return [item.path for item in items if not isinstance(item, Gap)]


def gaps(items: Iterable[Source | Gap]) -> list[tuple[str, str]]:
    return [(item.path, item.reason) for item in items if isinstance(item, Gap)]


def test_a_folder_is_walked_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.log", "a/z.jsonl", "a/b/c.txt", "x.jsonl/inner.jsonl", ".hidden", ".auditorignore"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("*\n")
    expected = [".auditorignore", ".hidden", "b.log", "a/z.jsonl", "a/b/c.txt", "x.jsonl/inner.jsonl"]
    assert names(discover([tmp_path])) == [f"{tmp_path}/{name}" for name in expected]


def test_overlapping_scopes_yield_a_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.log").write_text("x\n")
    monkeypatch.chdir(tmp_path)
    assert (
        len(names(discover(["a.log", "./a.log", tmp_path, tmp_path / "*.log", f"{tmp_path}/../{tmp_path.name}"]))) == 1
    )


def test_two_names_of_one_inode_are_two_places(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x\n")
    os.link(tmp_path / "a.log", tmp_path / "b.log")
    assert len(names(discover([tmp_path]))) == 2


def test_globs_stdin_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.log").write_text("x\n")
    (tmp_path / "[odd].log").write_text("x\n")
    assert names(discover([f"{tmp_path}/**/*.log"])) == [f"{tmp_path}/[odd].log", f"{tmp_path}/sub/a.log"]
    assert names(discover([f"{tmp_path}/[odd].log"])) == [f"{tmp_path}/[odd].log"]
    assert [type(item) for item in discover(["-"])] == [StdinSource]
    assert gaps(discover([f"{tmp_path}/*.nothing"])) == [(f"{tmp_path}/*.nothing", "nothing-to-scan")]
    (missing,) = discover([tmp_path / "missing.jsonl"])
    assert isinstance(missing, FileSource)
    assert list(missing.chunks()) == []
    assert [gap.reason for gap in missing.gaps] == ["vanished"]


def test_nothing_to_scan_is_a_gap(tmp_path: Path) -> None:
    assert gaps(discover([tmp_path])) == [(str(tmp_path), "nothing-to-scan")]
    assert gaps(discover([], tmp_path / "none")) == [(f"{tmp_path}/none", "vanished")]


def test_links_are_followed_only_when_named(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "a.log").write_text("x\n")
    (outside / "b.log").write_text("x\n")
    for name, target in {
        "same": inside / "a.log", "out": outside / "b.log", "folder": outside, "up": inside, "top": tmp_path,
        "loop": inside / "loop", "nowhere": inside / "nothing",
    }.items():  # fmt: skip
        (inside / name).symlink_to(target)
    items = list(discover([inside]))
    assert names(items) == [f"{inside}/a.log"]
    assert gaps(items) == [
        (f"{inside}/folder", "not-a-file"),
        (f"{inside}/loop", "symlink-loop"),
        (f"{inside}/nowhere", "not-a-file"),
        (f"{inside}/out", "not-a-file"),
        (f"{inside}/top", "symlink-loop"),
        (f"{inside}/up", "symlink-loop"),
    ]
    (named,) = discover([inside / "out"])
    assert isinstance(named, FileSource)
    assert [chunk.data for chunk in named.chunks()] == [b"x\n"]


def test_what_is_no_file_is_a_gap(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert gaps(discover([tmp_path])) == [
            (f"{tmp_path}/pipe.jsonl", "not-a-file"),
            (f"{tmp_path}/socket", "not-a-file"),
        ]
        for path in (tmp_path / "pipe.jsonl", tmp_path / "socket", Path("/dev/zero")):
            (source,) = discover([path])
            assert isinstance(source, FileSource)
            assert list(source.chunks()) == []
            assert [gap.reason for gap in source.gaps] == ["not-a-file"]


def test_names_with_odd_bytes_are_read_and_shown_safely(tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/\xff\xfe \n.jsonl"
    with open(odd, "wb") as file:
        file.write(b"{}\n")
    for items in (discover([tmp_path]), discover([odd])):
        (source,) = items
        assert isinstance(source, FileSource)
        assert source.path == f"{tmp_path}/\\xff\\xfe \n.jsonl"
        assert [chunk.data for chunk in source.chunks()] == [b"{}\n"]


def test_side_files_of_a_database_belong_to_it(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.sqlite") as database:
        database.execute("CREATE TABLE t(x)")
    database.close()
    for name in ("a.sqlite-wal", "a.sqlite-shm", "a.sqlite-journal", "gone.sqlite-wal", "text-wal", "text"):
        (tmp_path / name).write_bytes(b"leftover")
    expected = ["a.sqlite", "a.sqlite-journal", "gone.sqlite-wal", "text", "text-wal"]
    assert names(discover([tmp_path])) == [f"{tmp_path}/{name}" for name in expected]
    base, wal, journal = (f"{tmp_path}/a.sqlite{suffix}" for suffix in ("", "-wal", "-journal"))
    assert names(discover([wal, base])) == [base]
    assert names(discover([f"{base}*"])) == [base, journal]
    assert names(discover([wal])) == [wal]
