"""From a request to a document: examine, trace, fold, assemble."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from auditor.audit.assemble import assemble
from auditor.audit.first import FirstPass, Progress, reported
from auditor.audit.incidents import Placed, fold
from auditor.audit.judge import judge
from auditor.audit.names import Names
from auditor.audit.pool import detector
from auditor.audit.request import ScanRequest
from auditor.audit.second import SecondPass
from auditor.audit.selection import bearing, chosen, told
from auditor.detect.engine import Engine
from auditor.detect.known_mask import KnownMask
from auditor.detect.rules import RuleSet, load
from auditor.document import Document
from auditor.evidence.coverage import NOT_INPUTS
from auditor.evidence.custody import custody
from auditor.model import CONFIDENCES, Found
from auditor.trace.reconstruction import Reconstruction

if TYPE_CHECKING:  # most runs over clean sessions trace nothing
    from auditor.trace.placement import Locate

Observe = Callable[[Found], None]


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
    first = FirstPass(request)
    first.read(engine, progress)
    known = KnownMask((found for one in first.examined for found in reported(one, request)), request.key)
    names = Names(engine, known, request.key)
    for found in first.found:
        observe(names.found(found))
    second = SecondPass(request, _masker(engine, known, request.key), _locator(engine, request.key))
    second.read(first.examined)
    sessions = chosen(request.session, second.known())
    placed = list(second.placed(first.examined, sessions))
    incidents = fold(placed, _titles(request, rules))
    story = told(second.tell(incidents), sessions)
    document = names.document(_document(request, rules, first, second, placed, story, sessions))
    document["coverage"]["counts"] = _counts(request, first, placed, document)
    return judge(document, request.declarations, list(map(names.accepted, request.exceptions)))


def _titles(request: ScanRequest, rules: RuleSet) -> dict[str, str]:
    known = {rule.id: rule.title for rule in rules}
    if request.detect_secrets:
        from auditor.audit import second_opinion

        known |= second_opinion.titles()
    return known


def _document(
    request: ScanRequest,
    rules: RuleSet,
    first: FirstPass,
    second: SecondPass,
    placed: Sequence[Placed],
    story: Reconstruction,
    sessions: Collection[str],
) -> Document:
    gaps = bearing([*first.gaps, *second.gaps], sessions)
    stepped = {one["session"] for one in story.steps} if sessions else second.stepped()
    document = assemble(request, rules, first.reports, gaps, first.rejected, second.sessions(placed, stepped), story)
    if request.detect_secrets:
        from auditor.audit import second_opinion

        second_opinion.add(document)
    if request.since or request.until:
        since, until = (one.isoformat() if one else "" for one in (request.since, request.until))
        document["coverage"]["period"] = {"since": since, "until": until}
    document["run"]["custody"] = custody(request.key, request.configuration)
    return document


def _counts(request: ScanRequest, first: FirstPass, placed: Sequence[Placed], document: Document) -> dict[str, int]:
    """Counts for the equations of `auditor.evidence.coverage`; a value at a place is one find, whoever names it.

    Inputs are told apart by their names as shown, like whoever checks the equations does.
    """
    below = sum(one.examination.below for one in first.examined)
    least = CONFIDENCES.index(request.confidence)
    finds = first.found
    every = {(found.fingerprint, found.place) for found in finds}
    kept = {(found.fingerprint, found.place) for found in finds if CONFIDENCES.index(found.confidence) >= least}
    shown = {(item.found.fingerprint, item.found.place) for item in placed}
    paths = [source["path"] for source in document["coverage"]["sources"]]
    gaps = document["coverage"]["gaps"]
    unopened = {gap["path"] for gap in gaps if gap["reason"] not in NOT_INPUTS} - set(paths)
    return {
        "inputs": len(paths) + len(unopened),
        "finds": len(every) + below,
        "below_confidence": len(every - kept) + below,
        "outside_selection": len(kept - shown),
    }


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
