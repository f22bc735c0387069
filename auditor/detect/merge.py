"""One match per credential and place: of findings whose secrets overlap, the best one stays.

Order of preference: the value that a check took out of its encoding, then the stronger kind (order of `model.KINDS`),
then the better decoded text, then the order of rules; of two that begin alike the longer, since the end of what was
decoded may have cut the other.
A held finding counts too: what the URL rule knows for a placeholder is not reported by a weaker rule.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from auditor.decode.layer import Span
from auditor.detect.extract import Finding
from auditor.model import KINDS

Where = Callable[[Finding], Span]
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that stay, in order of place."""
    return [finding for group in _groups(findings) for finding in _best(group)]


def _groups(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    """Findings whose regions of the chunk meet; others cannot overlap."""
    group: list[Finding] = []
    end = -1
    for finding in sorted(findings, key=lambda one: one.region):
        if group and finding.region[0] >= end:
            yield group
            group = []
        group.append(finding)
        end = max(end, finding.region[1])
    if group:
        yield group


def _best(group: list[Finding]) -> list[Finding]:
    """Within one fragment its own offsets tell what overlaps; only else the way back is made."""
    if len(group) == 1:
        return group
    where = _local if all(one.fragment is group[0].fragment for one in group) else _source
    starts: list[int] = []
    kept: list[Finding] = []
    for finding in sorted(_shallow(group, where), key=lambda one: _preference(one, where)):
        start, end = where(finding)
        at = bisect_right(starts, start)
        if at and where(kept[at - 1])[1] > start:
            continue
        if at < len(starts) and starts[at] < end:
            continue
        starts.insert(at, start)
        kept.insert(at, finding)
    return kept


def _local(finding: Finding) -> Span:
    return finding.local


def _source(finding: Finding) -> Span:
    return finding.secret


def _shallow(findings: Iterable[Finding], where: Where) -> Iterable[Finding]:
    """Of the same value found by one rule at one place through several ways, the one with the fewest layers."""
    best: dict[tuple[int, Span, bytes], Finding] = {}
    for finding in findings:
        key = (finding.order, where(finding), finding.value)
        known = best.get(key)
        if known is None or _cost(finding) < _cost(known):
            best[key] = finding
    return best.values()


def _cost(finding: Finding) -> tuple[int, int]:
    return len(finding.encoding), finding.whole[0] - finding.whole[1]


def _preference(finding: Finding, where: Where) -> tuple[bool, int, int, int, int, int]:
    depth = finding.fragment.depth
    if "wrap" in finding.encoding and not finding.joined:
        depth -= 2
    start, end = where(finding)
    return not finding.unwrapped, _RANK[finding.rule.kind], -depth, finding.order, start, -end
