"""From a request to a document: discover, examine, trace, fold, assemble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.audit.assemble import add_second_opinion, assemble
from auditor.audit.incidents import Placed, fold
from auditor.audit.judge import judge
from auditor.audit.known import KnownMask
from auditor.audit.pool import Examined, Setup, detector, examine_all
from auditor.audit.request import ScanRequest
from auditor.audit.selection import chosen, told
from auditor.detect import secrets_bridge
from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.document import Document, Incident, SessionDict, StepDict
from auditor.evidence.coverage import NOT_INPUTS
from auditor.evidence.custody import custody
from auditor.formats.registry import DIALECTS
from auditor.intake import DEFAULTS, Source, discover
from auditor.intake.period import Period, skipped
from auditor.model import CONFIDENCES, Found, Gap, GapReason, Position, SourceReport
from auditor.trace.reconstruction import Reconstruction

if TYPE_CHECKING:  # most runs over clean sessions trace nothing
    from auditor.trace.calls import Session
    from auditor.trace.placement import Locate
    from auditor.trace.sessions import Transcript

Observe = Callable[[Found], None]
Progress = Callable[[str, int], None]
"""Called with a source's path and its bytes after it was examined."""


def audit(
    request: ScanRequest, progress: Progress = lambda path, size: None, observe: Observe = lambda found: None
) -> Document:
    """Audit what the request names. Never raises for what sources hold: problems are gaps of the document.

    `observe` sees every find with the labels of `request.label`, reported or not.

    Raises:
        UsageProblem: a rule pack cannot be loaded, or the one session asked for is not there.
    """
    rules = load(request.rules)
    engine = detector(rules)
    gaps: list[Gap] = list(request.gaps)
    examined: list[Examined] = []
    setup = Setup(tuple(request.rules), request.key, request.confidence, request.label, request.detect_secrets)
    left_out: list[SourceReport] = []
    for one in examine_all(_sources(request, gaps, left_out), setup, engine, request.jobs):
        progress(one.source.path, sum(report.bytes for report in one.reports))
        examined.append(one)
    gaps += [gap for one in examined for gap in one.gaps] + list(_limit_gaps(examined))
    transcripts = _linked([transcript for one in examined if (transcript := _transcript(one, request))])
    gaps += [Gap(one.path, "expansion-limit", "more calls than are traced") for one in transcripts if one.cut]
    for found in (found for one in examined for found in one.examination.found):
        observe(found)
    sessions = chosen(request.session, transcripts)
    placed = list(_placed(examined, transcripts, request, sessions))
    incidents = fold(placed, {rule.id: rule.title for rule in [*rules, *secrets_bridge.RULES]})
    known = KnownMask((found for one in examined for found in _reported(one, request)), request.key)
    story = _story(transcripts, incidents, _masker(engine, known, request.key), _locator(engine, request.key))
    story = told(story, sessions)
    document = assemble(
        title=request.title,
        scope=request.scope,
        key_id=request.key_id,
        rules=rules,
        sources=[report for one in examined for report in one.reports] + left_out,
        gaps=gaps,
        rejected=sum((one.examination.rejected for one in examined), Counter()),
        sessions=_sessions(transcripts, placed, story.steps),
        steps=story.steps,
        runs=story.runs,
        checks=story.checks,
        incidents=story.incidents,
        generated=request.generated,
        arguments=request.arguments,
    )
    if request.detect_secrets:
        add_second_opinion(document)
    document["coverage"]["counts"] = _counts(examined, left_out, placed, gaps, request)
    document["run"]["custody"] = custody(request.key, request.configuration)
    return judge(document, request.declarations, request.exceptions)


def _counts(
    examined: Sequence[Examined],
    left_out: Sequence[SourceReport],
    placed: Sequence[Placed],
    gaps: Iterable[Gap],
    request: ScanRequest,
) -> dict[str, int]:
    """Counts for the equations of `auditor.evidence.coverage`; a value at a place is one find, whoever names it."""
    below = sum(one.examination.below for one in examined)
    least = CONFIDENCES.index(request.confidence)
    finds = [found for one in examined for found in one.examination.found]
    every = {(found.fingerprint, found.place) for found in finds}
    kept = {(found.fingerprint, found.place) for found in finds if CONFIDENCES.index(found.confidence) >= least}
    reported = {(item.found.fingerprint, item.found.place) for item in placed}
    reports = [report.path for one in examined for report in one.reports] + [one.path for one in left_out]
    unopened = {gap.path for gap in gaps if gap.reason not in NOT_INPUTS} - set(reports)
    return {
        "inputs": len(reports) + len(unopened),
        "finds": len(every) + below,
        "below_confidence": len(every - kept) + below,
        "outside_selection": len(kept - reported),
    }


def _sources(request: ScanRequest, gaps: list[Gap], left_out: list[SourceReport]) -> Iterator[Source]:
    """Sources to examine; a rollout that ended before the period, or began after it, is only reported."""
    settings = replace(DEFAULTS, digest=request.digest)
    period = Period(request.since, request.until)
    for item in discover(request.paths, request.codex_home, settings=settings):
        if isinstance(item, Gap):
            gaps.append(item)
        elif period.excludes(item):
            left_out.append(skipped(item))
        else:
            yield item


def _limit_gaps(examined: Iterable[Examined]) -> Iterator[Gap]:
    for one in examined:
        for reason, count in sorted(one.examination.limits.items()):
            known: GapReason = reason  # type: ignore[assignment]
            yield Gap(one.source.path, known, f"{count} times")


def _transcript(one: Examined, request: ScanRequest) -> Transcript | None:
    """The second pass, over sources with finds or migrations; a source that cannot be read twice stays without."""
    finds = _reported(one, request)
    wanted = request.every_session or request.session or finds or one.examination.migrates
    if not wanted or not one.source.replayable:
        return None
    from auditor.trace.sessions import read

    lines = frozenset(found.place.line for found in finds)
    return read(one.source, DIALECTS[one.examination.dialect], lines)


def _linked(transcripts: list[Transcript]) -> list[Transcript]:
    if transcripts:
        from auditor.trace.families import link

        link(transcripts)
    return transcripts


def _story(
    transcripts: Sequence[Transcript], incidents: list[Incident], mask: Callable[[str], str], locate: Locate
) -> Reconstruction:
    if not transcripts and not incidents:
        return Reconstruction()
    from auditor.trace.reconstruct import reconstruct

    return reconstruct(transcripts, incidents, mask, locate)


def _reported(one: Examined, request: ScanRequest) -> list[Found]:
    """Finds of the asked confidence; placeholders and samples are counted, not traced."""
    least = CONFIDENCES.index(request.confidence)
    return [found for found in one.examination.found if CONFIDENCES.index(found.confidence) >= least]


def _placed(
    examined: Sequence[Examined], transcripts: Sequence[Transcript], request: ScanRequest, sessions: Collection[str]
) -> Iterator[Placed]:
    by_path = {transcript.path: transcript for transcript in transcripts}
    for one in examined:
        transcript = by_path.get(one.source.path)
        for found in _reported(one, request):
            position = _position(transcript, found)
            if request.wants(position.timestamp) and (not sessions or position.session in sessions):
                yield Placed(found, position)


def _position(transcript: Transcript | None, found: Found) -> Position:
    return transcript.position(found.place.line, found.place.pointer) if transcript else Position()


def _masker(engine: Engine, known: KnownMask, key: bytes) -> Callable[[str], str]:
    """By rules, and by what was found elsewhere: a value may stand bare in a later command."""

    def mask(text: str) -> str:
        return known.mask(engine.mask(text.encode("utf-8", "replace"), key)).decode("utf-8", "replace")

    return mask


def _locator(engine: Engine, key: bytes) -> Locate:
    """Tell where credentials stand in a decoded text, by fingerprint; for commands and migrations within one call."""

    def locate(text: str) -> list[tuple[str, int]]:
        data = text.encode("utf-8", "replace")
        return [
            (match.secret.fingerprint(key), len(data[: match.secret_start].decode("utf-8", "replace")))
            for match in engine.scan(data)
        ]

    return locate


def _sessions(
    transcripts: Sequence[Transcript], placed: Sequence[Placed], steps: Sequence[StepDict]
) -> list[SessionDict]:
    """Sessions that hold an occurrence or a step, once each, by the source that is their own."""
    wanted = {item.position.session for item in placed} | {step["session"] for step in steps}
    found: dict[str, SessionDict] = {}
    for transcript in transcripts:
        for session in transcript.sessions:
            if session.id in wanted and not session.foreign and _telling(session, found.get(session.id)):
                found[session.id] = _session(session, transcript.path)
    return [found[name] for name in sorted(found)]


def _telling(session: Session, known: SessionDict | None) -> bool:
    """A rollout says more of a session than a database row or a history line of it."""
    if known is None or known["kind"] == "codex":
        return known is None
    return session.kind == "codex" or (bool(session.cli_version) and not known["cli_version"])


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
