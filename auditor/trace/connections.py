"""Connections of an MCP log: which server's, which one of several, and which call is in flight.

Ids of a log restart with every connection, and a log may hold many servers. A connection's id is made of what both
Claude Desktop files say alike (server, time of its `initialize`), so that the same traffic in two files is one session.
"""

from __future__ import annotations

from pathlib import PurePath

from auditor.model import Event
from auditor.trace.calls import Call, Session

_UNKNOWN = ""


class Connections:
    """Follows the connections of one source."""

    def __init__(self) -> None:
        self._current: dict[str, str] = {}
        self._greeted: set[str] = set()
        self._begun: set[str] = set()
        self._used: dict[str, int] = {}
        self._last = _UNKNOWN
        self._open: dict[str, dict[str, Call]] = {}

    def of(self, event: Event, path: str) -> tuple[str, str]:
        """Return the id of the connection an event belongs to, a new one where it starts one.

        The second value is the former id of a connection that its `initialize` request gives the final one.
        """
        if event.session:
            return f"mcp:{event.session}", ""
        server = event.server or self._last
        sign = event.data.get("connection")
        known = self._current.get(server)
        again = sign == "start" and known in self._begun
        if known is None or again or (sign == "initialize" and known in self._greeted):
            former, known = "", self._started(server, event.timestamp, path)
        elif sign == "initialize":
            former, known = known, self._started(server, event.timestamp, path)
        else:
            former = ""
        if sign == "initialize":
            self._greeted.add(known)
        if sign or event.kind in {"call", "output"}:
            self._begun.add(known)
        self._last = server
        return known, former if former != known else ""

    def _started(self, server: str, timestamp: str, path: str) -> str:
        name = PurePath(path.replace("\\", "/")).name
        wanted = f"mcp:{server or name}" + (f"@{timestamp}" if timestamp else "")
        if self._current.get(server) == wanted and wanted not in self._greeted:
            return wanted
        count = self._used[wanted] = self._used.get(wanted, 0) + 1
        self._current[server] = wanted if count == 1 else f"{wanted}#{count}"
        return self._current[server]

    def asked(self, call: Call) -> None:
        """Book a request of a tool as in flight."""
        if call.tool == "mcp":
            flying = self._open.setdefault(call.session, {})
            if not call.call_id:
                flying.clear()
            flying[call.id] = call

    def answered(self, call: Call, session: Session, named: str) -> None:
        """Book an answer; the first answer of a server also tells its name."""
        self._open.get(call.session, {}).pop(call.id, None)
        if named and not session.server:
            session.server = named

    def in_flight(self, session: Session, event: Event) -> Call | None:
        """Return the one tool call that a line of stderr or a notification falls into, None when that is not clear."""
        flying = self._open.get(session.id, {}) if event.role == "log" else {}
        return next(iter(flying.values())) if len(flying) == 1 else None
