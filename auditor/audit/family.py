"""One family of sessions, read again: where its finds stand, its sessions, and its part of the story."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from auditor.audit.first import reported
from auditor.audit.pool import Examined, size
from auditor.audit.request import ScanRequest
from auditor.document import SessionDict
from auditor.errors import position
from auditor.formats.registry import DIALECTS
from auditor.model import Gap, Position
from auditor.trace import kin
from auditor.trace.calls import Session
from auditor.trace.families import link
from auditor.trace.placement import Locate
from auditor.trace.reconstruct import Part, Story
from auditor.trace.sessions import Transcript, read

_ROLLOUT = "codex-rollout"
"""The dialect whose families show before they are read as a whole, and whose files are large."""
Family = Sequence[int]
"""Sources that tell of each other's sessions, by their number among those examined."""


class Told(NamedTuple):
    """What a family tells: of each source positions of its finds, and sessions of its own."""

    positions: dict[int, list[Position]]
    sessions: dict[int, list[SessionDict]]
    gaps: list[Gap]
    part: Part | None


class Tracing:
    """The task of the second pass. It holds what cannot be pickled, so its workers must be forks."""

    def __init__(
        self, examined: Sequence[Examined], request: ScanRequest, mask: Callable[[str], str], locate: Locate
    ) -> None:
        self._examined, self._request, self._mask, self._locate = examined, request, mask, locate
        self._kept: dict[int, Transcript] = {}

    def names(self, number: int) -> set[str]:
        """Return the ids of the sessions that a source is about. What is no rollout is read to know, and kept."""
        try:
            return self._names(number)
        except Exception:  # reading it again will tell why
            return set()

    def _names(self, number: int) -> set[str]:
        one = self._examined[number]
        if one.examination.dialect == _ROLLOUT:
            return kin.of_rollout(one.source, DIALECTS[_ROLLOUT])
        transcript = self._read(number)
        places = (found.place for found in reported(one, self._request))
        names = kin.of_transcript(transcript, ((place.line, place.pointer) for place in places))
        self._kept[number] = transcript
        return names

    def size(self, item: Family) -> int:
        """Return the bytes of a family."""
        return sum(size(self._examined[number].source) for number in item)

    def here(self, item: Family) -> bool:
        """See `Task`."""
        return False

    def work(self, item: Family) -> Told:
        """Read a family; a fault of ours must not end the audit, and must show."""
        try:
            return self._told({number: self._transcript(number) for number in item})
        except Exception as problem:
            return self.lost(item, problem)

    def lost(self, item: Family, problem: Exception) -> Told:
        """See `Task`."""
        said = f"its sessions could not be traced: {position(problem)}"
        return Told({}, {}, [Gap(self._examined[number].source.path, "worker-failed", said) for number in item], None)

    def _transcript(self, number: int) -> Transcript:
        return self._kept.pop(number) if number in self._kept else self._read(number)

    def _read(self, number: int) -> Transcript:
        one = self._examined[number]
        lines = frozenset(found.place.line for found in reported(one, self._request))
        return read(one.source, DIALECTS[one.examination.dialect], lines)

    def _told(self, transcripts: Mapping[int, Transcript]) -> Told:
        link(list(transcripts.values()))
        positions = {number: self._positions(number, transcript) for number, transcript in transcripts.items()}
        cut = [one.path for one in transcripts.values() if one.cut]
        story = Story(self._mask, self._locate)
        story.take(list(transcripts.values()), {place.step for found in positions.values() for place in found})
        sessions = {number: _own(transcript) for number, transcript in transcripts.items()}
        return Told(
            positions,
            sessions,
            [Gap(path, "expansion-limit", "more calls than are traced") for path in cut],
            story.part(),
        )

    def _positions(self, number: int, transcript: Transcript) -> list[Position]:
        places = (found.place for found in reported(self._examined[number], self._request))
        return [transcript.position(place.line, place.pointer) for place in places]


def _own(transcript: Transcript) -> list[SessionDict]:
    own = [session for session in transcript.sessions if not session.foreign]
    told = [_session(session, transcript.path) for session in own]
    for session in own:
        session.turns = []  # counted, and not asked for again
    return told


def _session(session: Session, path: str) -> SessionDict:
    return {
        "id": session.id,
        "parent_id": session.parent_id,
        "path": path,
        "cli_version": session.cli_version,
        "model": session.model,
        "cwd": session.cwd,
        "started": session.started,
        "ended": session.ended,
        "approval_policy": session.approval_policy,
        "sandbox": session.sandbox,
        "originator": session.originator,
        "turns": len(session.turns),
        "kind": session.kind,
    }
