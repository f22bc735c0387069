"""One match per credential and place: of findings whose secrets overlap, the best one stays.

Order of preference: the stronger kind (order of `model.KINDS`), then the better decoded text, then the order of rules.
A held finding counts too: what the URL rule knows for a placeholder is not reported by a weaker rule.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from auditor.detect.extract import Finding
from auditor.model import KINDS

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that stay, in order of place."""
    starts: list[int] = []
    kept: list[Finding] = []
    for finding in sorted(_shallow(findings), key=_preference):
        start, end = finding.secret
        at = bisect_right(starts, start)
        if at and kept[at - 1].secret[1] > start:
            continue
        if at < len(starts) and starts[at] < end:
            continue
        starts.insert(at, start)
        kept.insert(at, finding)
    return kept


def _shallow(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Of the same value found by one rule at one place through several ways, the one with the fewest layers."""
    best: dict[tuple[int, tuple[int, int], bytes], Finding] = {}
    for finding in findings:
        key = (finding.order, finding.secret, finding.value)
        known = best.get(key)
        if known is None or _cost(finding) < _cost(known):
            best[key] = finding
    return best.values()


def _cost(finding: Finding) -> tuple[int, int]:
    return len(finding.encoding), finding.whole[0] - finding.whole[1]


def _preference(finding: Finding) -> tuple[int, int, int, int]:
    depth = finding.fragment.depth
    if "wrap" in finding.encoding and not finding.joined:
        depth -= 2
    return _RANK[finding.rule.kind], -depth, finding.order, finding.secret[0]
