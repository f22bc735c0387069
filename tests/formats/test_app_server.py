# ruff: noqa: E501
"""App-server messages: items, approvals, deltas, threads; events of the MCP server mode."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditor.formats.app_server import AppServer

TURN: dict[str, Any] = {"threadId": "t", "turnId": "u"}
MESSAGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"method": "item/completed", "params": {**TURN, "item": {"type": "mcpToolCall", "id": "c", "server": "neon", "tool": "run_sql", "status": "failed", "error": {"message": "no"}}}, "emittedAtMs": 1795446942677},
     {"kind": "item", "server": "neon", "status": "failed", "text": "no", "timestamp": "2026-11-23T15:15:42.677Z", "session": "t", "turn": "u"}),
    ({"method": "item/commandExecution/requestApproval", "id": 3, "params": {**TURN, "itemId": "c"}}, {"kind": "other", "call_id": "c", "role": "assistant"}),
    ({"method": "item/commandExecution/outputDelta", "params": {**TURN, "itemId": "c", "delta": "x"}}, {"kind": "other", "call_id": "c", "role": "tool"}),
    ({"method": "item/agentMessage/delta", "params": {**TURN, "itemId": "m", "delta": "x"}}, {"kind": "other", "call_id": "m", "role": "assistant"}),
    ({"method": "turn/start", "id": 4, "params": {"threadId": "t", "input": [{"type": "text", "text": "hi"}]}}, {"kind": "message", "role": "user", "text": "hi", "session": "t"}),
    ({"method": "sendUserMessage", "id": 4, "params": {"conversationId": "t", "items": [{"type": "text", "data": {"text": "hi"}}]}}, {"kind": "message", "text": "hi", "session": "t"}),
    ({"method": "turn/completed", "params": {"threadId": "t", "turn": {"id": "u", "status": "completed"}}}, {"kind": "turn-end", "turn": "u", "status": "ok"}),
    ({"method": "turn/completed", "params": {"threadId": "t", "turn": {"id": "u", "status": "interrupted"}}}, {"kind": "turn-end", "status": "failed"}),
    ({"method": "thread/tokenUsage/updated", "params": TURN}, {"kind": "request"}),
    ({"method": "rawResponseItem/completed", "params": {**TURN, "item": {"type": "function_call_output", "call_id": "c", "output": "x"}}}, {"kind": "output", "call_id": "c"}),
    ({"id": 1, "result": {"thread": {"id": "t", "parentThreadId": "p"}, "model": "m", "approvalPolicy": "on-request", "sandbox": {"type": "workspaceWrite"}}}, {"kind": "session", "session": "t"}),
    ({"id": 1, "result": {"conversationId": "t", "model": "m"}}, {"kind": "session", "session": "t"}),
    ({"id": 1, "result": {}}, {"kind": "other", "role": "meta"}),
    ({"something": "else"}, {"kind": "other", "role": "log"}),
    ({"method": "codex/event", "params": {"conversationId": "t", "msg": {"type": "exec_command_end", "call_id": "c", "command": ["ls"], "exit_code": 0}}}, {"kind": "item", "session": "t", "exit_code": 0}),
    ({"method": "codex/event/task_started", "params": {"conversationId": "t", "msg": {"type": "task_started", "turn_id": "u"}}}, {"kind": "turn-start", "turn": "u"}),
]  # fmt: skip


@pytest.mark.parametrize(("message", "expected"), MESSAGES, ids=range(len(MESSAGES)))
def test_message(message: dict[str, Any], expected: dict[str, Any]) -> None:
    (event,) = AppServer().events(json.dumps(message).encode())
    assert {name: getattr(event, name) for name in expected} == expected


def test_settings_of_a_thread() -> None:
    record = json.dumps(MESSAGES[10][0]).encode()
    (event,) = AppServer().events(record)
    assert event.data["parent_id"] == "p"
    assert (event.data["approval_policy"], event.data["sandbox"]) == ("on-request", "workspace-write")
