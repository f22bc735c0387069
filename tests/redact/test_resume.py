"""The real Codex CLI goes on with a redacted session: resumed, resumed twice, forked, archived, read by its app server.

What really depends on stored byte offsets is measured here too; docs/redaction.md tells the result.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.codex import Run, Workshop
from tests.harness.items import say, shell

VALUE = "npg_FakeQ7w8e9r0t1"
URL = f"postgresql://app:{VALUE}@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop"


@pytest.fixture
def leaky(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with workshop as shop:
        shop.write(".env", f"DATABASE_URL={URL}\n")
        yield shop


def _leak(shop: Workshop) -> str:
    run = shop.exec(f"Check {URL}", [[shell("call_1", "cat .env")], [say(f"It is {URL}")]])
    assert VALUE in shop.rollout(run.thread).read_text()
    return run.thread


def _auditor(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "auditor", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def _redact(shop: Workshop, *more: str) -> None:
    done = _auditor("redact", "--in-place", "--codex-home", shop.home, *more)
    assert done.returncode == 4, done.stderr
    assert _holding(shop.home) == []


def _holding(home: Path) -> list[str]:
    return [path.name for path in sorted(home.rglob("*")) if path.is_file() and VALUE.encode() in path.read_bytes()]


def _went_on(shop: Workshop, run: Run, text: str) -> None:
    """A further turn ended well, its request held the whole masked history, and nothing was said to be wrong."""
    assert run.code == 0, run.stderr
    kinds = [event["type"] for event in run.events]
    assert "turn.completed" in kinds
    assert "error" not in kinds
    assert "turn.failed" not in kinds
    sent = json.dumps(shop.model.requests[-1])
    assert VALUE not in sent
    assert "cat .env" in sent
    assert "@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop" in sent
    assert text in shop.rollout(run.thread).read_text()


def test_a_redacted_session_resumes_twice_and_forks(leaky: Workshop) -> None:
    thread = _leak(leaky)
    _redact(leaky)
    assert _auditor("scan", "--codex-home", leaky.home).returncode == 0
    for text in ("first further turn", "second further turn"):
        _went_on(leaky, leaky.exec(text, [[say(text)]], resume=thread), text)
    forked = leaky.exec("fork it", [[say("forked")]], fork=thread)
    assert forked.thread != thread
    _went_on(leaky, forked, "forked")
    assert _holding(leaky.home) == []


def test_a_fork_made_before_resumes_after(leaky: Workshop) -> None:
    thread = _leak(leaky)
    child = leaky.exec("fork", [[shell("call_2", "cat .env")], [say("forked")]], fork=thread).thread
    grandchild = leaky.exec("again", [[say("twice")]], fork=child).thread
    _redact(leaky)
    for number, one in enumerate((grandchild, child, thread)):
        text = f"turn {number}"
        _went_on(leaky, leaky.exec(text, [[say(text)]], resume=one), text)


def test_an_archived_session_comes_back(leaky: Workshop) -> None:
    thread = _leak(leaky)
    assert leaky.codex("archive", thread).code == 0
    _redact(leaky)
    assert leaky.codex("unarchive", thread).code == 0
    _went_on(leaky, leaky.exec("on", [[say("unarchived")]], resume=thread), "unarchived")


def test_redacted_between_two_resumes_that_both_leak(leaky: Workshop) -> None:
    thread = _leak(leaky)
    _redact(leaky)
    leaky.exec("leak again", [[shell("call_9", "cat .env")], [say("leaked")]], resume=thread)
    assert _holding(leaky.home)
    _redact(leaky)
    _went_on(leaky, leaky.exec("on", [[say("third")]], resume=thread), "third")


class AppServer:
    """JSON-RPC over the stdin and stdout of `codex app-server`."""

    def __init__(self, shop: Workshop) -> None:
        self._process = shop.start("app-server")
        self._number = 0
        self.call("initialize", clientInfo={"name": "test", "title": "test", "version": "1"},
                  capabilities={"experimentalApi": True})  # fmt: skip

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"id": self._number, "method": method, "params": params}) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            message: dict[str, Any] = json.loads(line)
            if message.get("id") == self._number:
                return message
        raise AssertionError("app server ended")

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=20)


def _read(shop: Workshop, thread: str) -> list[dict[str, Any]]:
    server = AppServer(shop)
    try:
        return [
            server.call("thread/read", threadId=thread, includeTurns=True),
            server.call("thread/turns/list", threadId=thread),
            server.call("thread/resume", threadId=thread),
        ]
    finally:
        server.close()


def test_the_app_server_reads_a_redacted_session(leaky: Workshop) -> None:
    thread = _leak(leaky)
    child = leaky.exec("fork", [[say("forked")]], fork=thread).thread
    _redact(leaky)
    for one in (thread, child):
        for answer in _read(leaky, one):
            assert "error" not in answer, answer["error"]
            assert VALUE not in json.dumps(answer)
        assert "@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop" in json.dumps(_read(leaky, one)[0])


@pytest.mark.parametrize(("text", "resumes"), [("[REDACTED:postgres-password:3fa9]", True), ("*", False)])
def test_what_depends_on_offsets(leaky: Workshop, text: str, resumes: bool) -> None:
    """Why transcripts keep their length: no fork resumes once its parent is shorter than the fork remembers."""
    thread = _leak(leaky)
    leaky.exec("more", [[say("second")]], resume=thread)
    child = leaky.exec("fork", [[say("forked")]], fork=thread).thread
    for path in leaky.rollouts():
        path.write_text(path.read_text().replace(VALUE, text))
    assert (leaky.exec("on", [[say("on")]], resume=child).code == 0) is resumes
    assert leaky.exec("on", [[say("on")]], resume=thread).code == 0


def test_transcripts_keep_their_length_also_with_replace(leaky: Workshop) -> None:
    thread = _leak(leaky)
    size = leaky.rollout(thread).stat().st_size
    _redact(leaky, "--replace")
    assert leaky.rollout(thread).stat().st_size == size
