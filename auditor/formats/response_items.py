"""Responses API items as Codex stores them: in `response_item` lines, bare in older files, and in compaction.

Source: openai/codex, codex-rs/protocol/src/models.rs (ResponseItem).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from auditor.formats import toolcalls
from auditor.formats.envelope import items, mapping, text, unread
from auditor.formats.messages import spoken
from auditor.formats.outputs import content_texts, facts
from auditor.model import Event

Item = Mapping[str, Any]
_PASSED = "internal_chat_message_metadata_passthrough"


def events(item: Item, base: Event) -> tuple[Event, ...]:
    """Return the events of one response item; `base` brings timestamp, session, turn and pointer."""
    reader = _READERS.get(text(item, "type"), _other)
    return (reader(item, base),)


def turn_of(item: Item) -> str:
    """Return the turn id an item carries itself, the most reliable link in newer files."""
    if _PASSED not in item and "metadata" not in item:
        return ""
    passthrough = mapping(item, _PASSED, "metadata")
    return text(passthrough, "turn_id")


def _make(base: Event, kind: Any, item: Item, fallback_id: str = "", **fields: Any) -> Event:
    return Event(
        kind,
        timestamp=base.timestamp,
        session=base.session,
        turn=turn_of(item) or base.turn,
        call_id=text(item, "call_id") or fallback_id,
        pointer=base.pointer,
        **fields,
    )


def _call(item: Item, base: Event, call: toolcalls.ToolCall) -> Event:
    return Event(
        "call", base.timestamp, base.session, turn_of(item) or base.turn, text(item, "call_id") or text(item, "id"),
        "assistant", call.tool, call.server, call.name, call.command, call.arguments, pointer=base.pointer,
        data=call.data,
    )  # fmt: skip


def _function_call(item: Item, base: Event) -> Event:
    raw = item.get("arguments")
    arguments = raw if isinstance(raw, str) else ""
    return _call(item, base, toolcalls.function(text(item, "name"), text(item, "namespace"), arguments))


def _custom_call(item: Item, base: Event) -> Event:
    return _call(item, base, toolcalls.custom(text(item, "name"), text(item, "namespace"), text(item, "input")))


def _local_shell(item: Item, base: Event) -> Event:
    return _call(item, base, toolcalls.local_shell(mapping(item, "action")))


def _output(item: Item, base: Event) -> Event:
    value = item.get("output")
    found = facts(value)
    texts = content_texts(value) if isinstance(value, list) else []
    data = {"session": found.running, "cell": found.cell, "known": found.known, "texts": texts}
    if found.denied_by_hook:
        data["denied_by_hook"] = True
    return Event(
        "output", base.timestamp, base.session, turn_of(item) or base.turn, text(item, "call_id"), "tool",
        name=text(item, "name"), text=found.body, exit_code=found.exit_code, status=found.status,
        pointer=base.pointer, data=data,
    )  # fmt: skip


def _message(item: Item, base: Event) -> Event:
    said = "\n".join(content_texts(items(item, "content"))) or text(item, "content")
    turn = turn_of(item) or base.turn
    return spoken(text(item, "role"), said, Event("other", base.timestamp, base.session, turn, pointer=base.pointer))


def _agent_message(item: Item, base: Event) -> Event:
    said = "\n".join(content_texts(items(item, "content")))
    data = {"author": text(item, "author"), "recipient": text(item, "recipient")}
    return _make(base, "message", item, role="assistant", text=said, data=data)


def _reasoning(item: Item, base: Event) -> Event:
    return _make(base, "message", item, role="reasoning")


def _search(item: Item, base: Event) -> Event:
    action = mapping(item, "action")
    command = text(action, "query", "url", "pattern")
    call_id = text(item, "id")
    return _make(
        base, "item", item, fallback_id=call_id, role="tool", tool="web_search", command=command, status="ok"
    )  # fmt: skip


def _tool_search(item: Item, base: Event) -> Event:
    arguments = mapping(item, "arguments")
    call = toolcalls.ToolCall("tool_search", name="tool_search", arguments=arguments)
    return _call(item, base, call)


def _tool_search_output(item: Item, base: Event) -> Event:
    return _make(base, "output", item, role="tool", data={"known": True})


def _image(item: Item, base: Event) -> Event:
    return _make(base, "other", item, role="tool")


def _other(item: Item, base: Event) -> Event:
    return _make(base, "other", item, role="meta", data=unread(text(item, "type")))


_READERS: dict[str, Callable[[Item, Event], Event]] = {
    "message": _message,
    "agent_message": _agent_message,
    "reasoning": _reasoning,
    "function_call": _function_call,
    "function_call_output": _output,
    "custom_tool_call": _custom_call,
    "custom_tool_call_output": _output,
    "local_shell_call": _local_shell,
    "local_shell_call_output": _output,
    "mcp_tool_call_output": _output,
    "web_search_call": _search,
    "tool_search_call": _tool_search,
    "tool_search_output": _tool_search_output,
    "image_generation_call": _image,
}

TYPES = frozenset(_READERS) | {"ghost_snapshot", "compaction", "compaction_summary", "context_compaction"}
"""Item types that may stand bare on a line of an old rollout."""
