"""`run`: a command under the filter behaves as without it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_RUNNER = """
import sys
from auditor.redact.run import run

class Upper:
    def feed(self, data): return data.replace(b"secret", b"MASKED")
    def idle(self): return b""
    def flush(self): return b""

class Broken(Upper):
    def feed(self, data): raise ValueError("secret")

sys.exit(run(sys.argv[2:], Broken if sys.argv[1] == "broken" else Upper))
"""


def _run(script: str, mode: str = "upper", **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", _RUNNER, mode, "sh", "-c", script]
    return subprocess.run(command, capture_output=True, timeout=30, cwd=Path.cwd(), **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("code", [0, 1, 2, 3, 77, 255])
def test_exit_status_is_kept(code: int) -> None:
    assert _run(f"exit {code}").returncode == code


def test_death_by_signal_is_told_as_shells_do() -> None:
    assert _run("kill -TERM $$").returncode == 128 + signal.SIGTERM


def test_streams_are_filtered_and_kept_apart() -> None:
    done = _run("echo a secret; echo the secret >&2")
    assert (done.stdout, done.stderr) == (b"a MASKED\n", b"the MASKED\n")


def test_order_is_kept_where_both_streams_go_to_one_place() -> None:
    script = "for i in 1 2 3 4 5 6 7 8 9; do echo out$i; echo err$i >&2; done"
    command = [sys.executable, "-c", _RUNNER, "upper", "sh", "-c", script]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=True)
    assert done.stdout.split() == [f"{name}{i}".encode() for i in range(1, 10) for name in ("out", "err")]


def test_a_failing_filter_leaves_a_note_and_never_the_text() -> None:
    done = _run("echo a secret", "broken")
    assert b"withheld" in done.stdout
    assert b"secret" not in done.stdout + done.stderr


def test_input_reaches_the_command() -> None:
    assert _run("cat", input=b"hello\n").stdout == b"hello\n"


def test_missing_command_is_127() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RUNNER, "upper", "no-such-command-here"], capture_output=True, timeout=30, check=False
    )
    assert done.returncode == 127


def test_signals_are_passed_on() -> None:
    command = [
        sys.executable,
        "-c",
        _RUNNER,
        "upper",
        "sh",
        "-c",
        "trap 'echo got; exit 9' TERM; echo up; sleep 9 & wait",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == b"got\n"
    assert process.returncode == 9


def test_a_background_job_does_not_hold_us_and_stays_filtered(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with out.open("wb") as file:
        command = [sys.executable, "-c", _RUNNER, "upper", "sh", "-c", "(sleep 3; echo late secret) & echo now"]
        subprocess.run(command, stdout=file, stderr=file, timeout=30, check=True)
    assert out.read_bytes() == b"now\n"
    for _ in range(100):
        if b"late" in out.read_bytes():
            break
        time.sleep(0.1)
    assert out.read_bytes() == b"now\nlate MASKED\n"


def test_the_command_keeps_a_terminal_where_there_was_one() -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-c", _RUNNER, "upper", "sh", "-c", "test -t 1 && echo terminal secret"]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    assert process.wait(30) == 0
    assert b"terminal MASKED" in os.read(master, 100)
    os.close(master)


def test_a_reader_that_goes_away_ends_the_command() -> None:
    command = [sys.executable, "-c", _RUNNER, "upper", "sh", "-c", "yes"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(30) in (128 + signal.SIGPIPE, 1, 0)
