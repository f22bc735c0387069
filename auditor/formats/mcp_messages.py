"""JSON-RPC messages of the Model Context Protocol: requests are calls, responses outputs, whoever logged them.

Shapes: JSON-RPC 2.0, sections 4 to 6; Model Context Protocol schema 2025-06-18 (`tools/call`, `initialize`,
`notifications/message`, `sampling/createMessage`). App-server messages of Codex are the same without `jsonrpc`.
Ids of client and server requests are two spaces: a client's `6` stays `6`, a server's becomes `srv-6`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from auditor.formats.envelope import mapping, text
from auditor.formats.outputs import result_text
from auditor.model import CallStatus, Event

BATCH = 1000
"""Messages of one batch that are told apart; the rest of a longer array share one event."""
_OF_SERVER = frozenset({"sampling/createMessage", "elicitation/create", "roots/list"})


def is_message(value: object) -> bool:
    """Return whether a value looks like a JSON-RPC message, with or without its `jsonrpc` member."""
    if not isinstance(value, dict):
        return False
    answers = "id" in value and ("result" in value or isinstance(value.get("error"), dict))
    return answers or isinstance(value.get("method"), str)


def events(value: object, base: Event, sender: str = "") -> Iterator[Event]:
    """Yield the events of a message or batch; `base` brings timestamp, server and pointer; `sender` is `client`,
    `server` or unknown."""
    if isinstance(value, list):
        for index, one in enumerate(value[:BATCH]):
            yield from events_of_one(one, _at(base, f"{base.pointer}/{index}"), sender)
        if not value:
            yield base
        return
    yield from events_of_one(value, base, sender)


def events_of_one(value: object, base: Event, sender: str) -> Iterator[Event]:
    """Yield the event of one message."""
    if not isinstance(value, dict):
        yield base
    elif isinstance(value.get("method"), str):
        yield _request(value, base, sender) if "id" in value else _notification(value, base)
    elif "id" in value:
        yield _response(value, base, sender)
    else:
        yield base


def _at(base: Event, pointer: str) -> Event:
    return Event("other", base.timestamp, base.session, server=base.server, pointer=pointer, role="log", data=base.data)


def call_id(raw: object, of_server: bool) -> str:
    """Return the call id of a JSON-RPC id, whose type matters not: some loggers print numbers as strings."""
    shown = str(raw) if isinstance(raw, str | int | float) else orjson.dumps(raw).decode("utf-8", "replace")[:40]
    return f"srv-{shown[:128]}" if of_server else shown[:128]


def _request(value: Mapping[str, Any], base: Event, sender: str) -> Event:
    method, params = value["method"], _params(value)
    of_server = sender == "server" or (not sender and method in _OF_SERVER)
    is_tool = method == "tools/call"
    data: dict[str, object] = {**base.data, "method": method}
    if method == "initialize":
        data["connection"] = "initialize"
        data["client"] = text(mapping(params, "clientInfo"), "name")
    return Event(
        "call",
        base.timestamp,
        base.session,
        call_id=call_id(value.get("id"), of_server),
        role="assistant",
        tool="mcp" if is_tool else "rpc",
        server=base.server,
        name=text(params, "name") if is_tool else method,
        arguments=mapping(params, "arguments") if is_tool else params,
        pointer=base.pointer,
        data=data,
    )


def _params(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """`params` as an object; mcp-remote logs it as a string of JSON."""
    params = value.get("params")
    if isinstance(params, str):
        try:
            return mapping(orjson.loads(params))
        except ValueError:
            return {}
    return mapping(params)


def _notification(value: Mapping[str, Any], base: Event) -> Event:
    params = mapping(value, "params")
    said = params.get("data")
    return Event(
        "other",
        base.timestamp,
        base.session,
        role="log",
        server=base.server,
        text=said if isinstance(said, str) else "",
        pointer=base.pointer,
        data={**base.data, "method": value["method"]},
    )


def _response(value: Mapping[str, Any], base: Event, sender: str) -> Event:
    result, error = mapping(value, "result"), value.get("error")
    status: CallStatus = "failed" if error or result.get("isError") is True else "ok"
    data: dict[str, object] = {**base.data, "known": True}
    name = text(mapping(result, "serverInfo"), "name")
    if name:
        data["server"] = name
    return Event(
        "output",
        base.timestamp,
        base.session,
        call_id=call_id(value.get("id"), sender == "client"),
        role="tool",
        server=base.server,
        text=result_text(result) or text(mapping(error), "message"),
        status=status,
        pointer=base.pointer,
        data=data,
    )
