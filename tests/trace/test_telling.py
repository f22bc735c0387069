"""What is told of an origin: who did it, in words that the record bears out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.document import Document, Incident
from auditor.report import story as pages
from tests.trace.sources import jsonl
from tests.trace.stories import KEY, ROLE, Story, applied, told, url

URL = url()


def _found(folder: Path, name: str, *records: object) -> Incident:
    """The only incident of a file with these records."""
    (found,) = _audited(folder, name, *records)["incidents"]
    return found


def _audited(folder: Path, name: str, *records: object) -> Document:
    path = folder / name
    path.write_bytes(jsonl(*records))
    return audit(ScanRequest(paths=[str(path)], key=KEY))


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


def test_an_output_without_its_call(tmp_path: Path) -> None:
    told_as = "A command whose call is not in the record printed it."
    story = Story()
    story.output("call_elsewhere", f"DATABASE_URL={URL}")
    (found,) = told(tmp_path, story)["incidents"]
    assert (found["origin"]["cause"], found["origin"]["explanation"]) == ("tool-output", told_as)


def test_an_answer_without_its_call(tmp_path: Path) -> None:
    request = {"jsonrpc": "2.0", "id": 6, "method": "tools/list"}
    answer = {"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": URL}]}}
    origin = _found(tmp_path, "dump.jsonl", request, answer)["origin"]
    told_as = "The result of a call that is not in the record carried it."
    assert (origin["cause"], origin["explanation"]) == ("tool-result", told_as)


# migrations


@pytest.mark.parametrize(
    ("option", "said"), [(" --dry-run", "it showed {}20261120100100"), ("", "{}20261120100100 was executing")]
)
def test_a_dry_run_executes_no_migration(tmp_path: Path, option: str, said: str) -> None:
    output = applied("20261120100000", "20261120100100", secret=ROLE, at="20261120100100")
    document = told(tmp_path, Story().sh("c1", f"atlas migrate apply --env dev{option}", output))
    (found,) = document["incidents"]
    assert f"printed it while {said.format('migration ')}." in found["origin"]["explanation"]
    assert f"while {said.format('')}" in pages.timeline(document).decode()


# records that are not understood

META = {"timestamp": "2026-11-23T10:00:00.000Z", "type": "session_meta", "payload": {"id": "s1", "cwd": "/w"}}
EXEC = {"type": "thread.started", "thread_id": "0198a1b2-c3d4-7e5f-8a9b-000000000001"}
ERROR = "Codex reported it in an error; nothing earlier in the record shows it."


def _line(kind: str, **payload: object) -> dict[str, object]:
    return {"timestamp": "2026-11-23T10:00:01.000Z", "type": kind, "payload": payload}


@pytest.mark.parametrize(
    ("first", "record", "said"),
    [
        (META, _line("future_record", text=URL), "A record of type `future_record` held it."),
        (META, _line("realtime_item", text=URL), "A record of type `realtime_item` held it."),
        (META, _line("response_item", type="future_item", text=URL), "A record of type `future_item` held it."),
        (META, _line("event_msg", type="future_event", text=URL), "A record of type `future_event` held it."),
        (META, _line("event_msg", type="error", message=f"cannot reach {URL}"), ERROR),
        (META, {"timestamp": "2026-11-23T10:00:01.000Z", "text": URL}, "A record that is not understood held it."),
        (META, _line("future: " + "x" * 99, text=URL), "A record that is not understood held it."),
        (EXEC, {"type": "item.completed", "item": {"id": "i1", "type": "future_item", "text": URL}},
         "A record of type `future_item` held it."),
        (EXEC, {"type": "item.completed", "item": {"id": "i1", "type": "error", "message": URL}}, ERROR),
        (EXEC, {"type": "error", "message": f"cannot reach {URL}"}, ERROR),
        (EXEC, {"type": "turn.failed", "error": {"message": f"cannot reach {URL}"}}, ERROR),
    ],
)  # fmt: skip
def test_a_record_that_is_not_understood_is_no_configuration(
    tmp_path: Path, first: object, record: object, said: str
) -> None:
    origin = _found(tmp_path, "rollout.jsonl", first, record)["origin"]
    assert (origin["cause"], origin["step"], origin["explanation"]) == ("unknown", "", said)


def test_settings_are_configuration(tmp_path: Path) -> None:
    document = _audited(tmp_path, "rollout.jsonl", META, _line("turn_context", cwd="/w", note=URL))
    (found,) = document["incidents"]
    assert found["origin"]["cause"] == "configuration"
    assert [one["tool"] for one in document["steps"]] == ["codex"]


@pytest.mark.parametrize(
    ("name", "tool"), [("mcp-remote-0.1.29.log", "mcp-remote"), ("supergateway-3.4.0.log", "supergateway")]
)
def test_a_bridge_repeats_its_own_settings(name: str, tool: str) -> None:
    document = audit(ScanRequest(paths=[f"fixtures/mcp_logs/{name}"], key=KEY))
    steps = {one["id"]: one for one in document["steps"]}
    settings = [one for one in document["incidents"] if one["origin"]["cause"] == "configuration"]
    assert [steps[one["origin"]["step"]]["tool"] for one in settings] == [tool]
