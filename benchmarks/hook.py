"""How long each hook takes from process start to exit, beside the start-up of other scanners on the same machine.

Run: `python benchmarks/hook.py [ROUNDS]` on a quiet machine. Wall time, p50 and p95; processor time (p50), which a busy
machine hardly shows, also as a multiple of a bare interpreter's in the same rounds. Rounds interleave all events so
that noise meets each alike. Budgets: 100 ms, SessionEnd 150 ms. Other scanners are measured when they are on the PATH,
on an empty input. A wrapped command stands beside the same command without us.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

AUDITOR = Path(sys.executable).with_name("auditor")
BARE = "python -c pass"
PEERS = {
    "gitleaks stdin": ["gitleaks", "stdin", "--no-banner"],
    "kingfisher scan": ["kingfisher", "scan", "--no-validate", "--no-update-check", "-"],
    "ggshield --version": ["ggshield", "--version"],
    BARE: [sys.executable, "-c", "pass"],
    "bash -c 'echo hi'": ["bash", "-c", "echo hi"],
    "the same wrapped": [str(AUDITOR), "run", "--shell", "bash", "-c", "echo hi"],
}
WORKER = 0.5
"""Seconds in which the worker of SessionEnd has ended."""
URL = "postgresql://app:npg_FakeQ7w8e9r0t1@ep-fake-dawn-a1b2c3d4.us-east-2.aws.neon.tech/shop"


def events(transcript: Path) -> dict[str, dict[str, object]]:
    """Typical events, and one that needs the whole detector; last the one whose worker runs on after it."""
    shell = {"tool_name": "Bash", "tool_input": {"command": "alembic upgrade head"}}
    clean = "INFO  [alembic.runtime.migration] Running upgrade 1 -> 2, add tags\n" * 200
    path = str(transcript)
    return {
        "PreToolUse": {"hook_event_name": "PreToolUse", **shell},
        "PostToolUse": {"hook_event_name": "PostToolUse", **shell, "tool_response": clean},
        "UserPromptSubmit": {"hook_event_name": "UserPromptSubmit", "prompt": "Add a tags column to posts"},
        "PermissionRequest": {"hook_event_name": "PermissionRequest", **shell},
        "Stop": {"hook_event_name": "Stop", "transcript_path": path, "stop_hook_active": False},
        "SessionStart": {"hook_event_name": "SessionStart", "source": "startup"},
        "PostToolUse, a leak": {"hook_event_name": "PostToolUse", **shell, "tool_response": URL},
        "SessionEnd": {"hook_event_name": "SessionEnd", "session_id": "s", "transcript_path": path},
    }


def seconds(command: list[str], data: bytes, env: dict[str, str]) -> tuple[float, float]:
    """Wall and processor time of one process; what it leaves running is not waited for."""
    began, used = time.perf_counter(), _used()
    subprocess.run(command, input=data, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - began, _used() - used


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        env = {"PATH": os.environ["PATH"], "HOME": folder, "CODEX_HOME": f"{folder}/codex"}
        transcript = Path(folder, "rollout-x.jsonl")
        transcript.write_text(json.dumps({"text": "nothing here"}) + "\n")
        given = {name: json.dumps(event).encode() for name, event in events(transcript).items()}
        peers = {name: command for name, command in PEERS.items() if shutil.which(command[0])}
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in (*given, *peers)}
        seconds([str(AUDITOR), "hook"], given["PostToolUse, a leak"], env)  # fills the caches, as any first day does
        for _round in range(rounds):
            for name, data in given.items():
                taken[name].append(seconds([str(AUDITOR), "hook"], data, env))
            time.sleep(WORKER)
            for name, command in peers.items():
                taken[name].append(seconds(command, b"", env))
        time.sleep(1)  # the last worker ends
    bare = _middle(used for _wall, used in taken[BARE])
    print(f"{'':22} {'p50':>6} {'p95':>6} {'cpu':>6} {'x bare':>7}  ms, {rounds} rounds")
    for name, times in taken.items():
        wall, used = sorted(one for one, _ in times), _middle(one for _, one in times)
        most = wall[int(len(wall) * 0.95)]
        print(f"{name:22} {_middle(wall) * 1e3:6.0f} {most * 1e3:6.0f} {used * 1e3:6.0f} {used / bare:7.1f}")


def _middle(values: Iterable[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    main()
