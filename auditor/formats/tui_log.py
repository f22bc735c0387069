"""Tracing logs of Codex: `codex-tui.log`, stderr of `codex exec`, and the bodies of `logs_2.sqlite`.

Sources: openai/codex, codex-rs/core/src/stream_events_utils.rs (`ToolCall: <name> <raw arguments>`),
codex-rs/rmcp-client/src/stdio_server_launcher.rs (`MCP server stderr (<program>): <line>`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor import lazy
from auditor.formats import toolcalls
from auditor.formats.dialect import LineDialect
from auditor.model import Event

_COLOUR = r"(?:\x1b\[[\d;]{0,12}m)?"
_LINE = lazy.compile(
    rf"^{_COLOUR}(?P<time>\d{{4}}-\d\d-\d\dT[\d:.]{{5,20}}Z){_COLOUR}\s{{1,8}}{_COLOUR}"
    rf"(?P<level>TRACE|DEBUG|INFO|WARN|ERROR){_COLOUR}\s(?P<rest>.*)",
    re.S,
)
_THREAD = lazy.compile(r"(?:thread_id|conversation_id|thread\.id|conversation\.id)=\"?([0-9a-f-]{36})")
_TOOL_CALL = lazy.compile(r"ToolCall: (?P<name>[\w.:/-]{1,200}) (?P<arguments>.*)", re.S)
_STDERR = lazy.compile(r"MCP server stderr \((?P<program>[^)\n]{1,200})\): ")
_SPAN_CHARS = 4000
"""How far into a message its spans and the words that announce a call are looked for."""


class TuiLog(LineDialect):
    """RFC 3339 time, level, spans, target, message; a message may go on over lines."""

    name = "codex-log"
    family = "log"

    def recognises(self, head: bytes, name: str) -> float:
        lines = head.decode("utf-8", "replace").splitlines()[:50]
        hits = sum(1 for line in lines if _LINE.match(line))
        ours = b"codex" in head or b"ToolCall: " in head or b"MCP server" in head
        return 0.85 if ours and hits and hits * 3 >= len(lines) else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        said = record.decode("utf-8", "replace")
        match = _LINE.match(said)
        yield log_event(match["rest"], match["time"]) if match else log_event(said)


def log_event(said: str, timestamp: str = "", session: str = "") -> Event:
    """Return the event of one tracing message: a `ToolCall:` line is the request of a call without its id."""
    start = said[:_SPAN_CHARS]
    thread = _THREAD.search(start)
    session = session or (thread[1] if thread else "")
    announced = start.find("ToolCall: ")
    if announced >= 0 and (match := _TOOL_CALL.match(said, announced)):
        return _request(match, timestamp, session)
    program = _STDERR.search(start)
    return Event("other", timestamp, session, role="log", data={"program": program["program"]} if program else {})


def _request(match: re.Match[str], timestamp: str, session: str) -> Event:
    name, arguments = match["name"], match["arguments"].strip()
    call = toolcalls.function(name, "", arguments)
    if not call.command and not call.arguments:
        call = toolcalls.custom(name, "", arguments)
    return Event(
        "call",
        timestamp,
        session,
        role="assistant",
        tool=call.tool,
        server=call.server,
        name=call.name,
        command=call.command,
        arguments=call.arguments,
        data={**call.data, "request_only": True},
    )
