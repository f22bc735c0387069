"""The second pass: sessions with finds or migrations are read again, a family at a time, and forgotten but for what is
told of them. Memory is that of the largest family, and of the steps that anything more may be asked about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from auditor.audit.incidents import Placed
from auditor.audit.pool import Examined
from auditor.audit.request import ScanRequest
from auditor.document import Incident, SessionDict
from auditor.formats.registry import DIALECTS
from auditor.model import CONFIDENCES, Found, Gap, Position
from auditor.trace.reconstruction import Reconstruction

if TYPE_CHECKING:  # most runs over clean sessions trace nothing
    from auditor.trace.calls import Session
    from auditor.trace.placement import Locate
    from auditor.trace.reconstruct import Story
    from auditor.trace.sessions import Transcript

_ROLLOUT = "codex-rollout"
"""The dialect whose families show before they are read as a whole, and whose files are large."""


def reported(one: Examined, request: ScanRequest) -> list[Found]:
    """Return the finds of the asked confidence; placeholders and samples are counted, not traced."""
    least = CONFIDENCES.index(request.confidence)
    return [found for found in one.examination.found if CONFIDENCES.index(found.confidence) >= least]


class SecondPass:
    """Reads what is worth it; `gaps` says what was left out."""

    def __init__(self, request: ScanRequest, mask: Callable[[str], str], locate: Locate) -> None:
        self._request, self._mask, self._locate = request, mask, locate
        self._story: Story | None = None
        self._positions: dict[int, list[Position]] = {}
        self._told: dict[int, list[SessionDict]] = {}
        self._kept: dict[int, Transcript] = {}
        self.gaps: list[Gap] = []

    def read(self, examined: Sequence[Examined]) -> None:
        """Read the sources with finds or migrations; one that cannot be read twice stays without."""
        wanted = [number for number, one in enumerate(examined) if self._is_wanted(one)]
        if not wanted:
            return
        from auditor.trace import kin

        names = {number: self._names(number, examined[number]) for number in wanted}
        for family in kin.grouped(wanted, names.__getitem__):
            self._take({number: examined[number] for number in family})

    def _is_wanted(self, one: Examined) -> bool:
        every = self._request.every_session or bool(self._request.session)  # a session is known once it was read
        worth = every or one.examination.migrates or bool(reported(one, self._request))
        return worth and one.source.replayable

    def _names(self, number: int, one: Examined) -> set[str]:
        """Names of the sessions that a source is about. What is no rollout must be read to know, and is kept."""
        from auditor.trace import kin

        if one.examination.dialect == _ROLLOUT:
            return kin.of_rollout(one.source, DIALECTS[_ROLLOUT])
        self._kept[number] = self._transcript(one)
        places = (found.place for found in reported(one, self._request))
        return kin.of_transcript(self._kept[number], ((place.line, place.pointer) for place in places))

    def _transcript(self, one: Examined) -> Transcript:
        from auditor.trace.sessions import read

        lines = frozenset(found.place.line for found in reported(one, self._request))
        transcript = read(one.source, DIALECTS[one.examination.dialect], lines)
        if transcript.cut:
            self.gaps.append(Gap(transcript.path, "expansion-limit", "more calls than are traced"))
        return transcript

    def _take(self, family: Mapping[int, Examined]) -> None:
        from auditor.trace.families import link

        read = {
            number: self._kept.pop(number) if number in self._kept else self._transcript(one)
            for number, one in family.items()
        }
        link(list(read.values()))
        steps = set()
        for number, transcript in read.items():
            places = [found.place for found in reported(family[number], self._request)]
            self._positions[number] = [transcript.position(place.line, place.pointer) for place in places]
            steps |= {position.step for position in self._positions[number]}
        self._begun().take(list(read.values()), steps)
        for number, transcript in read.items():
            own = [session for session in transcript.sessions if not session.foreign]
            self._told[number] = [_session(session, transcript.path) for session in own]
            for session in own:
                session.turns = []  # counted, and not asked for again

    def _begun(self) -> Story:
        from auditor.trace.reconstruct import Story

        self._story = self._story or Story(self._mask, self._locate)
        return self._story

    def known(self) -> set[str]:
        """Return the ids of the sessions that sources are the own record of."""
        return {session["id"] for told in self._told.values() for session in told if session["id"]}

    def placed(self, examined: Sequence[Examined], sessions: Collection[str]) -> Iterator[Placed]:
        """Yield the finds of the asked period and of `sessions`, of all if there are none, with their positions."""
        request = self._request
        for number, one in enumerate(examined):
            finds = reported(one, request)
            positions = self._positions.get(number) or [Position()] * len(finds)
            for found, position in zip(finds, positions, strict=True):
                if request.wants(position.timestamp) and (not sessions or position.session in sessions):
                    yield Placed(found, position)

    def tell(self, incidents: list[Incident]) -> Reconstruction:
        """Return the story of the folded incidents."""
        if self._story is None and not incidents:
            return Reconstruction()
        return self._begun().tell(incidents)

    def stepped(self) -> set[str]:
        """Return the ids of the sessions that have steps."""
        return self._story.sessions if self._story else set()

    def sessions(self, placed: Iterable[Placed], stepped: set[str]) -> list[SessionDict]:
        """Return sessions that hold an occurrence, and the `stepped`, once each, by the source that is their own."""
        wanted = {item.position.session for item in placed} | stepped
        found: dict[str, SessionDict] = {}
        for session in (session for _, told in sorted(self._told.items()) for session in told):
            if session["id"] in wanted and _telling(session, found.get(session["id"])):
                found[session["id"]] = session
        return [found[name] for name in sorted(found)]


def _telling(session: SessionDict, known: SessionDict | None) -> bool:
    """A rollout says more of a session than a database row or a history line of it."""
    if known is None or known["kind"] == "codex":
        return known is None
    return session["kind"] == "codex" or (bool(session["cli_version"]) and not known["cli_version"])


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
