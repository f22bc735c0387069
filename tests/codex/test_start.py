"""A hook that has to look closely starts the detector, and nothing that is slow to import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SLOW = {"dataclasses", "inspect", "orjson", "tempfile", "secrets", "click", "rich", "tomllib", "zstandard"}
URL = "postgresql://app:npg_FakeQ7w8e9r0t1@ep-fake-dawn-a1b2c3d4.us-east-2.aws.neon.tech/shop"
SCRIPT = """
import sys
from auditor.codex.hook import main
main()
print("\\n" + " ".join(sys.modules))
"""


def test_a_leak_is_cut_without_slow_imports(tmp_path: Path) -> None:
    event = {
        "hook_event_name": "PostToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": "x"},
        "tool_response": URL,
    }
    env = {"HOME": str(tmp_path), "CODEX_HOME": str(tmp_path / "codex")}
    for _first_fills_the_caches in range(2):
        ran = subprocess.run(
            [sys.executable, "-c", SCRIPT], input=json.dumps(event), env=env, capture_output=True, text=True, check=True
        )
    answer, modules = ran.stdout.split("\n", 1)
    assert "[REDACTED:postgres-url:" in json.loads(answer)["reason"]
    assert "auditor.detect.engine" in modules.split()
    assert not SLOW & set(modules.split())
