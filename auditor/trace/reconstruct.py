"""The whole reconstruction: transcripts and folded incidents in; steps, runs, checks, origins, spread, exposure out.

Everything that leaves is masked. Order of input does not matter: sessions are walked by start and id, steps in the
order of their records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from auditor.document import Incident, Occurrence, StepDict
from auditor.trace import checks, origin, placement, runs, spread, step
from auditor.trace.calls import Call, Session
from auditor.trace.ordinary import Ordinary, Rows
from auditor.trace.placement import Locate, Placement, Seen
from auditor.trace.reconstruction import Reconstruction
from auditor.trace.runs import Run
from auditor.trace.sessions import Transcript, released_calls
from auditor.trace.step import Mask, Step
from auditor.trace.steps import Surveyor


def _nothing(text: str) -> Sequence[tuple[str, int]]:
    return ()


def reconstruct(
    transcripts: Sequence[Transcript], incidents: Iterable[Incident], mask: Mask, locate: Locate = _nothing
) -> Reconstruction:
    """Return steps, runs and checks of the transcripts, and the incidents with origin, spread and exposure.

    Args:
        transcripts: sources that were read; rollouts, streams and logs, linked (`trace.families.link`).
        incidents: folded incidents; each occurrence's `step` names its call.
        mask: replaces credentials in a text.
        locate: tells where credentials stand in a text, to attribute commands of one call and migrations of one apply.
    """
    known = list(incidents)
    story = Story(mask, locate)
    story.take(transcripts, {one["step"] for incident in known for one in incident["occurrences"]})
    return story.tell(known)


class Part(NamedTuple):
    """What a story keeps of families; it can cross to another process, where `Story.absorb` puts it together."""

    sessions: dict[str, Session]
    surveyors: dict[str, Surveyor]
    by_session: dict[str, list[Step]]
    by_call: dict[str, list[Step]]
    ordinary: dict[str, Rows]
    number: int

    def __repr__(self) -> str:
        return f"Part({len(self.sessions)} sessions)"


class Story:
    """The reconstruction of an audit, a family of sessions at a time: `take` each, then `tell`.

    Of what was taken it keeps sessions, the steps that a later question may be about, and ordinary ones as they will
    be reported.
    """

    def __init__(self, mask: Mask, locate: Locate = _nothing) -> None:
        self._mask = mask
        self._sessions: dict[str, Session] = {}
        self._surveyors: dict[str, Surveyor] = {}
        self._by_session: dict[str, list[Step]] = defaultdict(list)
        self._ordinary = Ordinary(mask)
        self._by_call: dict[str, list[Step]] = {}
        self._placement = Placement(self._by_call, locate)
        self._spoken: dict[str, Step] = {}
        self._number = 0

    @property
    def sessions(self) -> set[str]:
        """Ids of the sessions that have steps."""
        return self._by_session.keys() | self._ordinary.sessions

    def take(self, transcripts: Sequence[Transcript], carrying: Container[str]) -> None:
        """Take in transcripts that are linked, with all that share a session with them.

        Args:
            transcripts: they lose their calls, so that those that no later question is about are forgotten at once.
            carrying: ids of calls that showed or held a credential, `Position.step`.
        """
        self._know(_sessions(transcripts))
        surveyors = self._survey(transcripts, carrying)
        self._ordinary.settle(surveyors)
        for name, surveyor in surveyors.items():
            surveyor.finish()
            if name in self._by_session:
                self._surveyors[name] = surveyor

    def part(self) -> Part:
        """Return what was taken, for another story."""
        return Part(
            self._sessions, self._surveyors, dict(self._by_session), self._by_call, self._ordinary.rows, self._number
        )

    def absorb(self, part: Part) -> None:
        """Take in what another story took; no session may be in both."""
        self._know(part.sessions.values())
        self._surveyors |= part.surveyors
        self._by_session |= part.by_session
        self._by_call |= part.by_call
        self._ordinary.absorb(part.ordinary)
        self._number = max(self._number, part.number)

    def _know(self, sessions: Iterable[Session]) -> None:
        for session in sessions:
            known = self._sessions.setdefault(session.id, session)
            if known.kind != "codex" and session.kind == "codex":
                self._sessions[session.id] = session

    def _survey(self, transcripts: Sequence[Transcript], carrying: Container[str]) -> dict[str, Surveyor]:
        """Steps of every call, once: the session's own rollout before streams, databases and logs of it."""
        ordered = sorted(transcripts, key=lambda one: (one.session.kind != "codex", one.session.started, one.path))
        surveyors: dict[str, Surveyor] = {}
        done: set[str] = set()
        for path, call in released_calls(ordered):
            if call.id in done:
                continue
            done.add(call.id)
            surveyor = surveyors.get(call.session)
            if surveyor is None:
                surveyor = surveyors[call.session] = Surveyor(path)
            surveyor.path = path
            self._book(call, surveyor.steps(call), call.id in carrying)
        return surveyors

    def _book(self, call: Call, found: list[Step], carries: bool) -> None:
        """Keep what later questions are about; an ordinary step only as it is reported."""
        if carries:
            self._by_call[call.id] = found
        elif not any(checks.asks_output(one) for one in found):
            call.outputs = []
        for one in found:
            one.number = self._number = self._number + 1
            if carries or not one.ordinary:
                self._by_session[call.session].append(one)
            else:
                self._ordinary.add(one)

    def tell(self, incidents: list[Incident]) -> Reconstruction:
        placed = [
            [self._seen(one, incident["fingerprint"]) for one in incident["occurrences"]] for incident in incidents
        ]
        for seen in (one for group in placed for one in group):
            _mark(seen)
        chains = {session: runs.chain(steps) for session, steps in self._by_session.items()}
        told = [self._told(incident, seen) for incident, seen in zip(incidents, placed, strict=True)]
        judged = [
            check
            for session, chain in sorted(chains.items())
            for check in checks.judge(self._context(session, chain), self._mask)
        ]
        every = [run for _, chain in sorted(chains.items()) for run in chain]
        listed = [runs.as_document(run, self._mask, partial(self._best, run.session)) for run in every]
        return Reconstruction(self._steps(), listed, judged, told)

    def _context(self, session: str, chain: list[Run]) -> checks.Context:
        surveyor = self._surveyors.get(session)
        return checks.Context(session, self._by_session[session], chain, surveyor.branches if surveyor else None)

    def _seen(self, occurrence: Occurrence, fingerprint: str) -> Seen:
        session = self._sessions.get(occurrence["session"])
        occurrence = self._placement.settled(occurrence, fingerprint)
        found, migration = self._placement.step_of(occurrence, fingerprint)
        if found is None:
            found = placement.spoken(occurrence, session)
            if found is not None:
                found = self._spoken.setdefault(found.id, found)
                found.shown = found.shown or f"{found.tool} {found.action}"
        best = self._best(found.session, migration) if found and migration else ""
        return Seen(occurrence, found, session, best, self._placement.touch(found, fingerprint))

    def _best(self, session: str, version: str) -> str:
        """A migration by its file name, where its own session shows it; other projects number theirs alike."""
        surveyor = self._surveyors.get(session)
        return surveyor.names.best(version) if surveyor else version

    def _told(self, incident: Incident, seen: list[Seen]) -> Incident:
        start = origin.first(seen)
        went = spread.after(start, seen, self._by_session, self._mask)
        told: Incident = {**incident}
        told["origin"] = origin.describe(start, self._mask, start.migration)
        told["spread"] = went
        told["exposure"] = spread.exposure(seen, went, self._sessions)
        told["occurrences"] = [self._occurrence(one) for one in seen]
        return told

    def _occurrence(self, seen: Seen) -> Occurrence:
        told: Occurrence = {**seen.occurrence}
        told["step"] = step.name(seen.step.id, self._mask) if seen.step else ""
        told["migration"] = step.name(seen.migration, self._mask)
        return told

    def _steps(self) -> Sequence[StepDict]:
        """All steps by session and place; file names of migrations where they are known."""
        found: dict[str, list[Step]] = defaultdict(list)
        found.update(self._by_session)
        for _, one in sorted(self._spoken.items()):
            one.number = self._number = self._number + 1
            found[one.session].append(one)
        for one in (one for steps in found.values() for one in steps):
            one.migrations = list(dict.fromkeys(self._best(one.session, version) for version in one.migrations))
        return self._ordinary.among(found)


def _mark(seen: Seen) -> None:
    """A step that showed a credential is known to have: reading a file that held one was reading a secret."""
    if seen.step is None:
        return
    seen.step.carries = True
    if seen.role == "tool" and seen.step.tool == "shell" and seen.step.action in {"other", "inspect"}:
        seen.step.action = "read-secret"


def _sessions(transcripts: Sequence[Transcript]) -> Iterable[Session]:
    """Every session by its own source; a rollout tells more than a stream or a database of the same session."""
    for transcript in sorted(transcripts, key=lambda one: (one.session.kind != "codex", one.path)):
        yield from (session for session in transcript.sessions if not session.foreign)
