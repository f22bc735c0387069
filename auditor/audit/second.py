"""The second pass: sessions with finds or migrations are read again, a family at a time, and forgotten but for what is
told of them. Memory is that of the largest family, and of the steps that anything more may be asked about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from auditor.audit.first import reported
from auditor.audit.incidents import Placed
from auditor.audit.pool import Examined, processors
from auditor.audit.request import ScanRequest
from auditor.document import Incident, SessionDict
from auditor.model import Gap, Position
from auditor.trace.reconstruction import Reconstruction

if TYPE_CHECKING:  # most runs over clean sessions trace nothing
    from auditor.audit.family import Family, Told, Tracing
    from auditor.trace.placement import Locate
    from auditor.trace.reconstruct import Story

MUCH = 4 << 20
"""Bytes from which on workers are faster than none."""


class SecondPass:
    """Reads what is worth it; `gaps` says what was left out."""

    def __init__(self, request: ScanRequest, mask: Callable[[str], str], locate: Locate) -> None:
        self._request, self._mask, self._locate = request, mask, locate
        self._story: Story | None = None
        self._positions: dict[int, list[Position]] = {}
        self._told: dict[int, list[SessionDict]] = {}
        self.gaps: list[Gap] = []

    def read(self, examined: Sequence[Examined]) -> None:
        """Read the sources with finds or migrations; one that cannot be read twice stays without."""
        wanted = [number for number, one in enumerate(examined) if self._is_wanted(one)]
        if not wanted:
            return
        from auditor.audit.family import Tracing
        from auditor.trace import kin

        task = Tracing(examined, self._request, self._mask, self._locate)
        families = kin.grouped(wanted, task.names) if len(wanted) > 1 else [wanted]  # one has no relatives to look for
        for told in self._each(task, families):
            self._positions |= told.positions
            self._told |= told.sessions
            self.gaps += told.gaps
            if told.part:
                self._begun().absorb(told.part)

    def _each(self, task: Tracing, families: Sequence[Family]) -> Iterator[Told]:
        from auditor.audit.workers import Workers, forks

        jobs = self._request.jobs
        if not jobs:
            jobs = processors() if sum(map(task.size, families)) >= MUCH else 1
        if jobs > 1 and len(families) > 1 and forks():
            yield from (told for _, told in Workers(task, jobs).map(families, task.size))
        else:
            yield from map(task.work, families)

    def _is_wanted(self, one: Examined) -> bool:
        every = self._request.every_session or bool(self._request.session)  # a session is known once it was read
        worth = every or one.examination.migrates or bool(reported(one, self._request))
        return worth and one.source.replayable

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
