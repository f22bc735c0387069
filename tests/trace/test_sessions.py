# ruff: noqa: E501
"""The session model over hand-made rollouts: pairing, chains, turns, copies, positions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditor.formats.registry import DIALECTS
from auditor.trace.calls import Call
from auditor.trace.sessions import Transcript, read
from tests.trace.sources import Text, jsonl

OWN = "0198a1b2-c3d4-7e5f-8a9b-000000000001"
TURN = "0198a1b3-0000-7000-8000-00000000c001"
SECRET = "npg_FakeTrace0001"


class Tape:
    """Writes a rollout line by line with rising times."""

    def __init__(self, session: str = OWN, **meta: object) -> None:
        self.records: list[dict[str, Any]] = []
        self.second = 0
        self.add("session_meta", {"id": session, "cli_version": "0.169.0", "cwd": "/w", **meta})

    def add(self, kind: str, payload: dict[str, Any], step: int = 1) -> int:
        """Append a line and return its number."""
        self.second += step
        stamp = f"2026-11-23T10:{self.second // 60:02d}:{self.second % 60:02d}.000Z"
        self.records.append({"timestamp": stamp, "type": kind, "payload": payload})
        return len(self.records)

    def item(self, **payload: object) -> int:
        return self.add("response_item", payload)

    def event(self, **payload: object) -> int:
        return self.add("event_msg", payload)

    def call(self, call_id: str, cmd: str) -> int:
        return self.item(type="function_call", name="exec_command", arguments=json.dumps({"cmd": cmd}), call_id=call_id)

    def output(self, call_id: str, text: object) -> int:
        return self.item(type="function_call_output", call_id=call_id, output=text)

    def done(self, call_id: str, cmd: str, text: str, code: int = 0, **more: object) -> int:
        item = {
            "type": "CommandExecution", "id": call_id, "command": ["/bin/bash", "-lc", cmd], "aggregated_output": text,
            "exit_code": code, "status": "completed" if code == 0 else "failed", **more,
        }  # fmt: skip
        return self.event(type="item_completed", thread_id=OWN, turn_id=TURN, item=item)

    def read(self, **options: Any) -> Transcript:
        return read(Text(jsonl(*self.records), **options), DIALECTS["codex-rollout"])


def header(code: int, body: str) -> str:
    return f"Chunk ID: 51d89f\nWall time: 0.0 seconds\nProcess exited with code {code}\nOutput:\n{body}"


def one(transcript: Transcript) -> Call:
    assert len(transcript.calls) == 1
    return transcript.calls[0]


def test_each_copy_of_an_output_names_session_turn_call_role_and_time() -> None:
    tape = Tape(history_mode="paginated")
    tape.event(type="task_started", turn_id=TURN)
    tape.add("turn_context", {"turn_id": TURN, "approval_policy": "never", "sandbox_policy": {"type": "read-only"}})
    asked = tape.call("c1", "cat .env")
    full = tape.done("c1", "cat .env", SECRET)
    shown = tape.output("c1", header(0, SECRET))
    transcript = tape.read()
    call = one(transcript)
    assert (call.id, call.tool, call.command, call.exit_code, call.status) == (
        f"{OWN}/c1",
        "shell",
        "cat .env",
        0,
        "ok",
    )
    assert (call.approval_policy, call.sandbox, call.cwd) == ("never", "read-only", "/w")
    for line, pointer, role in [
        (asked, "/payload/arguments", "assistant"),
        (full, "/payload/item/aggregated_output", "tool"),
        (full, "/payload/item/command/2", "assistant"),
        (shown, "/payload/output", "tool"),
    ]:
        position = transcript.position(line, pointer)
        assert (position.session, position.turn, position.call_id, position.role) == (OWN, TURN, "c1", role)
        assert position.step == call.id
        assert position.timestamp == tape.records[line - 1]["timestamp"]


@pytest.mark.parametrize(
    ("output", "code", "status"),
    [
        ('{"output":"x","metadata":{"exit_code":2,"duration_seconds":0.1}}', 2, "failed"),
        ("Exit code: 124\nWall time: 1 seconds\nOutput:\nx", 124, "failed"),
        (header(0, "x"), 0, "ok"),
        ("Wall time: 0.1 seconds\nOutput:\nx", None, "unknown"),
        ("Wall time: 1.2 seconds\naborted by user", None, "failed"),
        ("exec command rejected by user", None, "declined"),
        (
            "failed in sandbox MacosSeatbelt with execution error: sandbox denied exec error, exit code: 1, x",
            1,
            "failed",
        ),
        ("execution error: Io(Os)", None, "failed"),
        ({"content": "x", "success": False}, None, "failed"),
        ([{"type": "input_text", "text": "Wall time: 0.0 seconds\nOutput:"}], None, "unknown"),
    ],
)
def test_exit_codes_from_all_output_forms(output: object, code: int | None, status: str) -> None:
    tape = Tape()
    tape.call("c1", "true")
    tape.output("c1", output)
    call = one(tape.read())
    assert (call.exit_code, call.status) == (code, status)


SCRIPT = """// @exec: {"x":1}
const name = ".env";
const r = await tools.exec_command({cmd: "cat " + name});
text(r.output);
const c = await tools.mcp__neon__get_connection_string({projectId: "p1"});
text(c);
"""


def test_code_mode_legacy_gives_nested_calls_and_attributes_printed_values() -> None:
    tape = Tape()
    tape.item(type="custom_tool_call", name="exec", call_id="c1", input=SCRIPT)
    parts = [
        {"type": "input_text", "text": text}
        for text in ("Script completed\nWall time 0.8 seconds\nOutput:\n", "a", "b")
    ]
    out = tape.item(type="custom_tool_call_output", call_id="c1", output=parts)
    transcript = tape.read()
    script, shell, mcp = transcript.calls
    assert (script.tool, script.status, len(script.nested)) == ("code", "ok", 2)
    assert (shell.id, shell.tool, shell.command, shell.parent) == (f"{OWN}/c1.1", "shell", "cat .env", script)
    assert (mcp.tool, mcp.server, mcp.name, mcp.arguments) == (
        "mcp",
        "neon",
        "get_connection_string",
        {"projectId": "p1"},
    )
    assert transcript.position(out, "/payload/output/1/text").step == shell.id
    assert transcript.position(out, "/payload/output/2/text").step == mcp.id
    assert transcript.position(out, "/payload/output/0/text").step == script.id
    assert (shell.output, mcp.output) == ("a", "b")


def test_code_mode_printed_objects_tell_exit_code_and_session() -> None:
    tape = Tape()
    source = 'const r = await tools.exec_command({cmd: "psql"}); text(r); text(await tools.exec_command({cmd: "ls"}));'
    tape.item(type="custom_tool_call", name="exec", call_id="c1", input=source)
    printed = ['{"session_id":42,"output":"> "}', '{"exit_code":1,"output":"no"}']
    parts = [
        {"type": "input_text", "text": text}
        for text in ("Script completed\nWall time 0.8 seconds\nOutput:\n", *printed)
    ]
    tape.item(type="custom_tool_call_output", call_id="c1", output=parts)
    tape.item(
        type="custom_tool_call", name="exec", call_id="c2", input='tools.write_stdin({session_id: 42, chars: "y"})'
    )
    calls = tape.read().calls
    assert (calls[1].output, calls[2].output, calls[2].exit_code, calls[2].status) == ("> ", "no", 1, "failed")
    assert calls[-1].root is calls[1]


def test_code_mode_prints_that_do_not_fit_are_not_guessed() -> None:
    tape = Tape()
    tape.item(type="custom_tool_call", name="exec", call_id="c1", input=SCRIPT)
    parts = [
        {"type": "input_text", "text": text} for text in ("Script completed\nWall time 0.8 seconds\nOutput:\n", "only")
    ]
    out = tape.item(type="custom_tool_call_output", call_id="c1", output=parts)
    assert tape.read().position(out, "/payload/output/1/text").step == f"{OWN}/c1"


def test_code_mode_paginated_matches_nested_items() -> None:
    tape = Tape(history_mode="paginated")
    tape.item(type="custom_tool_call", name="exec", call_id="c1", input=SCRIPT)
    done = tape.done("exec-0198a1b3-0000-7000-8000-000000000001", "cat .env", SECRET)
    extra = tape.done("exec-0198a1b3-0000-7000-8000-000000000002", "ls", "x", 1)
    transcript = tape.read()
    nested = transcript.calls[0].nested[0]
    assert (nested.exit_code, nested.output, nested.call_id[:5]) == (0, SECRET, "exec-")
    assert transcript.position(done, "/payload/item/aggregated_output").step == nested.id
    assert transcript.calls[-1].command == "ls"
    assert transcript.position(extra).call_id.endswith("2")


def test_user_shell_command_is_a_call_of_the_user() -> None:
    tape = Tape()
    text = "<user_shell_command>\n<command>\nenv\n</command>\n<result>\nExit code: 0\nOutput:\nA=1\n</result>\n</user_shell_command>"
    line = tape.item(type="message", role="user", content=[{"type": "input_text", "text": text}])
    transcript = tape.read()
    call = one(transcript)
    assert (call.by, call.tool, call.command, call.exit_code) == ("user", "shell", "env", 0)
    assert transcript.position(line, "/payload/content/0/text").role == "user"


def test_mcp_server_and_tool_of_the_item_win() -> None:
    tape = Tape()
    tape.item(type="function_call", name="mcp__my_neon__run_sql", arguments='{"sql":"x"}', call_id="c1")
    invocation = {"server": "my-neon", "tool": "run_sql", "arguments": {"sql": "x"}}
    tape.event(type="mcp_tool_call_end", call_id="c1", invocation=invocation, result={"Ok": {"content": []}})
    call = one(tape.read())
    assert (call.server, call.name, call.status) == ("my-neon", "run_sql", "ok")


def test_hook_effects_of_paginated_files() -> None:
    tape = Tape(history_mode="paginated")
    tape.call("denied", "cat .env")
    tape.output("denied", "Not allowed here.")
    tape.call("replaced", "cat .env")
    tape.done("replaced", "cat .env", SECRET)
    tape.output("replaced", "Output withheld.")
    tape.call("rewritten", "cat .env")
    tape.done("rewritten", "{ cat .env; } | filter", "")
    tape.output("rewritten", header(0, ""))
    calls = tape.read().calls
    assert [call.hook for call in calls] == ["denied", "replaced", "rewritten"]
    assert calls[0].status == "declined"
    assert (calls[2].requested, calls[2].command) == ("cat .env", "{ cat .env; } | filter")


def test_declined_item() -> None:
    tape = Tape(history_mode="paginated")
    tape.call("c1", "rm -rf x")
    tape.done("c1", "rm -rf x", "", status="declined", exit_code=None)
    tape.output("c1", "exec command rejected by user")
    assert one(tape.read()).status == "declined"


def test_turns_without_ids_start_at_real_user_messages() -> None:
    tape = Tape()
    tape.item(type="message", role="user", content=[{"type": "input_text", "text": "<environment_context>x"}])
    tape.item(type="message", role="user", content=[{"type": "input_text", "text": "first"}])
    first = tape.event(type="user_message", message="first")
    tape.call("c1", "ls")
    second = tape.event(type="user_message", message="second")
    transcript = tape.read()
    assert [turn.id for turn in transcript.turns] == ["turn-1", "turn-2"]
    assert transcript.position(first).turn == "turn-1"
    assert transcript.position(second).turn == "turn-2"


def test_rollback_marks_turns() -> None:
    tape = Tape()
    for name in ("a", "b", "c"):
        tape.event(type="task_started", turn_id=name)
    tape.event(type="thread_rolled_back", num_turns=2)
    assert [turn.rolled_back for turn in tape.read().turns] == [False, True, True]


def test_compaction_copies_belong_to_the_call() -> None:
    tape = Tape()
    tape.call("c1", "cat .env")
    tape.output("c1", header(0, SECRET))
    history = [
        {"type": "message", "role": "user", "content": []},
        {"type": "function_call_output", "call_id": "c1", "output": SECRET},
    ]
    line = tape.add("compacted", {"message": "m", "replacement_history": history})
    transcript = tape.read()
    position = transcript.position(line, "/payload/replacement_history/1/output")
    assert (position.call_id, position.step, position.copied_from) == ("c1", f"{OWN}/c1", OWN)
    assert transcript.position(line, "/payload/message").call_id == ""
    assert transcript.session.compactions == [line]
    assert len(transcript.calls) == 1


@pytest.mark.parametrize("uuid7", [True, False], ids=["uuid7 turns", "by the clock"])
def test_lines_copied_into_a_fork_belong_to_the_parent(uuid7: bool) -> None:
    parent, child = "0198a1b2-0000-7e5f-8a9b-00000000000a", "0198a1b9-0000-7e5f-8a9b-00000000000b"
    tape = Tape(child, forked_from_id=parent)
    tape.add("session_meta", {"id": parent, "cli_version": "0.100.0"}, step=0)
    old, new = ("0198a1b2-0001-7000-8000-000000000001", "0198a1b9-0001-7000-8000-000000000001") if uuid7 else ("", "")
    tape.add("event_msg", {"type": "task_started", "turn_id": old}, step=0)
    tape.add(
        "response_item",
        {"type": "function_call", "name": "exec_command", "arguments": '{"cmd":"a"}', "call_id": "c1"},
        0,
    )
    copied = tape.add("response_item", {"type": "function_call_output", "call_id": "c1", "output": SECRET}, 0)
    tape.add("event_msg", {"type": "task_started", "turn_id": new}, step=5)
    own = tape.call("c1", "b")
    transcript = tape.read()
    position = transcript.position(copied, "/payload/output")
    assert (position.session, position.copied_from, position.step) == (parent, parent, f"{parent}/c1")
    assert transcript.position(own).session == child
    assert transcript.position(own).step == f"{child}/c1"
    assert transcript.session.id == child
    assert transcript.session.parent_id == parent
    assert [call.copied_from for call in transcript.calls] == [parent, ""]


def test_resumed_session_goes_on() -> None:
    tape = Tape()
    tape.call("c1", "a")
    tape.add("session_meta", {"id": OWN, "cli_version": "0.170.0"})
    line = tape.call("c2", "b")
    transcript = tape.read()
    assert transcript.session.resumed == 1
    assert transcript.position(line).copied_from == ""


def test_call_ids_that_recur_give_distinct_steps() -> None:
    tape = Tape()
    for text in ("a", "b"):
        tape.call("c1", text)
        tape.output("c1", header(0, text))
    calls = tape.read().calls
    assert [call.id for call in calls] == [f"{OWN}/c1", f"{OWN}/c1#2"]
    assert [call.output for call in calls] == ["a", "b"]


def test_output_without_its_call_still_names_the_call_id() -> None:
    tape = Tape()
    line = tape.output("lost", header(0, SECRET))
    transcript = tape.read()
    assert transcript.position(line).call_id == "lost"
    assert one(transcript).tool == "other"


def test_torn_and_foreign_lines_have_a_position() -> None:
    tape = Tape()
    tape.event(type="task_started", turn_id=TURN)
    data = jsonl(*tape.records) + b"plain words\n" + b'{"timestamp":"2026-11-23T10:05:00.000Z","type":"resp'
    transcript = read(Text(data), DIALECTS["codex-rollout"])
    assert transcript.position(3).turn == TURN
    assert transcript.position(4).timestamp == "2026-11-23T10:05:00.000Z"
    assert transcript.position(99).session == OWN


def test_block_size_changes_nothing() -> None:
    tape = Tape()
    for index in range(30):
        tape.call(f"c{index}", f"echo {index}")
        tape.output(f"c{index}", header(0, "x" * index))
    whole, cut = tape.read(), tape.read(block=200)
    assert [call.id for call in whole.calls] == [call.id for call in cut.calls]
    assert [whole.position(line) for line in range(1, 62)] == [cut.position(line) for line in range(1, 62)]


def test_identity_falls_back_to_the_name() -> None:
    transcript = read(Text(b"{torn\n"), DIALECTS["codex-rollout"])
    assert transcript.session.id == OWN


def test_model_requests_are_counted_once() -> None:
    tape = Tape()
    tape.event(type="token_count", info={"total_token_usage": {}})
    tape.add("token_usage_record", {"thread_id": OWN})
    tape.event(type="token_count", info={"total_token_usage": {}})
    tape.add("token_usage_record", {"thread_id": OWN})
    assert tape.read().session.requests == [3, 5]
