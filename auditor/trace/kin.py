"""Which rollouts tell of each other's sessions, from their `session_meta` lines alone: what is read together.

A session that nothing else speaks of can be traced by itself and forgotten, so that memory holds one family at a time.
Joining too much costs memory only; what belongs together must never be apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from auditor import lazy
from auditor.formats.dialect import Dialect
from auditor.formats.records import ChunkLike
from auditor.model import Event
from auditor.trace.names import Names
from auditor.trace.sessions import SourceLike, Transcript, fallback_id

T = TypeVar("T")
_META = b'"session_meta"'
_TYPE_WITHIN = 400
"""Bytes of a line in which its type stands."""
_UUID = lazy.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
_RELATIVES = ("id", "parent_id", "forked_from", "base")
EVERYTHING = "*"
"""Stands for a source that may be about any session: a host's log is joined by the times of its calls."""
_ODD = "odd-"


def of_rollout(source: SourceLike, dialect: Dialect) -> set[str]:
    """Return the ids of the sessions that a rollout is about: its own, its parents', those whose lines it copies."""
    found = {fallback_id(source.path, dialect.family)}
    for chunk in source.chunks():
        found.update(*(_named(event) for event in _metas(chunk, dialect)))
        if chunk.partial and _META in chunk.data[:_TYPE_WITHIN]:
            found |= {one.decode() for one in _UUID.findall(chunk.data)}
    return {_shown(name) for name in found if name}


def _metas(chunk: ChunkLike, dialect: Dialect) -> Iterator[Event]:
    data = chunk.data
    at = data.find(_META)
    while at >= 0:
        start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        end = len(data) if end < 0 else end
        if at - start < _TYPE_WITHIN:
            yield from (event for event in dialect.events(data[start:end]) if event.kind == "session")
        at = data.find(_META, end)


def _named(event: Event) -> set[str]:
    return {event.session, *(str(event.data.get(name) or "") for name in _RELATIVES)}


def _shown(name: str) -> str:
    """Ids that may not be shown get new names in each source, which may be alike."""
    return name if Names().id(name) == name else _ODD


def of_transcript(transcript: Transcript, lines: Iterable[tuple[int, str]]) -> set[str]:
    """Return the same of a source of another kind, after it was read: sessions of its calls and of places asked for.

    A database or history lists every session; only those that it says something of are meant.
    """
    if transcript.session.kind == "mcp-log":
        return {EVERYTHING}
    found = {transcript.position(line, pointer).session for line, pointer in lines}
    found |= {call.session for call in transcript.calls}
    if transcript.session.kind == "codex":
        found |= {getattr(session, name) for session in transcript.sessions for name in _RELATIVES}
    return {_shown(name) for name in found if name}


def grouped(items: Sequence[T], names: Callable[[T], Iterable[str]]) -> list[list[T]]:
    """Return the items in groups that share no name, each in the given order; `EVERYTHING` joins all."""
    known = [set(names(item)) for item in items]
    if any(EVERYTHING in one for one in known):
        return [list(items)]
    leader: dict[str, int] = {}
    above = list(range(len(items)))
    for index, one in enumerate(known):
        for name in one:
            above[_top(above, index)] = _top(above, leader.setdefault(name, index))
    groups: dict[int, list[T]] = {}
    for index, item in enumerate(items):
        groups.setdefault(_top(above, index), []).append(item)
    return list(groups.values())


def _top(above: list[int], index: int) -> int:
    while above[index] != index:
        above[index] = index = above[above[index]]
    return index
