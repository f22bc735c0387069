# ruff: noqa: E501
"""G2 and G3 rollouts: each line shape gives the event it means; whatever is broken gives `other`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditor.formats.codex_rollout import CodexRollout
from auditor.formats.registry import detect
from auditor.model import Event

URL = "postgresql://app:npg_FakeRollout01@ep-fake-1.us-east-2.aws.neon.tech/shop"
TIME = "2026-11-23T10:00:00.000Z"


def line(kind: str, payload: object, **extra: object) -> bytes:
    return json.dumps({"timestamp": TIME, **extra, "type": kind, "payload": payload}).encode()


def only(record: bytes) -> Event:
    events = list(CodexRollout().events(record))
    assert len(events) == 1
    return events[0]


SHAPES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "exec_command", "response_item",
        {"type": "function_call", "name": "exec_command", "arguments": '{"cmd":"cat .env","workdir":"/w"}', "call_id": "c1"},
        {"kind": "call", "tool": "shell", "command": "cat .env", "call_id": "c1", "role": "assistant"},
    ),
    (
        "shell argv", "response_item",
        {"type": "function_call", "name": "shell", "arguments": '{"command":["bash","-lc","cat .env"]}', "call_id": "c1"},
        {"kind": "call", "tool": "shell", "command": "cat .env"},
    ),
    (
        "patch by argv", "response_item",
        {"type": "function_call", "name": "shell", "call_id": "c1",
         "arguments": json.dumps({"command": ["apply_patch", "*** Begin Patch\n*** Add File: a.sql\n+x\n*** End Patch"]})},
        {"kind": "call", "tool": "apply_patch"},
    ),
    (
        "patch by heredoc", "response_item",
        {"type": "function_call", "name": "exec_command", "call_id": "c1", "arguments": json.dumps(
            {"cmd": "cd app && apply_patch <<'EOF'\n*** Begin Patch\n*** Delete File: a.sql\n*** End Patch\nEOF"})},
        {"kind": "call", "tool": "apply_patch"},
    ),
    (
        "local shell", "response_item",
        {"type": "local_shell_call", "call_id": "c1", "status": "completed",
         "action": {"type": "exec", "command": ["bash", "-lc", "ls"], "env": None}},
        {"kind": "call", "tool": "shell", "command": "ls"},
    ),
    (
        "mcp with namespace", "response_item",
        {"type": "function_call", "name": "run_sql", "namespace": "mcp__neon", "arguments": "{}", "call_id": "c1"},
        {"kind": "call", "tool": "mcp", "server": "neon", "name": "run_sql"},
    ),
    (
        "mcp flat", "response_item",
        {"type": "function_call", "name": "mcp__neon__run_sql", "arguments": '{"sql":"select 1"}', "call_id": "c1"},
        {"kind": "call", "tool": "mcp", "server": "neon", "name": "run_sql", "arguments": {"sql": "select 1"}},
    ),
    (
        "mcp of mid-2025", "response_item",
        {"type": "function_call", "name": "neon__run_sql", "arguments": "{}", "call_id": "c1"},
        {"kind": "call", "tool": "mcp", "server": "neon", "name": "run_sql"},
    ),
    (
        "write_stdin", "response_item",
        {"type": "function_call", "name": "write_stdin", "arguments": '{"session_id":4217,"chars":"y\\n"}', "call_id": "c2"},
        {"kind": "call", "tool": "write_stdin", "command": "y\n"},
    ),
    (
        "code mode", "response_item",
        {"type": "custom_tool_call", "name": "exec", "call_id": "c1", "input": "text(1)"},
        {"kind": "call", "tool": "code", "command": "text(1)"},
    ),
    (
        "function output", "response_item",
        {"type": "function_call_output", "call_id": "c1",
         "output": "Chunk ID: 51d89f\nWall time: 0.0123 seconds\nProcess exited with code 3\nOutput:\nboom\n"},
        {"kind": "output", "exit_code": 3, "status": "failed", "text": "boom\n", "role": "tool"},
    ),
    (
        "user message", "response_item",
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]},
        {"kind": "message", "role": "user", "text": "hello"},
    ),
    (
        "environment context", "response_item",
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "<environment_context>x"}]},
        {"kind": "message", "role": "environment"},
    ),
    (
        "user shell command", "response_item",
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text":
            "<user_shell_command>\n<command>\nenv\n</command>\n<result>\nExit code: 0\nDuration: 0.1 seconds\nOutput:\n"
            "A=1\n</result>\n</user_shell_command>"}]},
        {"kind": "item", "role": "user", "tool": "shell", "command": "env", "exit_code": 0, "text": "A=1"},
    ),
    (
        "command item", "event_msg",
        {"type": "item_completed", "thread_id": "t", "turn_id": "u1", "item": {
            "type": "CommandExecution", "id": "c1", "command": ["/bin/bash", "-lc", "cat .env"], "cwd": "file:///w",
            "status": "completed", "aggregated_output": URL, "exit_code": 0}},
        {"kind": "item", "tool": "shell", "command": "cat .env", "text": URL, "exit_code": 0, "turn": "u1",
         "pointer": "/payload/item"},
    ),
    (
        "mcp item", "event_msg",
        {"type": "item_completed", "item": {"type": "McpToolCall", "id": "c1", "server": "neon", "tool": "run_sql",
         "arguments": {"sql": "x"}, "status": "completed", "result": {"content": [{"type": "text", "text": "ok"}]}}},
        {"kind": "item", "tool": "mcp", "server": "neon", "name": "run_sql", "text": "ok", "status": "ok"},
    ),
    (
        "mcp_tool_call_end error", "event_msg",
        {"type": "mcp_tool_call_end", "call_id": "c1", "invocation": {"server": "neon", "tool": "run_sql", "arguments": {}},
         "result": {"Err": "transport closed"}},
        {"kind": "item", "tool": "mcp", "server": "neon", "status": "failed", "text": "transport closed"},
    ),
    (
        "mcp_tool_call_end isError", "event_msg",
        {"type": "mcp_tool_call_end", "call_id": "c1", "invocation": {"server": "neon", "tool": "run_sql", "arguments": {}},
         "result": {"Ok": {"content": [{"type": "text", "text": "no"}], "isError": True}}},
        {"kind": "item", "status": "failed", "text": "no"},
    ),
    (
        "exec_command_end of extended mode", "event_msg",
        {"type": "exec_command_end", "call_id": "c1", "turn_id": "u1", "command": ["bash", "-lc", "ls"], "cwd": "/w",
         "parsed_cmd": [{"type": "read", "cmd": "cat .env", "path": ".env"}], "stdout": "", "aggregated_output": "a\n",
         "exit_code": 0},
        {"kind": "item", "tool": "shell", "command": "ls", "text": "a\n", "status": "ok"},
    ),
    (
        "patch_apply_end", "event_msg",
        {"type": "patch_apply_end", "call_id": "c1", "success": True, "changes": {"/w/a.sql": {"type": "add", "content": "x"}}},
        {"kind": "item", "tool": "apply_patch", "status": "ok"},
    ),
    ("turn start", "event_msg", {"type": "task_started", "turn_id": "u1"}, {"kind": "turn-start", "turn": "u1"}),
    ("turn end", "event_msg", {"type": "task_complete", "turn_id": "u1", "last_agent_message": "done"},
     {"kind": "turn-end", "turn": "u1", "role": "assistant"}),
    ("aborted", "event_msg", {"type": "turn_aborted", "reason": "interrupted"}, {"kind": "turn-end", "status": "failed"}),
    ("rollback", "event_msg", {"type": "thread_rolled_back", "num_turns": 2}, {"kind": "rollback"}),
    ("reasoning", "response_item", {"type": "reasoning", "summary": []}, {"kind": "message", "role": "reasoning"}),
    ("world state", "world_state", {"full": True}, {"kind": "other", "timestamp": TIME}),
    ("unknown type", "brand_new_thing", {"secret": URL}, {"kind": "other", "timestamp": TIME}),
    ("unknown event", "event_msg", {"type": "from_the_future"}, {"kind": "other", "timestamp": TIME}),
    ("unknown item", "event_msg", {"type": "item_completed", "item": {"type": "Hologram", "id": "x"}}, {"kind": "other"}),
    ("between agents", "inter_agent_communication", {"author": "root", "recipient": "w", "content": "go"},
     {"kind": "message", "text": "go"}),
    ("web search", "response_item", {"type": "web_search_call", "id": "ws", "action": {"type": "search", "query": "q"}},
     {"kind": "item", "tool": "web_search", "command": "q", "call_id": "ws"}),
    ("agent message item", "response_item",
     {"type": "agent_message", "author": "w", "recipient": "root", "content": [{"type": "input_text", "text": "hi"}]},
     {"kind": "message", "role": "assistant", "text": "hi"}),
    ("tool search", "response_item", {"type": "tool_search_call", "call_id": "c1", "arguments": {"q": "x"}},
     {"kind": "call", "tool": "tool_search", "call_id": "c1"}),
    ("tool search output", "response_item", {"type": "tool_search_output", "call_id": "c1", "tools": []},
     {"kind": "output", "call_id": "c1"}),
    ("image", "response_item", {"type": "image_generation_call", "result": "AAAA"}, {"kind": "other", "role": "tool"}),
    ("ghost", "response_item", {"type": "ghost_snapshot", "ghost_commit": {}}, {"kind": "other"}),
    ("custom mcp", "response_item",
     {"type": "custom_tool_call", "name": "mcp__neon__run_sql", "call_id": "c1", "input": '{"sql":"x"}'},
     {"kind": "call", "tool": "mcp", "server": "neon", "arguments": {"sql": "x"}}),
    ("custom shell", "response_item",
     {"type": "custom_tool_call", "name": "shell", "call_id": "c1", "input": '{"command":["ls","a b"]}'},
     {"kind": "call", "tool": "shell", "command": "ls 'a b'"}),
    ("agent tool", "response_item",
     {"type": "function_call", "name": "spawn_agent", "call_id": "c1", "arguments": '{"message":"go"}'},
     {"kind": "call", "tool": "spawn_agent", "command": "go"}),
    ("wait for a cell", "response_item",
     {"type": "function_call", "name": "wait", "call_id": "c1", "arguments": '{"cell_id":"7"}'},
     {"kind": "call", "tool": "code-wait"}),
    ("apply_patch function", "response_item",
     {"type": "function_call", "name": "apply_patch", "call_id": "c1",
      "arguments": json.dumps({"input": "*** Begin Patch\n*** Add File: a\n+x\n*** End Patch"})},
     {"kind": "call", "tool": "apply_patch"}),
    ("mcp begin", "event_msg",
     {"type": "mcp_tool_call_begin", "call_id": "c1", "invocation": {"server": "neon", "tool": "run_sql", "arguments": {}}},
     {"kind": "item", "status": "running", "server": "neon", "name": "run_sql"}),
    ("approval asked", "event_msg", {"type": "exec_approval_request", "call_id": "c1", "command": ["ls"]},
     {"kind": "other", "call_id": "c1", "role": "assistant"}),
    ("assessment", "event_msg", {"type": "guardian_assessment", "target_item_id": "c1", "status": "denied"},
     {"kind": "other", "call_id": "c1", "status": "declined"}),
    ("delta", "event_msg", {"type": "exec_command_output_delta", "call_id": "c1", "chunk": "aGk="},
     {"kind": "other", "call_id": "c1", "role": "tool"}),
    ("settings", "event_msg",
     {"type": "thread_settings_applied", "thread_settings": {"model": "m", "permission_profile": {"type": "disabled"}}},
     {"kind": "context", "data": {"model": "m", "sandbox": "danger-full-access", "profile": "disabled"}}),
    ("spawned", "event_msg",
     {"type": "collab_agent_spawn_end", "call_id": "c1", "new_thread_id": "t2", "prompt": "go"},
     {"kind": "item", "call_id": "c1", "command": "go", "data": {"children": ["t2"]}}),
    ("dynamic tool", "event_msg",
     {"type": "dynamic_tool_call_response", "call_id": "c1", "tool": "lookup", "success": False,
      "content_items": [{"type": "inputText", "text": "no"}]},
     {"kind": "item", "tool": "lookup", "status": "failed", "text": "no"}),
    ("raw item", "event_msg",
     {"type": "raw_response_item", "item": {"type": "function_call_output", "call_id": "c1", "output": "x"}},
     {"kind": "output", "call_id": "c1"}),
    ("hook prompt", "event_msg", {"type": "item_completed", "item": {"type": "HookPrompt", "fragments": []}},
     {"kind": "message", "role": "developer"}),
    ("plan", "event_msg", {"type": "item_completed", "item": {"type": "Plan", "text": "p"}},
     {"kind": "message", "role": "assistant", "text": "p"}),
    ("user item", "event_msg",
     {"type": "item_completed", "item": {"type": "UserMessage", "content": [{"type": "text", "text": "hi"}]}},
     {"kind": "message", "role": "user", "text": "hi"}),
    ("file change item", "event_msg",
     {"type": "item_completed", "item": {"type": "FileChange", "id": "c1", "status": "completed",
      "changes": {"a.sql": {"type": "update", "unified_diff": "x", "move_path": None}, "b": {"delete": {}}}}},
     {"kind": "item", "data": {"started_ms": None, "ended_ms": None, "changes": {"a.sql": "update", "b": "delete"}}}),
    ("odd payload", "response_item", [], {"kind": "other"}),
    ("odd types", "response_item", {"type": "function_call", "name": 5, "arguments": {}}, {"kind": "call"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "payload", "expected"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])
def test_line_shapes(kind: str, payload: dict[str, Any], expected: dict[str, Any]) -> None:
    event = only(line(kind, payload))
    assert {name: getattr(event, name) for name in expected} == expected


def test_patch_names_its_files() -> None:
    patch = (
        "*** Begin Patch\n*** Update File: a.py\n*** Move to: b.py\n@@\n+x\n*** Add File: c.sql\n+y\n*** End Patch\n"
    )
    event = only(
        line("response_item", {"type": "custom_tool_call", "name": "apply_patch", "call_id": "c", "input": patch})
    )
    assert event.data["changes"] == {"a.py": "update", "b.py": "add", "c.sql": "add"}


def test_session_meta() -> None:
    event = only(
        line(
            "session_meta",
            {
                "id": "s1",
                "session_id": "root",
                "cwd": "/w",
                "cli_version": "0.169.0",
                "source": {"subagent": {"thread_spawn": {"parent_thread_id": "p", "depth": 1, "agent_role": "worker"}}},
                "history_mode": "paginated",
            },
        )
    )
    assert (event.kind, event.session) == ("session", "s1")
    assert event.data["parent_id"] == "p"
    assert event.data["agent"] == "worker"
    assert event.data["source"] == "subagent"


@pytest.mark.parametrize("key", ["type", "mode"])
def test_turn_context_in_both_spellings(key: str) -> None:
    payload = {"turn_id": "u", "approval_policy": "never", "sandbox_policy": {key: "read-only"}, "model": "m"}
    event = only(line("turn_context", payload))
    assert event.data["sandbox"] == "read-only"
    assert event.data["approval_policy"] == "never"


def test_compaction_items_are_copies_that_keep_their_call() -> None:
    history = [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
        {"type": "function_call_output", "call_id": "c1", "output": URL},
    ]
    events = list(CodexRollout().events(line("compacted", {"message": "s", "replacement_history": history})))
    assert [event.kind for event in events] == ["compacted", "other", "other"]
    assert events[2].call_id == "c1"
    assert events[2].pointer == "/payload/replacement_history/1"
    assert events[2].data["copied"] is True


BROKEN = [
    b"", b"{", b"null", b"[]", b"42", b"\x00\x00", b"\xff\xfe{", b'{"timestamp":"' + TIME.encode(), b'{"type":"event_msg"}',
    b'{"timestamp":1,"type":2,"payload":3}', b"[" * 5000, b'{"a":' * 5000, b'{"payload":NaN,"type":"event_msg"}',
    line("event_msg", {"type": "item_completed", "item": 7}), line("response_item", {"type": "message", "content": [1, None]}),
    b'{"timestamp":"t","type":"response_item","payload":{"type":"message","role":"user","content":"\\ud800"}}',
]  # fmt: skip


@pytest.mark.parametrize("record", BROKEN, ids=range(len(BROKEN)))
def test_broken_records_give_one_event_and_no_exception(record: bytes) -> None:
    assert len(list(CodexRollout().events(record))) == 1


def test_torn_line_keeps_time_and_call_id() -> None:
    whole = line("response_item", {"type": "function_call_output", "call_id": "c9", "output": "x" * 100})
    event = only(whole[:-40])
    assert (event.kind, event.timestamp, event.call_id, event.role) == ("other", TIME, "c9", "tool")


def test_detected_by_content() -> None:
    assert detect(b"\xef\xbb\xbf" + line("session_meta", {"id": "x"}), "notes.txt").name == "codex-rollout"
    assert detect(b"hello\n", "rollout-2026.jsonl").name == "plain"
