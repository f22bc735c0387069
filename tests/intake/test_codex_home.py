"""A whole CODEX_HOME: every file in it, what its configuration moves elsewhere, and what should be there and is not."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from auditor.intake import discover
from auditor.intake.codex_home import locate
from auditor.model import Gap

FIRST, SECOND, THIRD, FOURTH, FIFTH = (f"01a20a42-0000-7000-8000-00000000000{number}" for number in range(1, 6))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "codex"
    for name in (
        f"sessions/2026/11/23/rollout-2026-11-23T21-14-26-{FIRST}.jsonl",
        f"sessions/rollout-2025-07-01-{SECOND}.json",
        f"archived_sessions/rollout-2026-11-20T10-00-00-{THIRD}.jsonl.zst",
        f".tmp/rollout-2026-11-20T10-00-00-{THIRD}.jsonl.compress.12.1.tmp",
        f"shell_snapshots/{FIRST}.1795468471521533660.sh",
        "memories/MEMORY.md", "db-backups/state_4.sqlite.bak", "log/codex-tui.log", "history.jsonl", "auth.json",
        ".credentials.json", "hooks.json", ".env", f"thread-writer-locks/{FIRST}.lock", "something-of-next-year",
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}\n")
    return folder


def split(home: Path | None, environment: dict[str, str] | None = None) -> tuple[list[str], list[Gap]]:
    items = list(discover([], home, environment=environment or {}))
    return [item.path for item in items if not isinstance(item, Gap)], [item for item in items if isinstance(item, Gap)]


def test_every_file_is_read_known_or_not(home: Path) -> None:
    names, gaps = split(home)
    assert sorted(names) == sorted(str(path) for path in home.rglob("*") if path.is_file())
    assert len(names) == 15
    assert gaps == []


def test_which_installation(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    assert locate(None, {"CODEX_HOME": str(home)}).folder == home
    assert locate(None, {}).folder == tmp_path / "user" / ".codex"
    assert locate(home, {"CODEX_HOME": "/elsewhere"}).folder == home
    assert [gap.reason for gap in split(None)[1]] == ["vanished"]
    assert len(split(None, {"CODEX_HOME": str(home)})[0]) == 15


def test_places_named_by_the_configuration(home: Path, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for name in ("codex-tui.log", "session-20261123T211426Z.jsonl", "private.txt"):
        (tmp_path / "logs" / name).write_text("x\n")
    (tmp_path / "databases").mkdir()
    for name in ("state_5.sqlite", "logs_2.sqlite-wal", "private.txt"):
        (tmp_path / "databases" / name).write_text("x\n")
    (home / "config.toml").write_text(f'log_dir = "{tmp_path}/logs"\nsqlite_home = "../databases"\n')
    names, gaps = split(home)
    outside = sorted(Path(name).name for name in names if not Path(name).resolve().is_relative_to(home))
    assert outside == ["codex-tui.log", "logs_2.sqlite-wal", "session-20261123T211426Z.jsonl", "state_5.sqlite"]
    assert gaps == []
    (home / "config.toml").write_text('log_dir = "log"\nsqlite_home = "/nowhere/at/all"\n')
    assert [(gap.path, gap.reason) for gap in split(home)[1]] == [("/nowhere/at/all", "vanished")]
    for broken in ("log_dir = [", "log_dir = 7\n", 'log_dir = "\\u0000"\n', "\x00"):
        (home / "config.toml").write_text(broken)
        assert len(split(home)[0]) == 16


def test_the_environment_counts_for_the_own_installation_only(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("databases/state_5.sqlite", "traces/run/trace.jsonl", "tmp/hook_outputs/thread/1.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x\n")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    variables = {
        "CODEX_HOME": str(home),
        "CODEX_SQLITE_HOME": str(tmp_path / "databases"),
        "CODEX_ROLLOUT_TRACE_ROOT": str(tmp_path / "traces"),
    }
    assert len(split(None, variables)[0]) == 18
    assert len(split(home, variables)[0]) == 15


def test_links_directly_in_the_home_are_followed(home: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    (home / "sessions").rename(disk)
    (home / "sessions").symlink_to(disk)
    (tmp_path / "dotfiles.toml").write_text("x = 1\n")
    (home / "config.toml").symlink_to(tmp_path / "dotfiles.toml")
    (disk / "out.jsonl").symlink_to(tmp_path / "dotfiles.toml")
    names, gaps = split(home)
    assert f"{home}/config.toml" in names
    assert f"{home}/sessions/2026/11/23/rollout-2026-11-23T21-14-26-{FIRST}.jsonl" in names
    assert [(gap.path, gap.reason) for gap in gaps] == [(f"{home}/sessions/out.jsonl", "not-a-file")]


def test_sessions_without_transcript_are_gaps(home: Path) -> None:
    (home / "history.jsonl").write_text(
        "".join(f'{{"session_id":"{session}","ts":1,"text":"x"}}\n' for session in (FIRST, FOURTH, FOURTH))
        + '{"session_id":"no id; perhaps a secret"}\n[]\n{"torn'
    )
    (home / "session_index.jsonl").write_text(f'{{"id":"{SECOND}","thread_name":"x"}}\n{{"id":7}}\n')
    with closing(sqlite3.connect(home / "state_5.sqlite")) as database:
        database.execute("CREATE TABLE threads(id TEXT)")
        database.executemany("INSERT INTO threads VALUES (?)", [(THIRD,), (FOURTH,), (FIFTH,), ("odd",), (None,)])
        database.commit()
    with closing(sqlite3.connect(home / "state_4.sqlite")) as database:
        database.execute("CREATE TABLE other(id TEXT)")
    gaps = split(home)[1]
    assert [(gap.path, gap.reason) for gap in gaps] == [(str(home), "missing-session")] * 2
    assert gaps[0].detail == f"{FOURTH} is named in history.jsonl, state_5.sqlite, without transcript"
    assert gaps[1].detail == f"{FIFTH} is named in state_5.sqlite, without transcript"
    named = home / "sessions" / f"rollout-2026-11-23T21-00-00-{FIRST}_{SECOND}.jsonl"
    named.write_text(f'{{"type":"session_meta","payload":{{"id":"{FOURTH}"}}}}\n{{"id":"{FIFTH}"}}\n')
    assert [gap.detail[:36] for gap in split(home)[1]] == [FIFTH]
