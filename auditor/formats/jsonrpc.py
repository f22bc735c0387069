"""Dumps of MCP traffic: JSON-RPC objects one per line, pretty-printed, in batches, or as SSE `data:` lines.

Sources: JSON-RPC 2.0; WHATWG HTML, 9.2 (event streams); MCP streamable HTTP transport (2025-06-18). Lines may start
with an arrow for the direction (`->`, `<-`, `>>>`), as hand-made dumps and inspectors write them; HTTP headers and
other text between messages is `other`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor import lazy
from auditor.formats import mcp_messages
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import parse
from auditor.model import Event

_PREFIX = lazy.compile(
    rb"^\s*(?P<time>\d{4}-\d\d-\d\d[T ][\d:.,]{5,20}Z?\s+)?"
    rb"(?:(?P<out>->|>>>|>|\xe2\x86\x92|(?:client|send|sent|request)\s*:)|(?P<in><-|<<<|<|\xe2\x86\x90|"
    rb"(?:server|recv|received|response)\s*:))?\s*(?:data:\s*)?(?=[{\[])",
    re.I,
)
_PREFIX_BYTES = 200
_MESSAGE = lazy.compile(rb'"jsonrpc"\s*:\s*"2\.0"')
_SSE = lazy.compile(rb"^data:\s*\{", re.M)


class JsonRpc(LineDialect):
    """MCP wire dumps."""

    name = "jsonrpc"
    family = "mcp-log"
    pieces = True

    def recognises(self, head: bytes, name: str) -> float:
        if not _MESSAGE.search(head):
            return 0.0
        if _SSE.search(head):
            return 0.8
        for line in head.splitlines()[:20]:
            found = _PREFIX.match(line[:_PREFIX_BYTES])
            if found and (b'"jsonrpc"' in line or line[found.end() :].strip() in b"[{"):
                return 0.8
        return 0.0

    def continues(self, line: bytes) -> bool:
        return line[:1] in b" \t}]" and line.strip() != b"" if line else False

    def _events(self, record: bytes) -> Iterator[Event]:
        found = _PREFIX.match(record[:_PREFIX_BYTES])
        value = parse(record[found.end() :]) if found else None
        if value is None:
            yield Event("other", role="log")
            return
        assert found is not None
        sender = "client" if found["out"] else "server" if found["in"] else ""
        stamp = (found["time"] or b"").decode().strip()
        yield from mcp_messages.events(value, Event("other", stamp, role="log"), sender)
