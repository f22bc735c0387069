"""The second pass over one source: `read` gives a transcript that knows the position of every line.

Memory holds calls, excerpts of outputs and some 45 bytes per line, never the text of the source; time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Protocol

from auditor import lazy
from auditor.formats.codex_rollout import torn
from auditor.formats.dialect import Dialect
from auditor.formats.records import ChunkLike, Record, records
from auditor.model import Event, Position, Role
from auditor.trace import ledger, positions, rows
from auditor.trace.calls import Call, Session, Turn
from auditor.trace.positions import Mark, Positions
from auditor.trace.reader import COLLECTIONS, Reader

_UUID = lazy.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
_CELL = lazy.compile(r"^(?P<cell>[^#]{0,4096}\])\.(?P<column>[^#]{0,255})(?:#(?P<pointer>.*))?$", re.S)
_OUTPUT_KEYS = (
    "/aggregated_output", "/aggregatedOutput", "/formatted_output", "/stdout", "/stderr", "/result", "/error",
    "/output", "/content_items", "/contentItems", "/tool_response",
)  # fmt: skip


class SourceLike(Protocol):
    """What we need of `auditor.intake`'s source."""

    @property
    def path(self) -> str: ...
    def chunks(self) -> Iterable[ChunkLike]: ...


@dataclass(slots=True)
class Transcript:
    """One source, read: its sessions, turns, calls, and where each line stands."""

    path: str
    dialect: str
    sessions: list[Session] = field(default_factory=list)
    """The first is the source's own; the others are connections of an MCP log, or parents whose lines are copied."""
    turns: list[Turn] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    """In the order they were made, nested and copied ones included."""
    records: int = 0
    cut: bool = False
    positions: Positions = field(default_factory=Positions)

    @property
    def session(self) -> Session:
        """The session this source belongs to."""
        return self.sessions[0]

    def position(self, line: int, pointer: str = "") -> Position:
        """Return where a place stands; `pointer` as in `model.Place`, database cells by their pointer alone."""
        cell, inner = _cell_of(pointer) if line == 0 else ("", pointer)
        mark = self.positions.find(line, inner, cell)
        if mark is None:
            return Position(session=self.session.id)
        return self._resolved(mark, inner)

    def call_at(self, line: int, pointer: str = "") -> Call | None:
        """Return the call a place belongs to (its own, not the command it feeds), None outside calls."""
        cell, inner = _cell_of(pointer) if line == 0 else ("", pointer)
        mark = self.positions.find(line, inner, cell)
        return self.calls[mark.call - 1] if mark and mark.call else None

    def _resolved(self, mark: Mark, pointer: str) -> Position:
        session = self.sessions[mark.session - 1] if mark.session else self.session
        turn = self.turns[mark.turn - 1].id if mark.turn else ""
        call = self.calls[mark.call - 1] if mark.call else None
        role = role_at(mark.role, pointer)
        step = ""
        if call is not None:
            shown = call.root if role == "tool" else call
            step = (shown.same_as or shown).id
        return Position(
            session=call.session if call else session.id,
            turn=(call.turn or turn) if call else turn,
            call_id=call.call_id if call else "",
            role=role,
            timestamp=mark.timestamp or _time_of(call, role),
            step=step,
            copied_from=(call.copied_from if call and call.copied_from else session.id) if mark.copied else "",
            record="" if call else mark.record,
        )


def _time_of(call: Call | None, role: Role) -> str:
    """An output without time of its own takes the end of its call, when another source told it.

    Words of the call take none: the source that has the time is to come first among its copies.
    """
    return call.root.ended if call is not None and role == "tool" else ""


def role_at(role: int, pointer: str) -> Role:
    """Return the role of a place; in a line that holds call and output the pointer tells which."""
    if role < positions.ITEM:
        return positions.ROLES[role]
    if any(key in pointer for key in _OUTPUT_KEYS):
        return "tool"
    return "user" if role == positions.USER_ITEM else "assistant" if pointer else "tool"


def read(source: SourceLike, dialect: Dialect, lines: Container[int] | None = None) -> Transcript:
    """Read a source again, for what it tells about sessions and calls.

    `lines` are those whose positions will be asked for (cells always are); without it all lines are, at some 45 bytes
    each. `Transcript.cut` says that calls were left out to bound memory: a gap for the caller to report.

    Never raises for what the source holds; a record that cannot be understood has a position with its line's turn.
    """
    reader = Reader(source.path, dialect.family, fallback_id(source.path, dialect.family), lines)
    look = _Look(dialect, reader)
    stream = records(source.chunks(), dialect, look.passes)
    count = 0
    for record, events in rows.events(stream, dialect) if dialect.family == "codex-db" else look.events(stream):
        count += 1
        reader.record(record, events)
    paginated = frozenset(one.id for one in reader.sessions if one.history_mode == "paginated")
    ledger.finish(reader.ledger.calls, paginated)
    return Transcript(
        source.path, dialect.name, reader.sessions, reader.turns, reader.ledger.calls, look.passed + count,
        reader.ledger.cut, reader.positions,
    )  # fmt: skip


class _Look:
    """The first look at lines: those that hold no call pass without a record, the others are parsed at once."""

    def __init__(self, dialect: Dialect, reader: Reader) -> None:
        self._dialect, self._reader = dialect, reader
        self._line = -1
        self._aside: Event | None = None
        self.passed = 0

    def passes(self, data: bytes, start: int, end: int, line: int) -> bool:
        event = self._dialect.aside(data, start, end)
        if event is not None and self._reader.passes(event, line):
            self.passed += 1
            return True
        self._line, self._aside = line, event
        return False

    def events(self, stream: Iterable[Record]) -> Iterator[tuple[Record, list[Event]]]:
        """Yield records with their events; of a line that was just looked at it is known whether it is an aside."""
        dialect = self._dialect
        for record in stream:
            if record.cut:
                yield record, [torn(record.data)]
            elif record.line != self._line:
                yield record, dialect.events(record.data)
            else:
                yield record, dialect.parsed(record.data) if self._aside is None else [self._aside]


def fallback_id(path: str, family: str) -> str:
    """Return the id of a session without `session_meta` (torn, other family): the id in the file's name, or the name.

    A file that is no session (history, database, log) gets no id; a shell snapshot only the thread's in its name.
    """
    name = PurePath(path.replace("\\", "/")).name
    found = _UUID.findall(name)
    if family in COLLECTIONS:
        return found[0].lower() if found and family == "environment" else ""
    return found[0].lower() if found else f"file:{name}"


def _cell_of(pointer: str) -> tuple[str, str]:
    match = _CELL.match(pointer)
    if match is None:
        return pointer.partition("#")[0], pointer.partition("#")[2]
    return f"{match['cell']}.{match['column']}", match["pointer"] or ""


def released_calls(transcripts: Sequence[Transcript]) -> Iterator[tuple[str, Call]]:
    """Yield every call once, with the path of its source, and take it out of its transcript.

    Copies are left out where the original's session is among the transcripts.
    """
    own = {session.id for one in transcripts for session in one.sessions if not session.foreign}
    for transcript in transcripts:
        waiting = transcript.calls[::-1]
        transcript.calls = []
        while waiting:
            call = waiting.pop()
            if not call.copied_from or call.copied_from not in own:
                yield transcript.path, call
