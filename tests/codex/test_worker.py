"""The worker: sub-agents, what was missed, redaction, a job that cannot be done, only one at a time."""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from pathlib import Path

import pytest

from auditor.codex import place, spool, worker
from auditor.codex.ledger import Ledger
from tests.codex.payloads import SECRET, URL

PARENT, CHILD, OTHER = (f"0198a1b2-c3d4-7e5f-8a9b-00000000000{number}" for number in (1, 2, 3))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    home = tmp_path / "codex"
    _rollout(home, PARENT, "clean", 1)
    _rollout(home, CHILD, f"URL={URL}", 2, parent=PARENT)
    _rollout(home, OTHER, "clean", 3)
    return home


def _rollout(home: Path, thread: str, said: str, second: int, parent: str = "") -> Path:
    path = home / f"sessions/2026/11/23/rollout-2026-11-23T00-00-0{second}-{thread}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = {"id": thread, "timestamp": "2026-11-23T00:00:00Z", "cwd": "/p", "cli_version": "0.169.0"}
    if parent:
        meta["parent_thread_id"] = parent
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": said}]}
    lines = [{"type": "session_meta", "payload": meta}, {"type": "response_item", "payload": message}]
    stamped = [{"timestamp": f"2026-11-23T00:00:0{second}.000Z", **line} for line in lines]
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in stamped))
    return path


def _ended(home: Path, session: str, transcript: str = "", *, redact: bool = False) -> None:
    content = {"session": session, "transcript": transcript, "home": str(home), "redact": redact}
    spool.leave(place.spool(), "job", content)


def _report(session: str) -> dict[str, object]:
    report: dict[str, object] = json.loads(Path(place.state(), "reports", f"{session}.json").read_text())
    return report


def test_a_session_is_audited_with_its_sub_agents_and_nobody_else(home: Path) -> None:
    _ended(home, PARENT)
    assert worker.main([]) == 0
    report = _report(PARENT)
    paths = [source["path"] for source in report["coverage"]["sources"]]  # type: ignore[index]
    assert [name for name in (PARENT, CHILD, OTHER) if any(name in path for path in paths)] == [PARENT, CHILD]
    assert [one["kind"] for one in report["incidents"]] == ["postgres-url"]  # type: ignore[attr-defined]
    assert SECRET not in json.dumps(report)
    assert Path(place.state(), "reports", f"{PARENT}.md").stat().st_mode & 0o077 == 0
    with Ledger() as book:
        assert [one.kind for one in book.incidents()] == ["postgres-url"]
        last = book.last_run()
        assert last is not None
        assert last[1].endswith(f"{PARENT}.md")


def test_a_sweep_audits_what_was_missed_once(home: Path) -> None:
    _ended(home, PARENT)
    worker.main([])
    worker.main(["--sweep", str(home)])
    folder = Path(place.state(), "reports")
    assert sorted(path.stem for path in folder.glob("*.json")) == [PARENT, OTHER]
    (folder / f"{OTHER}.json").unlink()
    worker.main(["--sweep", str(home)])
    assert not (folder / f"{OTHER}.json").exists()
    _rollout(home, OTHER, "more, and longer", 3)
    worker.main(["--sweep", str(home)])
    assert (folder / f"{OTHER}.json").exists()


def test_redaction_after_the_session_keeps_length(home: Path) -> None:
    child = next(home.rglob(f"*{CHILD}.jsonl"))
    size = child.stat().st_size
    _ended(home, PARENT, redact=True)
    worker.main([])
    assert SECRET not in child.read_text()
    assert child.stat().st_size == size
    with Ledger() as book:
        assert book.failures() == []


def test_what_cannot_be_audited_is_a_gap_of_the_next_report(home: Path) -> None:
    _ended(home, "no-such-session", "/nowhere/rollout.jsonl")
    _ended(home, "ephemeral")
    worker.main([])
    with Ledger() as book:
        assert [one.problem for one in book.failures()] == ["FileNotFoundError"]
        assert book.queued() == 0
    _ended(home, PARENT)
    worker.main([])
    assert "hook-failed" in [gap["reason"] for gap in _report(PARENT)["coverage"]["gaps"]]  # type: ignore[index]


def test_only_one_works(home: Path) -> None:
    _ended(home, PARENT)
    lock = os.open(Path(place.state(), "worker.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert worker.main([]) == 0
    assert len(list(Path(place.spool()).glob("*.json"))) == 1
    os.close(lock)
    worker.main([])
    assert _report(PARENT)["incidents"]


def test_the_worker_waits_until_the_session_lets_go(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SessionEnd comes before Codex gives its writer lock back: what it writes until then belongs to the audit."""
    lock = home / f"thread-writer-locks/{PARENT}.lock"
    lock.parent.mkdir()
    writer = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(writer, fcntl.LOCK_EX)
    _ended(home, PARENT, str(next(home.rglob(f"*{PARENT}.jsonl"))))
    running = threading.Thread(target=worker.main, args=([],))
    running.start()
    time.sleep(1.0)
    assert not Path(place.state(), "reports", f"{PARENT}.json").exists()
    _rollout(home, PARENT, f"URL={URL.replace('r0t1', 'r0t9')}", 1)
    os.close(writer)
    running.join(60)
    assert len(_report(PARENT)["incidents"]) == 2  # type: ignore[arg-type]


def test_a_session_that_never_lets_go_is_audited_as_it_stands(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOCK_WAIT_SECONDS", 0.3)
    lock = home / f"thread-writer-locks/{PARENT}.lock"
    lock.parent.mkdir()
    writer = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(writer, fcntl.LOCK_EX)
    _ended(home, PARENT)
    worker.main([])
    assert _report(PARENT)["incidents"]
    os.close(writer)
