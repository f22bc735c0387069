"""The first pass: every source in scope is examined once, in workers where that pays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from auditor.audit.pool import Examined, Setup, examine_all
from auditor.audit.request import ScanRequest
from auditor.detect.engine import Engine
from auditor.intake import DEFAULTS, Source, discover
from auditor.intake.period import Period, skipped
from auditor.model import CONFIDENCES, Found, Gap, GapReason, SourceReport

Progress = Callable[[str, int], None]
"""Called with a source's path and its bytes after it was examined."""


def reported(one: Examined, request: ScanRequest) -> list[Found]:
    """Return the finds of the asked confidence; placeholders and samples are counted, not traced."""
    least = CONFIDENCES.index(request.confidence)
    return [found for found in one.examination.found if CONFIDENCES.index(found.confidence) >= least]


class FirstPass:
    """What was examined, what was left out, and why; complete once `read` returned."""

    def __init__(self, request: ScanRequest) -> None:
        self._request = request
        self.examined: list[Examined] = []
        self.gaps: list[Gap] = list(request.gaps)
        self.left_out: list[SourceReport] = []
        """Rollouts outside of the asked period."""

    def read(self, engine: Engine, progress: Progress) -> None:
        """Examine everything; never raises for what sources hold."""
        request = self._request
        setup = Setup(tuple(request.rules), request.key, request.confidence, request.label, request.detect_secrets)
        for one in examine_all(self._sources(), setup, engine, request.jobs):
            progress(one.source.path, sum(report.bytes for report in one.reports))
            self.examined.append(one)
        self.gaps += [gap for one in self.examined for gap in (*one.gaps, *_limits(one))]

    @property
    def found(self) -> list[Found]:
        """Every find, of any confidence."""
        return [found for one in self.examined for found in one.examination.found]

    @property
    def reports(self) -> list[SourceReport]:
        """The account of every source."""
        return [report for one in self.examined for report in one.reports] + self.left_out

    @property
    def rejected(self) -> Counter[str]:
        """Placeholders and the like, by the check that told them."""
        return sum((one.examination.rejected for one in self.examined), Counter())

    def _sources(self) -> Iterator[Source]:
        """Sources to examine; a rollout that ended before the period, or began after it, is only reported."""
        request = self._request
        period = Period(request.since, request.until)
        settings = DEFAULTS._replace(digest=request.digest)
        for item in discover(request.paths, request.codex_home, settings=settings):
            if isinstance(item, Gap):
                self.gaps.append(item)
            elif period.excludes(item):
                self.left_out.append(skipped(item))
            else:
                yield item


def _limits(one: Examined) -> Iterator[Gap]:
    for reason, count in sorted(one.examination.limits.items()):
        known: GapReason = reason  # type: ignore[assignment]
        yield Gap(one.source.path, known, f"{count} times")
