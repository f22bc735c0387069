"""One pass over one source: events in, sessions, turns, calls and the position of every line out.

State is what Codex has at that moment: the thread, the turn, its settings. Copied lines (a fork or sub-agent of the
copying style starts with its parent's lines) are told apart while reading and belong to the parent.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from auditor import lazy
from auditor.formats.records import Record
from auditor.model import Event
from auditor.trace import positions
from auditor.trace.budget import SESSIONS, TURNS
from auditor.trace.calls import Call, Session, Turn
from auditor.trace.clock import born, prompt_digest, seconds
from auditor.trace.connections import Connections
from auditor.trace.ledger import Ledger
from auditor.trace.marking import Marking
from auditor.trace.names import Names
from auditor.trace.positions import Mark, Positions

_ORDINAL = lazy.compile(rb'"ordinal"\s*:\s*(\d{1,18})')
_ITEM = lazy.compile(rb'"type"\s*:\s*"response_item"')
COLLECTIONS = frozenset({"history", "codex-db", "log", "environment", "configuration", "login"})
"""Families whose sources hold lines of many sessions, or of none; their first session is the file itself."""
_SETTINGS = ("model", "approval_policy", "sandbox", "cwd")
_IDENTITY = (
    "parent_id", "root_id", "forked_from", "cwd", "originator", "cli_version", "model_provider", "source", "agent",
    "history_mode", "branch", "server", "own_from", "base", "base_end",
)  # fmt: skip


class Reader:
    """Reads events in order; `sessions`, `calls` and `positions` are complete when the source ends."""

    def __init__(self, path: str, kind: str, fallback: str, lines: Container[int] | None = None) -> None:
        self.sessions: list[Session] = []
        self._session_numbers: dict[str, int] = {}
        self.ledger = Ledger()
        self._marking = Marking(self.ledger, lines)
        self._first, self._second = True, False
        self.turns: list[Turn] = []
        self._path, self._kind = path, kind
        self._known = kind in COLLECTIONS
        self._copying: Session | None = None
        self._copy_time = ""
        self._current: dict[int, Turn] = {}
        self._turn_numbers: dict[tuple[int, str], int] = {}
        self._standing: dict[int, list[Turn]] = {}
        self._explicit: set[int] = set()
        self._booked = False
        self._connections = Connections()
        self._names = Names()
        self._latest = self._new_session(fallback)

    @property
    def positions(self) -> Positions:
        """Where the lines stand that are asked for."""
        return self._marking.positions

    @property
    def own(self) -> Session:
        """The session this source belongs to."""
        return self.sessions[0]

    def record(self, record: Record, events: list[Event]) -> None:
        """Take in one record with its events."""
        events = [self._names.event(event) for event in events]
        if self._second or self._copying is not None:
            self._leave_copy(record, events)
        if self._marking.wants(record):
            marks = [(event.pointer, self._mark(event, *self._take(event, record))) for event in events]
            self._marking.settle(record, marks, events[0].data.get("tail") is True)
        else:
            for event in events:
                self._take(event, record)
        self._second, self._first = self._first, False

    def passes(self, event: Event, line: int) -> bool:
        """Take in an event that belongs to no call, of a line whose position nobody asks for; False when it cannot be.

        The event holds nothing of the line but its time.
        """
        if self._copying is not None or self._first or self._second or not self._marking.skips(line):
            return False
        self._take(event, Record(b"", line))
        return True

    def _take(self, event: Event, record: Record) -> tuple[Session, Call | None]:
        """Let an event happen; return the session and the call it belongs to."""
        session = self._session_of(event)
        handler = _HANDLERS.get(event.kind)
        call = handler(self, event, session, record) if handler else self._other(event, session)
        session.ended = event.timestamp or session.ended
        session.started = session.started or event.timestamp
        return session, call

    def _mark(self, event: Event, session: Session, call: Call | None) -> Mark:
        return Mark(
            session.number,
            self._number(event, session, self._current.get(session.number)),
            self.ledger.number(call) if call else 0,
            self._role(event, call),
            event.timestamp,
            session.foreign or event.data.get("copied") is True,
            self._names.name(str(event.data.get("record") or "")),
        )

    @staticmethod
    def _role(event: Event, call: Call | None) -> int:
        if event.kind == "item" and call is not None:
            return positions.USER_ITEM if call.by == "user" else positions.ITEM
        return positions.code(event.role)

    def _number(self, event: Event, session: Session, turn: Turn | None) -> int:
        number = self._turn_numbers.get((session.number, event.turn), 0) if event.turn else 0
        return number or (self._turn_numbers.get((session.number, turn.id), 0) if turn else 0)

    # sessions

    def _session_of(self, event: Event) -> Session:
        if self._copying is not None:
            return self._copying
        if self._kind == "codex":
            return self.own
        if self._kind == "mcp-log":
            named, former = self._connections.of(event, self._path)
            if former:
                self._rename(former, named)
            return self._open(named)
        if event.session and event.kind != "session":
            self._latest = self._open(event.session)
            return self._latest
        return self.own if self._kind in COLLECTIONS else self._latest

    def _open(self, session_id: str) -> Session:
        number = self._session_numbers.get(session_id)
        if number:
            return self.sessions[number - 1]
        if self._known:
            return self._new_session(session_id)
        self._known = True
        self._rename(self.own.id, session_id)
        return self.own

    def _new_session(self, session_id: str, foreign: bool = False) -> Session:
        number = len(self.sessions) + 1
        if number > SESSIONS:
            return self.sessions[-1]
        self.sessions.append(Session(session_id, self._path, self._kind, foreign=foreign, number=number))
        self._session_numbers[session_id] = number
        return self.sessions[-1]

    def _rename(self, former: str, session_id: str) -> None:
        """A session gets its real id, which stood later than its first line."""
        number = self._session_numbers.pop(former)
        self._session_numbers[session_id] = number
        session = self.sessions[number - 1]
        session.id = session_id
        for turn in session.turns:
            turn.session = session_id
        self.ledger.rename(former, session_id)

    def _identity(self, event: Event, session: Session, record: Record) -> Call | None:
        named = event.session or str(event.data.get("id") or "")
        if not self._known:
            self._known = True
            self._rename(self.own.id, named or self.own.id)
            self._describe(self.own, event)
        elif named in {"", self.own.id}:
            self.own.resumed += 1
            if self._kind != "codex":
                self.ledger.restart(self.own)
        elif self._kind == "codex":
            self._copy_from(named, event)
        else:
            self._latest = self._open(named)
            self._describe(self._latest, event)
        return None

    def _describe(self, session: Session, event: Event) -> None:
        for name in _IDENTITY:
            value = event.data.get(name)
            if value not in (None, ""):
                setattr(session, name, value)
        session.parent_id = session.parent_id or session.forked_from or session.base
        session.started = str(event.data.get("started") or "") or event.timestamp
        session.root_id = session.root_id or session.id
        self._apply(session, event)

    # copied lines

    def _copy_from(self, named: str, event: Event) -> None:
        """A second `session_meta`: the lines that follow are the parent's, copied here."""
        number = self._session_numbers.get(named)
        foreign = self.sessions[number - 1] if number else self._new_session(named, foreign=True)
        if not number:
            self._describe(foreign, event)
        self._copying, self._copy_time = foreign, event.timestamp

    def _leave_copy(self, record: Record, events: list[Event]) -> None:
        if self._copying is None:
            if self._second and self.own.own_from is not None and self.own.parent_id and not self.own.base:
                self._copy_from(self.own.parent_id, Event("other"))
            self._second = False
            return
        if self.own.own_from is not None:
            ordinal = _ORDINAL.search(record.data, 0, 200)
            if ordinal and int(ordinal[1]) >= self.own.own_from:
                self._copying = None
        elif any(self._is_own(event) for event in events):
            self._copying = None

    def _is_own(self, event: Event) -> bool:
        """Whether an event is the fork's own: its turn began after the fork did, by UUIDv7 time or by the clock."""
        if event.kind == "session":
            return False
        own, turn = born(self.own.id), born(event.turn)
        if own and turn:
            return turn >= own
        if not event.timestamp:
            return False
        return event.timestamp > self.own.started and seconds(event.timestamp) - seconds(self._copy_time) > 1

    # turns and settings

    def _context(self, event: Event, session: Session, record: Record) -> Call | None:
        self._apply(session, event)
        if event.turn:
            self._explicit.add(session.number)
            self._turn(session, event.turn, event, record)
        turn = self._current.get(session.number)
        if turn is not None:
            for name in _SETTINGS:
                setattr(turn, name, getattr(session, name) or getattr(turn, name))
        return None

    def _apply(self, session: Session, event: Event) -> None:
        for name in _SETTINGS:
            if value := event.data.get(name):
                setattr(session, name, value)

    def _turn(self, session: Session, turn_id: str, event: Event, record: Record) -> Turn:
        number = self._turn_numbers.get((session.number, turn_id))
        if len(self.turns) >= TURNS and not number:
            number = len(self.turns)
        if number:
            turn = self.turns[number - 1]
        else:
            turn = Turn(turn_id, session.id, record.line, record.line, event.timestamp)
            for name in _SETTINGS:
                setattr(turn, name, getattr(session, name))
            self.turns.append(turn)
            session.turns.append(turn)
            self._standing.setdefault(session.number, []).append(turn)
            self._turn_numbers[session.number, turn_id] = len(self.turns)
        self._current[session.number] = turn
        return turn

    def _turn_start(self, event: Event, session: Session, record: Record) -> Call | None:
        if event.turn:
            self._explicit.add(session.number)
            self._name_waiting(session, event.turn)
        self._turn(session, event.turn or f"turn-{len(session.turns) + 1}", event, record)
        return None

    def _name_waiting(self, session: Session, turn_id: str) -> None:
        """A turn that only its prompt has opened so far gets the id that the start now tells."""
        turn = self._current.get(session.number)
        if turn is not None and not turn.active and not turn.status and turn.id.startswith("turn-"):
            number = self._turn_numbers.pop((session.number, turn.id))
            self._turn_numbers.setdefault((session.number, turn_id), number)
            turn.id = turn_id

    def _turn_end(self, event: Event, session: Session, record: Record) -> Call | None:
        turn = self._current.get(session.number)
        if turn is not None and event.turn in {"", turn.id}:
            turn.ended, turn.end_line, turn.status = event.timestamp, record.line, event.status
        return None

    def _message(self, event: Event, session: Session, record: Record) -> Call | None:
        session.shell = str(event.data.get("shell") or "") or session.shell
        turn = self._current.get(session.number)
        starts = turn is None or turn.active or self._kind == "history"
        if event.role == "user" and starts and session.number not in self._explicit:
            turn = self._turn(session, f"turn-{len(session.turns) + 1}", event, record)
        elif event.turn and (turn is None or turn.id != event.turn) and event.role != "meta":
            turn = self._turn(session, event.turn, event, record)
        if event.role == "user" and turn is not None and not turn.prompt:
            turn.prompt = prompt_digest(event.text)
        self._active(turn, record, event.role in {"assistant", "reasoning"})
        if not session.spoke and event.role == "assistant" and _ITEM.search(record.data, 0, 200):
            session.spoke = record.line
        return None

    def _active(self, turn: Turn | None, record: Record, active: bool = True) -> None:
        if turn is not None:
            turn.active, turn.end_line = turn.active or active, record.line

    def _rollback(self, event: Event, session: Session, record: Record) -> Call | None:
        count = event.data.get("num_turns")
        standing = self._standing.setdefault(session.number, [])
        begin = record.line
        for _ in range(min(count, len(standing)) if isinstance(count, int) else 0):
            turn = standing.pop()
            turn.rolled_back, begin = True, turn.line
        session.rollbacks.append((begin, record.line))
        return None

    def _compacted(self, event: Event, session: Session, record: Record) -> Call | None:
        session.compactions.append(record.line)
        return None

    def _request(self, event: Event, session: Session, record: Record) -> Call | None:
        """Newer files book a request twice (`token_usage_record`, `token_count`); the weaker line then counts not."""
        weak = event.data.get("weak") is True
        if not weak and not self._booked:
            self._booked = True
            session.requests.clear()
        if not weak or not self._booked:
            session.requests.append(record.line)
        session.weak = not self._booked
        return None

    # calls

    def _call(self, event: Event, session: Session, record: Record) -> Call | None:
        session.spoke = session.spoke or record.line
        turn = self._turn_of(event, session, record)
        call = self.ledger.asked(event, session, turn, record)
        self._connections.asked(call)
        self._mark_copied(call, session, turn, record)
        return call

    def _output(self, event: Event, session: Session, record: Record) -> Call | None:
        turn = self._turn_of(event, session, record)
        call = self.ledger.answered(event, session, turn, record)
        self._connections.answered(call, session, self._names.name(str(event.data.get("server", ""))))
        self._mark_copied(call, session, turn, record)
        return call

    def _item(self, event: Event, session: Session, record: Record) -> Call | None:
        turn = self._turn_of(event, session, record)
        call = self.ledger.item(event, session, turn, record)
        self._mark_copied(call, session, turn, record)
        return call

    def _mark_copied(self, call: Call, session: Session, turn: Turn | None, record: Record) -> None:
        self._active(turn, record)
        if session.foreign:
            for one in (call, *call.nested):
                one.copied_from = session.id

    def _turn_of(self, event: Event, session: Session, record: Record) -> Turn | None:
        turn = self._current.get(session.number)
        if event.turn and (turn is None or turn.id != event.turn):
            return self._turn(session, event.turn, event, record)
        return turn

    def _other(self, event: Event, session: Session) -> Call | None:
        call = self.ledger.find(session, event.call_id) or self._connections.in_flight(session, event)
        if call is not None and event.data.get("approval_asked") is True:
            call.asked = True
        if call is not None and event.status == "declined":
            call.status = "declined"
        if call is None and event.call_id and event.data.get("copied") is True:
            call = self.ledger.orphan(event, session, self._current.get(session.number))
        return call


_HANDLERS: dict[str, Callable[[Any, Event, Session, Record], Call | None]] = {
    "session": Reader._identity,
    "context": Reader._context,
    "turn-start": Reader._turn_start,
    "turn-end": Reader._turn_end,
    "message": Reader._message,
    "rollback": Reader._rollback,
    "compacted": Reader._compacted,
    "request": Reader._request,
    "call": Reader._call,
    "output": Reader._output,
    "item": Reader._item,
}
