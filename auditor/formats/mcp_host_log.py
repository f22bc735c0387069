"""Logs that MCP hosts write: Claude Desktop (both bracket orders), Claude Code, Cursor, VS Code.

Shapes as seen in public logs. Claude Desktop: `TIME [server] [info] Message from client: {json} { metadata: … }` in
`mcp-server-NAME.log`, brackets swapped in `mcp.log`; the tail may span lines; server stderr stands between, bare.
VS Code: `TIME [trace] [editor -> server] {json}`. Cursor: `TIME [info] a602: …`. Claude Code: one JSON object a line.
Both Claude Desktop files carry the same traffic; ids restart after `Initializing server`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from auditor import lazy
from auditor.formats import mcp_messages
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import parse, text
from auditor.model import Event

_LEVELS = frozenset({"info", "warn", "warning", "error", "debug", "trace", "notice", "critical", "fatal", "log"})
_LINE = lazy.compile(
    r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,]\d{1,9}Z?|\d\d:\d\d:\d\d\.\d{3})?\s?(?:\[V2\] )?"
    r"\[(?P<one>[^\[\]\n]{1,120})\] ?(?:\[(?P<two>[^\[\]\n]{1,120})\] ?)?(?P<rest>.*)",
    re.S,
)
_DIRECTION = {
    "Message from client:": "client",
    "Message from server:": "server",
    "editor -> server": "client",
    "server -> editor": "server",
}
_HINTS = lazy.compile(
    rb"Message from (?:client|server)|\[editor -> server\]|\[server -> editor\]|Initializing server|MCP server"
    rb"|Starting new stdio process|Connection state: |\[server stderr\]|transport closed|Handling CreateClient"
    rb"|Starting server from |streamableHttp server"
)
_CLAUDE_CODE = lazy.compile(rb'^\{"(?:debug|error)"\s*:\s*".{0,65536}?"(?:timestamp|sessionId|cwd)"\s*:', re.M | re.S)
_SHORT = lazy.compile(r'method="(?P<method>[^"]{1,80})"(?: id=(?P<id>\S{1,40}))?')
_STARTS = ("Initializing server", "Starting new stdio process", "Starting server from ", "Connection state: Starting")
_TAIL = " { metadata:"
_CLIENT_ID = lazy.compile(r"^[0-9a-z]{1,8}: ")


class McpHostLog(LineDialect):
    """Claude Desktop, Claude Code, Cursor, VS Code."""

    name = "mcp-host-log"
    family = "mcp-log"

    def recognises(self, head: bytes, name: str) -> float:
        if _CLAUDE_CODE.match(head):
            return 0.85
        if not _HINTS.search(head):
            return 0.0
        lines = head.decode("utf-8", "replace").splitlines()[:50]
        prefixed = sum(1 for line in lines if (match := _LINE.match(line)) and _level(match))
        return 0.9 if prefixed * 4 >= len(lines) or prefixed >= 5 else 0.5 if prefixed else 0.0

    def continues(self, line: bytes) -> bool:
        return line[:1] in b" \t}" and bool(line.strip())

    def _events(self, record: bytes) -> Iterator[Event]:
        if record.startswith(b'{"'):
            yield from _claude_code(record)
            return
        match = _LINE.match(record.decode("utf-8", "replace"))
        if match is None or not _level(match):
            yield Event("other", role="log", data={"tail": True})
            return
        yield from _host_line(match)


def _level(match: re.Match[str]) -> bool:
    return match["one"].lower() in _LEVELS or (match["two"] or "").lower() in _LEVELS


def _host_line(match: re.Match[str]) -> Iterator[Event]:
    one, two, rest = match["one"], match["two"] or "", match["rest"]
    named = two if one.lower() in _LEVELS else one
    sender = _DIRECTION.get(named, "")
    server = "" if named in _DIRECTION or named == "server stderr" else named
    for words, side in _DIRECTION.items():
        if not sender and rest.startswith(words):
            sender, rest = side, rest[len(words) :]
    base = Event("other", match["time"] or "", role="log", server=server, data={"tail": True})
    rest = rest.strip()
    if sender and rest.startswith(("{", "[")):
        yield from mcp_messages.events(_embedded(rest), base, sender)
    elif sender and (short := _SHORT.search(rest)):
        value = {"method": short["method"], **({"id": short["id"]} if short["id"] else {})}
        yield from mcp_messages.events(value, base, sender)
    else:
        yield _lifecycle(rest, base)


def _embedded(rest: str) -> Any:
    """The JSON at the start of the rest, whatever tail the host put behind it."""
    body = rest.partition("\n")[0] if _TAIL in rest.partition("\n")[0] else rest
    cut = body.rfind(_TAIL)
    value = parse((body[:cut] if cut > 0 else body).encode("utf-8", "replace"))
    if value is not None:
        return value
    import json  # see auditor.formats.envelope

    try:
        return json.JSONDecoder(strict=False).raw_decode(rest)[0]
    except (ValueError, RecursionError):
        return None


def _lifecycle(rest: str, base: Event) -> Event:
    said = _CLIENT_ID.sub("", rest)
    data: dict[str, object] = dict(base.data)
    if said.startswith(_STARTS):
        data["connection"] = "start"
    return Event("other", base.timestamp, role="log", server=base.server, text=said[:200], data=data)


def _claude_code(record: bytes) -> Iterator[Event]:
    value = parse(record)
    yield Event("other", text(value, "timestamp"), text(value, "sessionId"), role="log")
