"""A reader that goes away is no finding: 141, whatever the verb."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@pytest.mark.parametrize(
    "arguments",
    [("scan", "-f", "jsonl=-", FIXTURES / "codex_home"), ("schema",)],
    ids=["scan", "schema"],
)
def test_a_closed_pipe_is_141(arguments: tuple[object, ...], tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "auditor", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(120) == 141
