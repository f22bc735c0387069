"""The first pass over many sources, in this process or in workers; results always come in input order."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from auditor.audit.examine import Examination, Examiner, Label
from auditor.detect.engine import Engine
from auditor.detect.rules import RuleSet, load
from auditor.errors import position
from auditor.intake import Source
from auditor.intake.file import FileSource
from auditor.model import Confidence, Gap, SourceReport
from auditor.trace import activity

if TYPE_CHECKING:
    from auditor.detect.secrets_bridge import Bridge

MUCH = 32 << 20
"""Bytes from which on workers are faster than none."""
KEPT = 16 << 20
"""Bytes of memory that stay with the process when they are freed."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker needs to build its examiner."""

    rules: tuple[Path, ...]
    key: bytes = field(repr=False)
    confidence: Confidence
    label: Label | None = None
    """Must be picklable."""
    bridge: bool = False
    """Ask detect-secrets too."""

    def examiner(self, engine: Engine | None = None) -> Examiner:
        """Return an examiner with this engine, or one of its own."""
        _keep_memory()
        least: Confidence = "low" if self.label or self.bridge else self.confidence  # both judge what is held back
        return Examiner(engine or detector(load(self.rules)), self.key, least, self.label, self._bridge())

    def _bridge(self) -> Bridge | None:
        if not self.bridge:
            return None
        from auditor.detect.secrets_bridge import Bridge

        return Bridge()


class Examined(NamedTuple):
    """One source after the first pass."""

    source: Source
    examination: Examination
    reports: tuple[SourceReport, ...]
    gaps: tuple[Gap, ...]


def detector(rules: RuleSet) -> Engine:
    """Return the engine of a scan, which also tells sessions that run migrations."""
    return Engine(rules, words=activity.words())


def _keep_memory() -> None:
    """Free one large piece: glibc then no longer gives smaller ones back to the system, to fault them in again for
    every block (mallopt(3), dynamic adjustment of the mmap threshold). Elsewhere it does nothing."""
    bytes(KEPT)


Work = tuple[Examination, tuple[SourceReport, ...], tuple[Gap, ...]]


class Examining:
    """The task of the first pass. An engine is not sent to a process that has none, but made there."""

    def __init__(self, setup: Setup, engine: Engine | None = None) -> None:
        self._setup, self._engine = setup, engine

    def __reduce__(self) -> tuple[type[Examining], tuple[Setup]]:
        return Examining, (self._setup,)

    @cached_property
    def _examiner(self) -> Examiner:
        return self._setup.examiner(self._engine)

    def here(self, item: Source) -> bool:
        """Standard input cannot cross a process border."""
        return item.kind == "stdin"

    def work(self, item: Source) -> Work:
        """Examine a source; a fault of ours must not end the audit, and must show."""
        try:
            result = self._examiner.examine(item)
            return result, item.reports(result.dialect), item.gaps
        except Exception as problem:
            return self.lost(item, problem)

    def lost(self, item: Source, problem: Exception) -> Work:
        """What is said of a source that was not examined."""
        gap = Gap(item.path, "worker-failed", position(problem))
        return Examination(), (SourceReport(item.path, "unknown", 0, 0, "", "failed"),), (gap,)


def examine_all(sources: Iterable[Source], setup: Setup, engine: Engine, jobs: int) -> Iterator[Examined]:
    """Examine every source; what cannot be examined leaves a gap and the rest goes on.

    `jobs` are worker processes; 1 works in this one, 0 takes one for each processor where there is enough to read.
    """
    task = Examining(setup, engine)
    if not jobs:
        sources, jobs = _planned(iter(sources))
    if jobs > 1:
        from auditor.audit.workers import Workers  # what it brings costs 20 ms

        done = Workers(task, jobs).map(sources, size)
    else:
        done = ((source, task.work(source)) for source in sources)
    for source, work in done:
        yield Examined(source, *work)


def size(source: Source) -> int:
    """Return the bytes of a file, as far as they are known before it is read."""
    try:
        return Path(source.name).stat().st_size if isinstance(source, FileSource) else 0
    except OSError:
        return 0


def _planned(sources: Iterator[Source]) -> tuple[Iterable[Source], int]:
    """Look at sources until they are worth workers, or there are no more."""
    seen: list[Source] = []
    total = 0
    for source in sources:
        seen.append(source)
        total += size(source)
        if total >= MUCH and len(seen) > 1:
            return chain(seen, sources), processors()
    return seen, 1


def processors() -> int:
    """Return how many this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
