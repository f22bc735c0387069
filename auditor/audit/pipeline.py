"""From a request to a document: discover, examine, trace, fold, assemble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.audit.assemble import add_second_opinion, assemble
from auditor.audit.incidents import Placed, fold
from auditor.audit.judge import judge
from auditor.audit.known import KnownMask
from auditor.audit.pool import Examined, Setup, detector, examine_all
from auditor.audit.request import ScanRequest
from auditor.audit.second import SecondPass, reported
from auditor.audit.selection import chosen, told
from auditor.detect import secrets_bridge
from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.document import Document
from auditor.evidence.coverage import NOT_INPUTS
from auditor.evidence.custody import custody
from auditor.intake import DEFAULTS, Source, discover
from auditor.intake.period import Period, skipped
from auditor.model import CONFIDENCES, Found, Gap, GapReason, SourceReport

if TYPE_CHECKING:  # most runs over clean sessions trace nothing
    from auditor.trace.placement import Locate

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
    for found in (found for one in examined for found in one.examination.found):
        observe(found)
    known = KnownMask((found for one in examined for found in reported(one, request)), request.key)
    second = SecondPass(request, _masker(engine, known, request.key), _locator(engine, request.key))
    second.read(examined)
    gaps += second.gaps
    sessions = chosen(request.session, second.known())
    placed = list(second.placed(examined, sessions))
    incidents = fold(placed, {rule.id: rule.title for rule in [*rules, *secrets_bridge.RULES]})
    story = told(second.tell(incidents), sessions)
    document = assemble(
        title=request.title,
        scope=request.scope,
        key_id=request.key_id,
        rules=rules,
        sources=[report for one in examined for report in one.reports] + left_out,
        gaps=gaps,
        rejected=sum((one.examination.rejected for one in examined), Counter()),
        sessions=second.sessions(placed, {one["session"] for one in story.steps} if sessions else second.stepped()),
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
