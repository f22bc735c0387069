"""Inputs of Codex hooks (one JSON object per event), kept by loggers that hooks users write, and `notify` arguments.

Source: openai/codex, codex-rs/hooks/schema/generated/*.command.input.schema.json, codex-rs/hooks/src/legacy_notify.rs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor import lazy
from auditor.formats import patch
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import mapping, parse, text, unread
from auditor.formats.outputs import facts, result_text
from auditor.formats.toolcalls import mcp_name
from auditor.model import Event

_HINT = lazy.compile(rb'"hook_event_name"\s*:\s*"[A-Za-z]{3,40}"|"type"\s*:\s*"agent-turn-complete"')


class HookPayload(LineDialect):
    """Hook inputs, one per line or pretty-printed."""

    name = "codex-hook"
    family = "codex-exec"

    def recognises(self, head: bytes, name: str) -> float:
        return 0.9 if head.lstrip()[:1] == b"{" and _HINT.search(head) else 0.0

    def continues(self, line: bytes) -> bool:
        return line[:1] in b" \t}" and bool(line.strip())

    def _events(self, record: bytes) -> Iterator[Event]:
        value = parse(record)
        if not isinstance(value, dict):
            yield Event("other", role="log")
            return
        session = text(value, "session_id", "thread-id")
        base = Event("other", session=session, turn=text(value, "turn_id", "turn-id"), role="meta")
        event = text(value, "hook_event_name")
        if event in {"PreToolUse", "PostToolUse", "PermissionRequest"}:
            yield _tool(value, base, event)
        elif event == "UserPromptSubmit":
            yield _message(base, "user", text(value, "prompt"))
        elif text(value, "last_assistant_message", "last-assistant-message"):
            yield _message(base, "assistant", text(value, "last_assistant_message", "last-assistant-message"))
        else:
            yield base._replace(data=unread(event))


def _message(base: Event, role: Any, said: str) -> Event:
    return Event("message", session=base.session, turn=base.turn, role=role, text=said)


def _tool(value: Mapping[str, Any], base: Event, event: str) -> Event:
    name, given, response = text(value, "tool_name"), mapping(value, "tool_input"), value.get("tool_response")
    server, tool = mcp_name(name)
    command = text(given, "command")
    kind = "mcp" if server else {"Bash": "shell"}.get(name, name)
    answer = result_text(response) if isinstance(response, dict) else facts(response).body
    done = event == "PostToolUse"
    return Event(
        "item",
        session=base.session,
        turn=base.turn,
        call_id=text(value, "tool_use_id"),
        role="tool",
        tool=kind,
        server=server,
        name=tool if server else name,
        command=command,
        arguments={} if command else given,
        text=answer,
        status="ok" if done else "running",
        data={
            "cwd": text(value, "cwd"),
            "changes": patch.changes(command) if kind == "apply_patch" else {},
            "approval_asked": event == "PermissionRequest",
        },
    )
