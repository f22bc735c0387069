"""What MCP bridges and servers print: mcp-remote, mcp-proxy, supergateway, the SDKs' own logs, the inspector's proxy.

The protocol on stdout (JSON lines) and the log on stderr are often in one file. Observed output of mcp-remote 0.1.29
and 0.15.1, supergateway 3.4.0 and 4.0.0, mcp-proxy 0.13.0, MCP Inspector 0.15.0, python-sdk 1.30 and 2.3, FastMCP 4.1:
messages appear as JSON, as JavaScript inspect objects over several lines, and as Python representations.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from auditor import lazy
from auditor.formats import mcp_messages
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import parse
from auditor.model import Event, Role

_HINTS = lazy.compile(
    rb"^(?:\[supergateway\] |\[\d{4}-\d\d-\d\dT[\d:.]{5,20}Z\]\[\d+\] |.{0,120}Handler called: call_tool "
    rb"|\[\d{1,7}\] (?:Using |Connecting |\[Local|Starting)"
    rb"|\[[A-Z] \d{4}-\d\d-\d\d [\d:,.]{8,20} [\w.]{1,120}\] |(?:STDIO|SSE) transport: |Query parameters: \{"
    rb"|StreamableHTTP session manager|Processing request of type |chunk: b'event: message|Received message: root="
    rb"|\[\d\d/\d\d/\d\d [\d:]{8}\] (?:INFO|DEBUG) {1,8}(?:Starting MCP server|StreamableHTTP|Created new transport)"
    rb"|INFO: {1,8}[\d.]{7,15}:\d{1,5} - \"POST /mcp |.{0,16}Proxy server listening on )",
    re.M,
)
_STAMPED = (
    lazy.compile(r"^\[(?P<time>\d{4}-\d\d-\d\dT[\d:.]{5,20}Z)\]\[\d+\] (?P<rest>.*)", re.S),
    lazy.compile(r"^\[[A-Z] (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),[\d.]{1,12} [\w.]{1,120}\] (?P<rest>.*)", re.S),
    lazy.compile(r"^\[(?P<time>\d\d/\d\d/\d\d \d\d:\d\d:\d\d)\] +(?P<rest>.*)", re.S),
    lazy.compile(r"^(?P<time>)\[(?:supergateway|\d+)\] +(?P<rest>.*)", re.S),
    lazy.compile(r"^(?P<time>)(?P<rest>.*)", re.S),
)
_ARROWS = (
    ("Local → Remote message", "client"), ("Remote → Local message", "server"), ("Stdio → ", "client"),
    ("→ Stdio: ", "server"), ("Response: ", "server"), ("Sending client message: ", "client"),
    ("SSE message: ", "server"), ("Sending message: ", "client"), ("Received message: ", ""), ("chunk: b'", "server"),
)  # fmt: skip
_ARROW_BYTES = 80
"""How far into a line the words that announce a message may stand."""
_INSPECT = {
    "id": lazy.compile(r"^[ \t]+id: ('?)([\w-]{1,80})\1,?$", re.M),
    "method": lazy.compile(r"^[ \t]+method: '([\w/]{1,80})'", re.M),
    "name": lazy.compile(r"^[ \t]+name: '([^'\n]{1,200})'", re.M),
    "result": lazy.compile(r"^[ \t]+(result|error): (?!undefined)", re.M),
    "params": lazy.compile(r"^[ \t]+params: '(.*)'$", re.M),
}
_RICH_LEVEL = lazy.compile(rb" {8,40}(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) {1,8}\S")
"""Start of a record of Rich's log handler that repeats the time above it as blanks."""
_PAIRS = lazy.compile(r"^[ \t]+(\w{1,80}): '((?:[^'\\\n]|\\.){0,4096})',?$", re.M)
_ROOT = lazy.compile(r"root=JSONRPC(?:Request|Response|Error|Notification)\((.*)\)\s*$", re.S)
_HANDLER = lazy.compile(r"Handler called: call_tool (?P<name>[\w.-]{1,128}) with (?P<arguments>\{.*)", re.S)
_SOURCE_COLUMN = lazy.compile(r"(?<! ) {2,160}[\w.]{1,80}\.py:\d{1,6}[ \t]*$", re.M)
_SETTINGS = lazy.compile(r"[ \t]*(?:- )?(?:Using custom headers|Headers|Query parameters|(?:STDIO|SSE) transport)\b")
"""Lines in which a bridge repeats how it was configured."""
_LITERAL_CHARS = 1 << 18


class Bridge(LineDialect):
    """mcp-remote, mcp-proxy, supergateway, Python SDK and FastMCP logs, Inspector proxy."""

    name = "mcp-bridge-log"
    family = "mcp-log"

    def recognises(self, head: bytes, name: str) -> float:
        hints = sum(1 for _ in _HINTS.finditer(head))
        return 0.85 if hints > 1 or (hints and head.count(b"\n") < 10) else 0.0

    def continues(self, line: bytes) -> bool:
        return line[:1] in b" \t}" and bool(line.strip()) and not _RICH_LEVEL.match(line)

    def _events(self, record: bytes) -> Iterator[Event]:
        if record[:1] == b"{" and mcp_messages.is_message(value := parse(record)):
            yield from mcp_messages.events(value, Event("other", role="log"))
            return
        said = record.decode("utf-8", "replace")
        match = next(found for pattern in _STAMPED if (found := pattern.match(said)))
        base = Event("other", match["time"], role="log")
        yield from _said(match["rest"], base)


def _said(rest: str, base: Event) -> Iterator[Event]:
    called = "Handler called: call_tool" in rest[:400]
    if called and (handler := _HANDLER.search(_SOURCE_COLUMN.sub("", rest[:_LITERAL_CHARS]))):
        yield _handler_call(handler, base)
        return
    for words, sender in _ARROWS:
        at = rest.find(words, 0, _ARROW_BYTES)
        if at >= 0:
            value = _message(_after(rest, at + len(words)))
            yield from mcp_messages.events(value, base, sender) if value else (base,)
            return
    starting = rest.startswith(("Starting...", "Starting mcp-remote", "Starting MCP server"))
    role: Role = "meta" if _SETTINGS.match(rest[:200]) else "log"
    yield Event("other", base.timestamp, role=role, data={"connection": "start"} if starting else {})


def _after(rest: str, start: int) -> str:
    """What stands behind the announcing words, without the name of the transport in between."""
    body = rest[start:].strip(" :")
    brace = body.find("{", 0, _ARROW_BYTES)
    return body[brace:] if brace > 0 and "=" not in body[:brace] and "event" not in body[:brace] else body


def _message(body: str) -> Mapping[str, Any] | None:
    """The message in any of the forms: JSON, Python representation, bytes of an SSE chunk, JavaScript inspection."""
    value = parse(body.encode("utf-8", "replace")) if body.startswith("{") else None
    if isinstance(value, dict):
        return value
    if root := _ROOT.match(body[:_LITERAL_CHARS]):
        return _python_call(root[1])
    if body.startswith("event: message"):
        return _chunk(body)
    return _inspected(body) if body.startswith("{") else None


def _python_call(arguments: str) -> Mapping[str, Any] | None:
    """Keyword arguments of a representation such as `JSONRPCRequest(method='…', params={…}, id=1)`."""
    literal = _literal(f"dict({arguments})")
    return literal if isinstance(literal, dict) else None


def _literal(source: str) -> object:
    """The value of a Python literal, or of `dict(key=literal, …)`; None when it is neither. Nothing is executed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            node = ast.parse(source[:_LITERAL_CHARS], mode="eval").body
            if isinstance(node, ast.Call):
                return {one.arg: ast.literal_eval(one.value) for one in node.keywords if one.arg}
            return ast.literal_eval(node)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def _chunk(body: str) -> Mapping[str, Any] | None:
    r"""The message of `event: message\r\ndata: {…}\r\n\r\n'`, a Python bytes literal."""
    inner = "".join(line.strip() for line in body.splitlines()) if "\n" in body else body
    closed = inner.rstrip().endswith("'")
    data = _literal(f"b'{inner.rstrip()}" if closed else f"b'{inner}'")
    value = parse(data.partition(b"data:")[2].strip()) if isinstance(data, bytes) else None
    return value if isinstance(value, dict) else None


def _inspected(body: str) -> Mapping[str, Any] | None:
    """The parts of a JavaScript inspection that name a message; nested results are often only `[Object]` there."""
    found = {key: match for key, pattern in _INSPECT.items() if (match := pattern.search(body))}
    value: dict[str, Any] = {}
    if "id" in found:
        value["id"] = found["id"][2]
    if value.get("id") == "undefined":
        del value["id"]
    if "method" in found:
        value["method"] = found["method"][1]
        pairs = dict(_PAIRS.findall(body))
        value["params"] = (
            found["params"][1].replace("\\'", "'")
            if "params" in found
            else {
                "name": found["name"][1] if "name" in found else "",
                "arguments": {key: one for key, one in pairs.items() if key not in {"jsonrpc", "method", "name"}},
            }
        )
    elif "result" in found:
        value[found["result"][1]] = {}
    return value if len(value) > 1 or "method" in value else None


def _handler_call(match: re.Match[str], base: Event) -> Event:
    """A FastMCP `Handler called` line: a call without id, in Rich's wrapped columns."""
    words = " ".join(line.strip() for line in match["arguments"].splitlines())
    arguments = _literal(words)
    return Event(
        "call",
        base.timestamp,
        role="assistant",
        tool="mcp",
        name=match["name"],
        arguments=arguments if isinstance(arguments, dict) else {},
        data={"unanswered": True},
    )
