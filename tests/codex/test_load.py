"""Hooks under load: many at once, killed, fed with nonsense and with very much. Always status 0, never a stray text."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from auditor.codex import ledger
from auditor.codex.ledger import Ledger
from tests.codex.payloads import AUDITOR, SECRET, URL, bash, check, payload, run


def _state(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(root / ".local/state"))


def _gaps(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    _state(root, monkeypatch)
    with Ledger() as book:
        ledger.absorb(book)
        return [f"{one.event}: {one.problem}" for one in book.failures()]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe\x00", b"{}" * 3, b"[" * 200_000,
        b'{"hook_event_name": "PreToolUse", "tool_input": ' + b'{"a":' * 100_000,
    ],
    ids=range(9),
)  # fmt: skip
def test_nonsense_is_answered_with_nothing_and_leaves_a_gap(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(data, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert len(_gaps(tmp_path, monkeypatch)) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"tool_name": None, "tool_input": None}, {"tool_name": 7, "tool_input": []}, {"tool_input": {"command": ["x"]}},
        {"hook_event_name": ["PreToolUse"]}, {"tool_name": "Bash", "tool_input": {"command": "\x00 \ud800"}},
        {"hook_event_name": "Stop", "transcript_path": "/nowhere/x"},
        {"hook_event_name": "Stop", "transcript_path": "/"},
        {"hook_event_name": "PostToolUse", "tool_response": "\ud800\ud801"},
    ],
    ids=range(8),
)  # fmt: skip
def test_odd_fields_never_speak(fields: dict[str, object], tmp_path: Path) -> None:
    data = json.dumps({"hook_event_name": "PreToolUse", **fields}).encode()
    done = run(data, tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"" or json.loads(done.stdout)


def test_a_bad_policy_fails_open_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / ".config/auditor/auditor.toml"
    policy.parent.mkdir(parents=True)
    policy.write_text("[hooks]\npolicy = 1\n")
    done = run(json.dumps(bash("PreToolUse", "cat .env")).encode(), tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert _gaps(tmp_path, monkeypatch) == ["PreToolUse: BadPolicy"]


def test_fifty_megabytes_are_looked_at(tmp_path: Path) -> None:
    line = "all fine here, nothing to see but the tests that pass, and pass again\n"
    text = line * (50_000_000 // len(line)) + f"URL={URL}\n"
    done = run(json.dumps(payload("PostToolUse", tool_response=text)).encode(), tmp_path)
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer["decision"] == "block"
    assert SECRET.encode() not in done.stdout


def test_an_unwritable_state_folder_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("in the way")
    for given in (payload("SessionEnd"), payload("Stop", transcript_path="/etc/hostname")):
        done = run(json.dumps(given).encode(), tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def _start(data: bytes, root: Path) -> subprocess.Popen[bytes]:
    env = {"PATH": os.environ["PATH"], "HOME": str(root), "CODEX_HOME": str(root / "codex")}
    started = subprocess.Popen(
        [str(AUDITOR), "hook"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert started.stdin is not None
    started.stdin.write(data)
    started.stdin.close()
    started.stdin = None
    return started


def test_fifty_at_once_some_killed_no_job_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(5)
    transcript = tmp_path / "codex/sessions/2026/11/23/rollout-2026-11-23T00-00-00-0198a1b2.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.write_text(json.dumps({"text": URL}) + "\n")
    given = [
        *(payload("SessionEnd", transcript_path=str(transcript)) for _ in range(15)),
        *(payload("SessionEnd") for _ in range(5)),
        *(payload("Stop", transcript_path=str(transcript)) for _ in range(15)),
        *(bash("PreToolUse", "cat .env") for _ in range(15)),
    ]
    chance.shuffle(given)
    running = [(str(one["hook_event_name"]), _start(json.dumps(one).encode(), tmp_path)) for one in given]
    for _event, process in chance.sample(running, 12):
        time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    ended = 0
    for event, process in running:
        out, err = process.communicate(timeout=300)
        assert (process.returncode, err) in ((0, b""), (-signal.SIGKILL, b""))
        if process.returncode == 0:
            check(event, json.loads(out) if out else None)
            ended += event == "SessionEnd"
    _state(tmp_path, monkeypatch)
    assert _all_done(ended)
    assert list((tmp_path / ".local/state/auditor/spool").glob("*.json")) == []
    with Ledger() as book:
        assert len(book.incidents()) == 1
        assert book.failures() == []


def _all_done(least: int) -> bool:
    """Wait until every job that was handed over has its end."""
    for _ in range(1200):
        with Ledger() as book:
            done = book._base.execute("SELECT count(*) FROM jobs WHERE status = 'done'").fetchone()[0]
            if done >= least and not book.queued():
                return True
        time.sleep(0.1)
    return False
