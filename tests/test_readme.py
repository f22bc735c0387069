"""Every command of the README works: the set-up lines in a clone of their own, the others one after the other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
COMMANDS = [line.partition("  #")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
SETUP = [one for one in COMMANDS if "-m venv" in one]
OTHERS = [one for one in COMMANDS if "-m venv" not in one]
EXPECTED = {0, 1, 4}
"""Fine, findings, files changed: what the sample sessions give."""


def _environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HOME": str(home),
        "CODEX_HOME": str(home / "codex"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    for name in ("fixtures", "rules"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(ROOT / "fixtures/codex_home", folder / "home/codex")
    (folder / "build.log").write_text("nothing to see\n")
    (folder / ".env").write_text("A=b\n")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def test_the_commands_after_set_up_work_in_their_order(workplace: Path) -> None:
    for command in OTHERS:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=workplace,
            env=_environment(workplace / "home"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        # settings stay for people to change when asked, so the samples' config.toml leaves 3
        assert done.returncode in EXPECTED | ({3} if "--codex-home" in command else set()), f"{command}\n{done.stderr}"


@pytest.mark.parametrize("command", SETUP, ids=["try", "tests"])
def test_set_up_works_in_a_fresh_copy(command: str, tmp_path: Path) -> None:
    """The test command only collects here: it would run itself."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in tracked.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    environment = _environment(tmp_path / "home") | {"PYTEST_ADDOPTS": "--collect-only"}
    environment["PATH"] = os.environ["PATH"]
    command = command.replace("python3.11", sys.executable).replace(" -n 2", "")
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "credentials leaked" in done.stdout or "tests collected" in done.stdout
