"""`auditor trace` and `auditor explain` on the command line: what was not examined is said, and never exits 0."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.cli.app import invoke

FIXTURES = Path(__file__).parents[2] / "fixtures"
DJANGO = "0198a1b2-c3d4-7e5f-8a9b-000000000008"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


def test_a_mistyped_path_is_not_a_story_without_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["trace", str(tmp_path / "nosuch")]) == 3
    assert "nosuch: not there" in capsys.readouterr().err


def test_explain_says_what_was_not_there_before_it_misses_the_incident(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["explain", "inc-00", str(tmp_path / "nosuch")]) == 2
    assert "nosuch: not there" in capsys.readouterr().err


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    command = [sys.executable, "-m", "auditor", "trace", str(tmp_path / "pipe")]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 3
    assert b"not a regular file" in done.stderr


def test_trace_of_one_incident_of_many(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """The folder holds other sessions with other leaks, and other rules broken."""
    assert invoke(["trace", str(FIXTURES / "older"), "--incident", "inc-nothing"]) == 2
    assert invoke(["trace", str(FIXTURES / "older"), "--session", DJANGO]) == 0
    told = capsysbinary.readouterr().out.decode()
    name = re.search(r"leaked postgres-password (inc-[0-9a-f]{12})", told)
    assert name
    assert invoke(["trace", str(FIXTURES / "older"), "--incident", name[1]]) == 0
    one = capsysbinary.readouterr().out.decode()
    assert [line for line in one.splitlines() if line.startswith("0198")] == [told.splitlines()[0]]
    assert "django applied without a lint" in one
    assert "prisma" not in one + told
