"""Hook inputs as Codex sends them, and the published schemas they and our answers must satisfy."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

SCHEMAS = Path(__file__).parents[1] / "schemas" / "codex-hooks"
AUDITOR = Path(sys.executable).with_name("auditor")
URL = "postgresql://app:npg_FakeQ7w8e9r0t1@ep-fake-dawn-a1b2c3d4.us-east-2.aws.neon.tech/shop"
SECRET = "npg_FakeQ7w8e9r0t1"

_COMMON = {"session_id": "0198a1b2-c3d4-7e5f-8a9b-000000000001", "transcript_path": None, "cwd": "/tmp"}
_TURN = {"turn_id": "t1", "model": "m"}
_MODE = {"permission_mode": "default"}
_SHELL = {"tool_name": "Bash", "tool_input": {"command": "true"}}
_SUB = {"agent_id": "a", "agent_type": "worker"}
EVENTS: dict[str, dict[str, object]] = {
    "SessionStart": {**_MODE, "model": "m", "source": "startup"},
    "UserPromptSubmit": {**_TURN, **_MODE, "prompt": "hello"},
    "PreToolUse": {**_TURN, **_MODE, **_SHELL, "tool_use_id": "c1"},
    "PermissionRequest": {**_TURN, **_MODE, **_SHELL},
    "PostToolUse": {**_TURN, **_MODE, **_SHELL, "tool_use_id": "c1", "tool_response": "fine\n"},
    "PreCompact": {**_TURN, "trigger": "auto"},
    "PostCompact": {**_TURN, "trigger": "auto"},
    "SubagentStart": {**_TURN, **_MODE, **_SUB},
    "SubagentStop": {
        **_TURN, **_MODE, **_SUB, "agent_transcript_path": None, "stop_hook_active": False,
        "last_assistant_message": None,
    },
    "Stop": {**_TURN, **_MODE, "stop_hook_active": False, "last_assistant_message": "Done."},
    "SessionEnd": {"reason": "other"},
}  # fmt: skip


def payload(event: str, **fields: object) -> dict[str, object]:
    """Return a valid input of an event with some fields changed."""
    made = {**_COMMON, **EVENTS[event], "hook_event_name": event, **fields}
    _validator(event, "input").validate(made)
    return made


def bash(event: str, command: str, **fields: object) -> dict[str, object]:
    """Return a shell call."""
    return payload(event, tool_name="Bash", tool_input={"command": command}, **fields)


def check(event: str, answer: dict[str, Any] | None) -> None:
    """Fail unless Codex would accept an answer; SessionEnd has none."""
    if answer is not None:
        assert event != "SessionEnd"
        _validator(event, "output").validate(answer)


def run(data: bytes, root: Path, *, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the real executable in a home of its own."""
    env = {"PATH": os.environ["PATH"], "HOME": str(root), "CODEX_HOME": str(root / "codex"), **environment}
    return subprocess.run([str(AUDITOR), "hook"], input=data, env=env, cwd=root, capture_output=True, timeout=timeout)


@cache
def _validator(event: str, side: str) -> Draft7Validator:
    kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", event).lower()
    text = gzip.decompress((SCHEMAS / f"{kebab}.command.{side}.schema.json.gz").read_bytes())
    return Draft7Validator(json.loads(text))
