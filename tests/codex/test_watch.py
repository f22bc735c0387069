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
from tests.harness.codex import Workshop
from tests.harness.items import say, shell


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


def test_the_name_of_the_file_is_told_masked(tmp_path: Path) -> None:
    rollout = tmp_path / f"of {SECRET}" / "log.jsonl"
    rollout.parent.mkdir()
    watcher = _watcher(tmp_path)
    rollout.write_text(json.dumps({"a": URL}) + "\n")
    (leak,) = watcher.look(rollout)
    assert leak.path == rollout
    assert leak.shown.startswith("of [REDACTED:")
    assert SECRET not in leak.shown


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


def test_files_of_a_new_folder_are_seen(tmp_path: Path) -> None:
    """Each day's first transcript comes with its folder, before the folder can be watched."""
    watcher, stop, found = _watcher(tmp_path), threading.Event(), list[Leak]()

    def follow() -> None:
        for leak in watcher.follow(stop):
            found.append(leak)

    thread = threading.Thread(target=follow)
    thread.start()
    time.sleep(0.5)
    for day in range(12):
        rollout = tmp_path / f"sessions/2026/{day:02}/23/rollout-{day}.jsonl"
        rollout.parent.mkdir(parents=True)
        rollout.write_text(json.dumps({"a": URL.replace("r0t1", f"r0{day:02}")}) + "\n")
        time.sleep(0.15)
    until = time.monotonic() + 20
    while len(found) < 12 and time.monotonic() < until:
        time.sleep(0.1)
    stop.set()
    thread.join()
    assert len(found) == 12


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


def test_a_leak_of_the_real_client_is_told_while_the_session_runs(workshop: Workshop) -> None:
    with workshop as shop:
        shop.write(".env", f"DATABASE_URL={URL}\n")
        words = [str(AUDITOR), "watch", "--codex-home", str(shop.home)]
        env = {**shop.environment(), "PYTHONUNBUFFERED": "1"}
        running = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert running.stdout is not None
        assert running.stderr is not None
        running.stderr.readline()
        time.sleep(0.5)
        session = threading.Thread(
            target=shop.exec,
            args=(
                "Go",
                [[shell("call_1", "cat .env")], [shell("call_2", "sleep 8", yield_time_ms=9000)], [say("Done")]],
            ),
        )
        session.start()
        said = [running.stdout.readline()]
        assert session.is_alive()
        session.join(60)
        running.terminate()
        said += running.communicate(timeout=30)[0].splitlines()
        assert "sessions/" in "".join(said)
        assert SECRET not in "".join(said)
