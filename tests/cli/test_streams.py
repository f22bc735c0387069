"""Standard streams that are full or closed: said as what they are, never an internal error, never another file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LOG = b"a clean line\n"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    path = tmp_path / "build.log"
    path.write_bytes(LOG)
    return path


def _run(arguments: str, log: Path) -> subprocess.CompletedProcess[str]:
    line = f'"{sys.executable}" -m auditor {arguments}'
    return subprocess.run(["sh", "-c", line, "sh", str(log)], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("verb", ["scan", "redact"])
def test_a_full_disk_is_no_fault_of_ours(verb: str, log: Path) -> None:
    done = _run(f'{verb} "$1" >/dev/full', log)
    assert done.returncode == 70
    assert "no space left on device" in done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize("verb", ["scan", "redact", "trace"])
def test_a_closed_output_takes_nothing(verb: str, log: Path) -> None:
    done = _run(f'{verb} "$1" >&-', log)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert log.read_bytes() == LOG


def test_a_closed_input_is_not_an_empty_one(log: Path) -> None:
    assert _run("scan - <&-", log).returncode == 3
    assert _run("redact <&-", log).returncode == 70
