"""`auditor watch` tells of a leak within a second, once, and never shows it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path

from auditor.codex.watch import Leak, Watcher
from auditor.detect.engine import Engine
from auditor.detect.rules import load
from tests.codex.payloads import AUDITOR, SECRET, URL


def _watcher(home: Path) -> Watcher:
    watcher = Watcher(home, Engine(load()), b"k" * 32)
    watcher.start()
    return watcher


def test_only_what_is_new_is_told_and_once(tmp_path: Path) -> None:
    rollout = tmp_path / "rollout.jsonl"
    rollout.write_text(json.dumps({"a": URL}) + "\n")
    watcher = _watcher(tmp_path)
    assert list(watcher.look(rollout)) == []
    with rollout.open("a") as file:
        file.write(json.dumps({"a": URL.replace("r0t1", "r0t2")}) + "\n" + '{"torn": "' + URL)
    assert [one.kind for one in watcher.look(rollout)] == ["postgres-url"]
    assert list(watcher.look(rollout)) == []
    assert list(watcher.look(tmp_path / "gone")) == []


def test_a_leak_is_told_within_a_second(tmp_path: Path) -> None:
    watcher, stop, found = _watcher(tmp_path), threading.Event(), list[tuple[float, Leak]]()

    def follow() -> None:
        for leak in watcher.follow(stop):
            found.append((time.monotonic(), leak))
            stop.set()

    thread = threading.Thread(target=follow)
    thread.start()
    time.sleep(0.5)
    (tmp_path / "history.jsonl").write_text(json.dumps({"text": URL}) + "\n")
    written = time.monotonic()
    thread.join(20)
    stop.set()
    assert found
    assert found[0][0] - written < 5  # a second on a machine that is not busy with other tests


def test_the_command_never_shows_the_value(tmp_path: Path) -> None:
    home = tmp_path / "codex"
    home.mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(
        [str(AUDITOR), "watch", "--codex-home", str(home)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert running.stderr is not None
    assert running.stdout is not None
    running.stderr.readline()
    time.sleep(0.5)
    (home / "history.jsonl").write_text(json.dumps({"text": URL}) + "\n")
    said = running.stdout.readline()
    running.terminate()
    rest, _errors = running.communicate(timeout=30)
    assert "history.jsonl: [REDACTED:postgres-url:" in said
    assert SECRET not in said + rest
