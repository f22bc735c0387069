"""Event messages (`EventMsg`): what `event_msg` lines, `codex/event` notifications and the first `--json` stream say.

Source: openai/codex, codex-rs/protocol/src/protocol.rs. Kinds no longer written (exec_command_begin/end, deltas,
approval requests) are read too: extended rollouts of spring 2026 and captured streams hold them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from auditor.formats import items as turn_items
from auditor.formats import response_items, toolcalls
from auditor.formats.context import settings
from auditor.formats.envelope import items, mapping, number, text, unread
from auditor.formats.messages import spoken
from auditor.model import Event

Payload = Mapping[str, Any]


def events(payload: Payload, base: Event) -> Iterator[Event]:
    """Yield the events of one EventMsg; `base` brings timestamp, session, turn and pointer."""
    turn = text(payload, "turn_id", "turnId") or base.turn
    session = text(payload, "thread_id", "threadId") or base.session
    here = Event("other", base.timestamp, session, turn, pointer=base.pointer, role="meta")
    kind = text(payload, "type")
    if kind == "item_completed":
        item = mapping(payload, "item")
        inside = Event("other", here.timestamp, session, turn, pointer=f"{base.pointer}/item", data=_times(payload))
        yield from turn_items.events(item, inside)
        return
    if kind == "raw_response_item":
        yield from response_items.events(mapping(payload, "item"), here)
        return
    reader = _READERS.get(kind)
    yield reader(payload, here) if reader else here._replace(data=unread(kind))


def _times(payload: Payload) -> dict[str, object]:
    return {"started_ms": number(payload, "started_at_ms"), "ended_ms": number(payload, "completed_at_ms")}


def _make(base: Event, kind: Any, **fields: Any) -> Event:
    return Event(kind, base.timestamp, base.session, base.turn, pointer=base.pointer, **fields)


def _started(payload: Payload, base: Event) -> Event:
    return _make(base, "turn-start", role="meta", data={"started": number(payload, "started_at")})


def _complete(payload: Payload, base: Event) -> Event:
    return _make(base, "turn-end", role="assistant", text=text(payload, "last_agent_message"), status="ok")


def _aborted(payload: Payload, base: Event) -> Event:
    data = {"reason": text(payload, "reason"), **unread("turn_aborted")}
    return _make(base, "turn-end", role="meta", status="failed", data=data)


def _tokens(payload: Payload, base: Event) -> Event:
    return _make(base, "request" if mapping(payload, "info") else "other", role="meta", data={"weak": True})


def _rolled_back(payload: Payload, base: Event) -> Event:
    return _make(base, "rollback", role="meta", data={"num_turns": number(payload, "num_turns") or 0})


def _settings(payload: Payload, base: Event) -> Event:
    return _make(base, "context", role="meta", data=settings(mapping(payload, "thread_settings")))


def _user(payload: Payload, base: Event) -> Event:
    return spoken("user", text(payload, "message"), base)


def _agent(payload: Payload, base: Event) -> Event:
    return _make(base, "message", role="assistant", text=text(payload, "message"))


def _reasoning(payload: Payload, base: Event) -> Event:
    return _make(base, "message", role="reasoning")


def _configured(payload: Payload, base: Event) -> Event:
    session = text(payload, "session_id") or base.session
    data = {"id": session, **settings(payload)}
    return Event("session", base.timestamp, session, base.turn, pointer=base.pointer, role="meta", data=data)


def _exec_begin(payload: Payload, base: Event) -> Event:
    argv = items(payload, "command")
    call = toolcalls.shell("exec", {"command": argv, "workdir": text(payload, "cwd")})
    return _make(
        base,
        "item",
        call_id=text(payload, "call_id"),
        role="assistant",
        tool=call.tool,
        command=call.command,
        status="running",
        data=call.data,
    )


def _mcp_begin(payload: Payload, base: Event) -> Event:
    invocation = mapping(payload, "invocation")
    return _make(
        base,
        "item",
        call_id=text(payload, "call_id"),
        role="assistant",
        tool="mcp",
        server=text(invocation, "server"),
        name=text(invocation, "tool"),
        arguments=mapping(invocation, "arguments"),
        status="running",
    )


def _assessed(payload: Payload, base: Event) -> Event:
    status = "declined" if text(payload, "status") == "denied" else ""
    call_id = text(payload, "target_item_id")
    return _make(base, "other", call_id=call_id, role="assistant", status=status, data={"assessment": True})


def _approval(payload: Payload, base: Event) -> Event:
    return _make(base, "other", call_id=text(payload, "call_id"), role="assistant", data={"approval_asked": True})


def _delta(payload: Payload, base: Event) -> Event:
    return _make(base, "other", call_id=text(payload, "call_id", "item_id"), role="tool")


def _compacted(payload: Payload, base: Event) -> Event:
    return _make(base, "other", role="meta")


def _item(reader: Callable[[Payload, Event], Event]) -> Callable[[Payload, Event], Event]:
    return reader


_READERS: dict[str, Callable[[Payload, Event], Event]] = {
    "task_started": _started,
    "turn_started": _started,
    "task_complete": _complete,
    "turn_complete": _complete,
    "turn_aborted": _aborted,
    "token_count": _tokens,
    "thread_rolled_back": _rolled_back,
    "thread_settings_applied": _settings,
    "session_configured": _configured,
    "user_message": _user,
    "agent_message": _agent,
    "agent_reasoning": _reasoning,
    "agent_reasoning_raw_content": _reasoning,
    "exec_command_begin": _exec_begin,
    "exec_command_end": turn_items.command_item,
    "mcp_tool_call_begin": _mcp_begin,
    "mcp_tool_call_end": turn_items.mcp_item,
    "patch_apply_begin": turn_items.change_item,
    "patch_apply_end": turn_items.change_item,
    "dynamic_tool_call_response": turn_items.dynamic_item,
    "web_search_end": turn_items.web_item,
    "collab_agent_spawn_end": turn_items.collab_item,
    "collab_agent_interaction_end": turn_items.collab_item,
    "collab_close_end": turn_items.collab_item,
    "collab_waiting_end": turn_items.collab_item,
    "guardian_assessment": _assessed,
    "exec_approval_request": _approval,
    "apply_patch_approval_request": _approval,
    "exec_command_output_delta": _delta,
    "context_compacted": _compacted,
}
