"""`auditor redact` as a filter: pipes that break, output over input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_a_broken_pipe_ends_like_sigpipe(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a clean line\n" * 500_000)
    command = [sys.executable, "-m", "auditor", "redact", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


def test_output_over_its_own_input_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a clean line\n")
    with path.open("ab") as target:
        command = [sys.executable, "-m", "auditor", "redact", str(path)]
        done = subprocess.run(command, stdout=target, stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode == 2
    assert b"one file" in done.stderr
    assert path.read_bytes() == b"a clean line\n"
