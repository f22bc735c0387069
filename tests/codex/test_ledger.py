"""The ledger and the notes: kill -9, parallel writers, damaged files."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from auditor.codex import failures, ledger, place, spool
from auditor.codex.ledger import Ledger


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "auditor"


def _killed(_path: object) -> None:
    raise KeyboardInterrupt


def _job(book: Ledger, note: str = "n1") -> None:
    with book.change():
        book.add_job(note, {"session": "s", "transcript": "/t", "home": "/h", "at": 1.0, "redact": True})


def test_incidents_are_new_once_and_keep_their_status() -> None:
    with Ledger() as book:
        with book.change():
            assert book.see([("aa11", "jwt"), ("bb22", "jwt")], 10.0) == ["jwt", "jwt"]
            assert book.see([("aa11", "jwt")], 20.0) == []
            assert book.mark("aa", "rotated", "") == ["aa11"]
        first = book.incidents("rotated")[0]
        assert (first.first_seen, first.last_seen) == (10.0, 20.0)
        assert [one.fingerprint for one in book.incidents("open")] == ["bb22"]
        assert book.mark("", "accepted", "x") == ["aa11", "bb22"]
        assert book.incidents("accepted") == []


def test_a_change_is_whole_or_nothing() -> None:
    with Ledger() as book:

        def half() -> None:
            with book.change():
                book.see([("aa", "jwt")], 1.0)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            half()
        assert book.incidents() == []


def test_jobs_are_given_up_after_some_tries_and_that_is_a_gap() -> None:
    with Ledger() as book:
        _job(book)
        _job(book)
        assert book.queued() == 1
        tried = [book.next_job() for _ in range(ledger.TRIES + 1)]
        assert [one is not None for one in tried] == [True] * ledger.TRIES + [False]
        assert [one.problem for one in book.failures()] == ["worker died"]


def test_notes_move_once_even_when_a_worker_dies_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    spool.leave(place.spool(), "job", {"session": "s"})
    spool.leave(place.spool(), "gap", {"event": "Stop", "problem": "OSError", "where": "x.py:1"})
    Path(place.spool(), "gap-9-torn.json").write_text('{"event": ')
    with Ledger() as book:
        with monkeypatch.context() as patch:
            patch.setattr(os, "unlink", _killed)
            with pytest.raises(KeyboardInterrupt):
                ledger.absorb(book)
        assert ledger.absorb(book) == 2
        assert ledger.absorb(book) == 0
        assert (book.queued(), len(book.failures())) == (1, 1)
        assert failures.gaps(book)[0].reason == "hook-failed"
        assert "Stop: OSError" in failures.gaps(book)[0].detail
        with book.change():
            assert book.resolve_failures() == 1
        assert failures.known() == ()


def test_notes_of_hooks_that_were_killed_before_they_named_them() -> None:
    """A whole one counts, a torn one goes, and one that may still be written is left alone."""
    folder = Path(place.spool())
    whole, torn, fresh = (folder / f".job-{number}-1-aa" for number in range(3))
    for path in (whole, fresh):
        path.write_text('{"at": 1.0, "session": "s"}')
    torn.write_text('{"at": 1.0, "sess')
    for path in (whole, torn):
        os.utime(path, (1.0, 1.0))
    with Ledger() as book:
        assert ledger.absorb(book) == 1
        assert book.queued() == 1
    assert list(folder.iterdir()) == [fresh]


def test_a_file_that_is_no_database_is_put_aside_and_told(state: Path) -> None:
    state.mkdir()
    (state / "ledger.sqlite").write_bytes(b"garbage " * 1000)
    with Ledger() as book:
        assert [one.event for one in book.failures()] == ["ledger"]
    assert len(list(state.glob("ledger.sqlite.damaged-*"))) == 1


def test_damage_in_the_middle_is_seen_where_there_is_time_to_look(state: Path) -> None:
    """Else each worker would die of it, and no session would be audited any more."""
    with Ledger() as book, book.change():
        book.see([(f"{number:064x}", "jwt") for number in range(2000)], 1.0)
    path = state / "ledger.sqlite"
    data = bytearray(path.read_bytes())
    data[5 * 4096 : 30 * 4096] = b"\xff" * (25 * 4096)
    path.write_bytes(data)
    with Ledger(check=True) as book:
        assert [one.event for one in book.failures()] == ["ledger"]
        assert book.incidents() == []


def test_the_log_of_a_damaged_file_is_not_replayed_into_the_new_one(state: Path) -> None:
    with Ledger():
        pass
    with Ledger() as book:
        with book.change():
            book.see([("aa", "jwt")], 1.0)
        log = (state / "ledger.sqlite-wal").read_bytes()
    (state / "ledger.sqlite").write_bytes(b"garbage " * 1000)
    (state / "ledger.sqlite-wal").write_bytes(log)
    with Ledger() as book:
        assert book.incidents() == []


def test_the_ledger_is_private_and_no_link_is_followed(state: Path, tmp_path: Path) -> None:
    with Ledger():
        assert (state / "ledger.sqlite").stat().st_mode & 0o777 == 0o600
        assert state.stat().st_mode & 0o077 == 0
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "l").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"ELOOP|symbolic"):
        Ledger(str(tmp_path / "other" / "l"))
    assert not (tmp_path / "elsewhere").exists()


_WRITER = """
import sys
from auditor.codex.ledger import Ledger
with Ledger() as book:
    print("ready", flush=True)
    for number in range(int(sys.argv[2])):
        with book.change():
            book.see([(f"{sys.argv[1]}-{number:05d}", "jwt")], float(number))
            book.move_cursor(sys.argv[1], 1, number + 1)
"""


def _writer(name: str, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _WRITER, name, str(count)], stdout=subprocess.PIPE)


def test_parallel_writers_lose_nothing() -> None:
    running = [_writer(f"w{number}", 25) for number in range(4)]
    for one in running:
        one.communicate(timeout=60)
    assert [one.returncode for one in running] == [0] * 4
    with Ledger() as book:
        assert len(book.incidents()) == 100


_OPENERS = """
import os, sys, time
from auditor.codex.ledger import Ledger
def opens(path, gate):
    os.read(gate, 1)
    with Ledger(path) as book, book.change():
        book.see([(str(os.getpid()), "jwt")], 1.0)
for number in range(int(sys.argv[2])):
    path = f"{sys.argv[1]}/{number}.sqlite"
    if sys.argv[3]:
        open(path, "wb").write(b"garbage " * 1000)
    gate, start = os.pipe()
    children = []
    for _ in range(12):
        child = os.fork()
        if not child:
            os.close(start)
            try:
                opens(path, gate)
            except BaseException as problem:
                os.write(2, f"{number}: {problem!r}\\n".encode())
                os._exit(1)
            os._exit(0)
        children.append(child)
    os.close(gate)
    time.sleep(0.02)
    os.close(start)
    for child in children:
        os.waitpid(child, 0)
    with Ledger(path) as book:
        assert len(book.incidents()) == 12, (number, len(book.incidents()))
"""


@pytest.mark.parametrize("there", ["", "damaged"])
def test_many_may_open_a_new_ledger_at_once(tmp_path: Path, there: str) -> None:
    """SQLite asks no busy handler where it changes the journal mode, so who comes second got an error at once."""
    (tmp_path / "l").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _OPENERS, str(tmp_path / "l"), "20", there], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "l").glob("*.damaged-*"))) == (20 if there else 0)


def test_an_opening_that_hangs_is_not_waited_for_for_ever(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_WAIT_SECONDS", 0.2)
    with Ledger():
        pass
    lock = os.open(state / "ledger.sqlite.lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with pytest.raises(sqlite3.OperationalError):
        Ledger()
    os.close(lock)


def test_kill_leaves_cursor_and_incidents_in_step(state: Path) -> None:
    for _ in range(3):
        writer = _writer("w", 1_000_000)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.1)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        with Ledger() as book:
            reached = book.cursor("w")[1]
            assert sum(1 for one in book.incidents() if int(one.fingerprint[2:]) < reached) == reached
    check = sqlite3.connect(state / "ledger.sqlite")
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()
