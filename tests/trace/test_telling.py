"""What is told of an origin: who did it, in words that the record bears out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.document import Incident
from tests.trace.sources import jsonl
from tests.trace.stories import KEY, url

URL = url()


def _found(folder: Path, name: str, *records: object) -> Incident:
    """The only incident of a file with these records."""
    path = folder / name
    path.write_bytes(jsonl(*records))
    (found,) = audit(ScanRequest(paths=[str(path)], key=KEY))["incidents"]
    return found


# outputs


@pytest.mark.parametrize(
    "response",
    [f"DATABASE_URL={URL}", {"content": [{"type": "text", "text": f"DATABASE_URL={URL}"}]}, {"output": f"A={URL}"}],
)
def test_the_response_in_a_hook_payload_was_printed(tmp_path: Path, response: object) -> None:
    payload: dict[str, Any] = {
        "session_id": "0198a1b2-c3d4-7e5f-8a9b-000000000001", "turn_id": "t1", "cwd": "/w", "tool_name": "Bash",
        "hook_event_name": "PostToolUse", "tool_use_id": "c1", "tool_input": {"command": "cat .env"},
        "tool_response": response,
    }  # fmt: skip
    found = _found(tmp_path, "hook.json", payload)
    assert (found["origin"]["cause"], found["origin"]["explanation"]) == ("tool-output", "`cat .env` printed it.")
    assert found["occurrences"][0]["role"] == "tool"
