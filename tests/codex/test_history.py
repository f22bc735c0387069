"""A stopped prompt leaves `history.jsonl`: written before the hook or after, its own session's only, length kept."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from auditor.codex import history, place, spool, worker
from auditor.codex.ledger import Ledger, absorb
from tests.codex.payloads import SECRET, URL

SESSION, OTHER = (f"0198a1b2-c3d4-7e5f-8a9b-00000000000{number}" for number in (1, 2))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(history, "WAIT_SECONDS", 2.0)
    (tmp_path / "codex").mkdir()
    return tmp_path / "codex"


def _entry(session: str, text: str) -> str:
    return json.dumps({"session_id": session, "ts": 1795446942, "text": text}, separators=(",", ":")) + "\n"


def _stopped(home: Path, session: str) -> None:
    spool.leave(place.prompts(), "prompt", {"session": session, "home": str(home)})


def test_only_the_session_s_own_entries_change_and_lengths_stay(home: Path) -> None:
    path = home / "history.jsonl"
    path.write_text(_entry(OTHER, URL) + _entry(SESSION, "hello") + _entry(SESSION, f"use {URL}\nplease"))
    size = path.stat().st_size
    _stopped(home, SESSION)
    assert worker.main(["--prompts"]) == 0
    first, second, third = map(json.loads, path.read_text().splitlines())
    assert (first["text"], second["text"]) == (URL, "hello")
    assert third["text"] == f"use {URL.replace(SECRET, '*' * len(SECRET))}\nplease"
    assert path.stat().st_size == size
    assert list(Path(place.prompts()).iterdir()) == []


def test_an_entry_that_comes_later_is_waited_for(home: Path) -> None:
    path = home / "history.jsonl"
    _stopped(home, SESSION)
    waiting = threading.Thread(target=worker.main, args=(["--prompts"],))
    waiting.start()
    time.sleep(0.3)
    path.write_text(_entry(SESSION, URL))
    waiting.join(30)
    assert SECRET not in path.read_text()


@pytest.mark.parametrize("session", ["", SESSION])
def test_no_history_is_nothing_to_do(home: Path, session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "WAIT_SECONDS", 0.0)
    _stopped(home, session)
    worker.main(["--prompts"])
    assert list(home.iterdir()) == []
    assert list(Path(place.prompts()).iterdir()) == []


def test_what_a_killed_worker_left_is_done_by_the_next(home: Path) -> None:
    (home / "history.jsonl").write_text(_entry(SESSION, URL))
    _stopped(home, SESSION)
    worker.main([])
    assert SECRET not in (home / "history.jsonl").read_text()


def test_what_cannot_be_cut_is_a_gap_and_stops_nothing(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(_entry(SESSION, URL))
    (home / "history.jsonl").symlink_to(tmp_path / "elsewhere")
    _stopped(home, SESSION)
    worker.main(["--prompts"])
    assert SECRET in (tmp_path / "elsewhere").read_text()
    with Ledger() as book:
        absorb(book)
        assert [f"{one.event}: {one.problem}" for one in book.failures()] == ["UserPromptSubmit: Refused"]
    assert list(Path(place.prompts()).iterdir()) == []
