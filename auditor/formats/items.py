"""Turn items: one thing that happened, in the three spellings Codex uses.

PascalCase with snake_case fields in paginated rollouts (codex-rs/protocol/src/items.rs), camelCase in the app-server
and in `thread_items.item_json` (codex-rs/app-server-protocol), snake_case in `codex exec --json`
(codex-rs/exec/src/exec_events.rs). Type names are compared without case and underscores, fields looked up in all
spellings, so that one reader serves all three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from auditor.formats import toolcalls
from auditor.formats.envelope import items, mapping, number, text, unread
from auditor.formats.messages import spoken
from auditor.formats.outputs import content_texts, exit_status, result_text
from auditor.model import CallStatus, Event

Item = Mapping[str, Any]
_STATUS: dict[str, CallStatus] = {
    "inprogress": "running",
    "completed": "ok",
    "failed": "failed",
    "declined": "declined",
    "interrupted": "failed",
}
_KIND = {"add": "add", "create": "add", "delete": "delete", "update": "update", "modify": "update"}


def events(item: Item, base: Event) -> Iterator[Event]:
    """Yield the events of one turn item; `base` brings timestamp, session, turn and pointer of the item."""
    kind = fold(text(item, "type"))
    reader = _READERS.get(kind)
    if reader:
        yield reader(item, base)
    else:
        yield _make(base, "other", call_id=text(item, "id"), role="meta", data=unread(text(item, "type")))


def fold(name: str) -> str:
    """Return a type name without case and separators: `CommandExecution` and `command_execution` are one."""
    return name.replace("_", "").replace("-", "").lower()


def status_of(item: Item) -> CallStatus:
    """Return the state an item tells of itself."""
    return _STATUS.get(fold(text(item, "status")), "")


def _success(item: Item) -> CallStatus:
    success = item.get("success")
    return "ok" if success is True else "failed" if success is False else ""


def _make(base: Event, kind: Any, **fields: Any) -> Event:
    return Event(
        kind,
        timestamp=base.timestamp,
        session=base.session,
        turn=base.turn,
        pointer=base.pointer,
        **{"data": {**base.data, **fields.pop("data", {})}, **fields},
    )


def _command(item: Item, base: Event) -> Event:
    argv = items(item, "command")
    script, spoken = toolcalls.script_of(argv) if argv else toolcalls.script_in(text(item, "command"))
    source = fold(text(item, "source"))
    code = number(item, "exit_code", "exitCode")
    call = toolcalls.with_patch("", script, {}, {"cwd": _plain_path(text(item, "cwd")), "shell": spoken}, argv)
    data = {
        **call.data,
        "source": source,
        "parsed": toolcalls.parsed_commands(items(item, "parsed_cmd", "commandActions")),
        "process": text(item, "process_id", "processId"),
        "stdin": text(item, "interaction_input", "interactionInput"),
    }
    return _make(
        base,
        "item",
        call_id=text(item, "id", "call_id"),
        role="user" if source == "usershell" else "tool",
        tool=call.tool,
        command=call.command,
        text=text(item, "aggregated_output", "aggregatedOutput", "formatted_output", "stdout", "stderr"),
        exit_code=code,
        status=status_of(item) or exit_status(code),
        data=data,
    )


def _plain_path(path: str) -> str:
    return path.removeprefix("file://")


def _mcp(item: Item, base: Event) -> Event:
    invocation = mapping(item, "invocation") or item
    result = mapping(item, "result")
    inner = mapping(result, "Ok") or result
    error = text(mapping(item, "error"), "message") or text(result, "Err") or text(item, "error")
    failed = bool(error) or inner.get("isError") is True or inner.get("is_error") is True
    return _make(
        base,
        "item",
        call_id=text(item, "id", "call_id"),
        role="tool",
        tool="mcp",
        server=text(invocation, "server"),
        name=text(invocation, "tool"),
        arguments=mapping(invocation, "arguments"),
        text=result_text(inner) or error,
        status="failed" if failed else status_of(item) or ("ok" if result else ""),
    )


def _file_change(item: Item, base: Event) -> Event:
    return _make(
        base,
        "item",
        call_id=text(item, "id", "call_id"),
        role="tool",
        tool="apply_patch",
        text=text(item, "stdout") or text(item, "stderr"),
        status=status_of(item) or _success(item),
        data={"changes": file_changes(item.get("changes"))},
    )


def file_changes(changes: object) -> dict[str, str]:
    """Return path → `add`, `update`, `delete` from a `changes` map or array of any dialect."""
    if isinstance(changes, dict):
        return {path: _change_kind(change) for path, change in changes.items()}
    found = changes if isinstance(changes, list) else []
    return {text(change, "path"): _change_kind(change) for change in found if text(change, "path")}


def _change_kind(change: object) -> str:
    word = text(change, "type", "kind") or text(mapping(change, "kind"), "type")
    if not word and isinstance(change, dict):
        word = next(iter(change), "")
    return _KIND.get(word, "update")


def _user(item: Item, base: Event) -> Event:
    said = "\n".join(content_texts(items(item, "content"))) or text(item, "text")
    return spoken("user", said, base)


def _agent(item: Item, base: Event) -> Event:
    said = text(item, "text") or "\n".join(content_texts(items(item, "content")))
    return _make(base, "message", role="assistant", text=said, call_id="")


def _reasoning(item: Item, base: Event) -> Event:
    return _make(base, "message", role="reasoning")


def _hook_prompt(item: Item, base: Event) -> Event:
    return _make(base, "message", role="developer", data={"source": "hook"})


def _dynamic(item: Item, base: Event) -> Event:
    name = text(item, "tool", "name")
    said = "\n".join(content_texts(items(item, "content_items", "contentItems", "result")))
    return _make(
        base,
        "item",
        call_id=text(item, "id", "call_id", "callId"),
        role="tool",
        tool=name or "other",
        name=name,
        arguments=mapping(item, "arguments"),
        text=said,
        status=status_of(item) or _success(item),
    )


def _collab(item: Item, base: Event) -> Event:
    receivers = [one for one in items(item, "receiver_thread_ids", "receiverThreadIds") if isinstance(one, str)]
    child = text(item, "new_thread_id", "newThreadId", "receiver_thread_id", "receiverThreadId")
    name = text(item, "tool") or "agent"
    return _make(
        base,
        "item",
        call_id=text(item, "id", "call_id"),
        role="tool",
        tool=name,
        name=name,
        command=text(item, "prompt"),
        status=status_of(item),
        data={"children": receivers or ([child] if child else [])},
    )


def _web(item: Item, base: Event) -> Event:
    call_id = text(item, "id", "call_id")
    query = text(item, "query")
    return _make(base, "item", call_id=call_id, role="tool", tool="web_search", command=query, status="ok")


_READERS: dict[str, Callable[[Item, Event], Event]] = {
    "commandexecution": _command,
    "mcptoolcall": _mcp,
    "filechange": _file_change,
    "usermessage": _user,
    "agentmessage": _agent,
    "plan": _agent,
    "reasoning": _reasoning,
    "hookprompt": _hook_prompt,
    "dynamictoolcall": _dynamic,
    "collabagenttoolcall": _collab,
    "collabtoolcall": _collab,
    "websearch": _web,
}

command_item, mcp_item, change_item, dynamic_item, collab_item, web_item = (
    _command, _mcp, _file_change, _dynamic, _collab, _web,
)  # fmt: skip
"""The same readers for the legacy event lines, which are items without the name."""
