"""The first pass over many sources, in this process or in workers; results always come in input order.

Workers send back finds only: fingerprints, masks and places, never a value.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.audit.examine import Examination, Examiner, Label
from auditor.detect.engine import Engine
from auditor.detect.rules import RuleSet, load
from auditor.detect.secrets_bridge import Bridge
from auditor.intake import Source
from auditor.intake.file import FileSource
from auditor.model import Confidence, Gap, SourceReport
from auditor.trace import activity

if TYPE_CHECKING:  # loaded only where there are workers
    from concurrent.futures import Future, ProcessPoolExecutor

MUCH = 32 << 20
"""Bytes from which on workers are faster than none."""
AHEAD = 4
"""Sources in flight per worker: enough to keep it busy, few enough to keep memory bounded."""


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
        least: Confidence = "low" if self.label or self.bridge else self.confidence  # both judge what is held back
        bridge = Bridge() if self.bridge else None
        return Examiner(engine or detector(load(self.rules)), self.key, least, self.label, bridge)


@dataclass(frozen=True, slots=True)
class Examined:
    """One source after the first pass."""

    source: Source
    examination: Examination
    reports: tuple[SourceReport, ...]
    gaps: tuple[Gap, ...]


def detector(rules: RuleSet) -> Engine:
    """Return the engine of a scan, which also tells sessions that run migrations."""
    return Engine(rules, words=activity.words())


Work = tuple[Examination, tuple[SourceReport, ...], tuple[Gap, ...]]
_examiner: Examiner | None = None
"""A worker's own; set once when it starts."""


def examine_all(sources: Iterable[Source], setup: Setup, engine: Engine, jobs: int) -> Iterator[Examined]:
    """Examine every source; a worker that dies leaves a gap for its source and the rest goes on.

    `jobs` are worker processes; 1 works in this one, 0 takes one for each processor where there is enough to read.
    """
    if not jobs:
        sources, jobs = _planned(iter(sources))
    if jobs > 1:
        yield from _parallel(sources, setup, engine, jobs)
        return
    local = setup.examiner(engine)
    for source in sources:
        yield Examined(source, *_examine(local, source))


def _planned(sources: Iterator[Source]) -> tuple[Iterable[Source], int]:
    """Look at sources until they are worth workers, or there are no more."""
    seen: list[Source] = []
    size = 0
    for source in sources:
        seen.append(source)
        size += _size(source)
        if size >= MUCH and len(seen) > 1:
            return chain(seen, sources), _processors()
    return seen, 1


def _processors() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _size(source: Source) -> int:
    """Bytes of a file, as far as they are known before it is read."""
    try:
        return Path(source.name).stat().st_size if isinstance(source, FileSource) else 0
    except OSError:
        return 0


def _parallel(sources: Iterable[Source], setup: Setup, engine: Engine, jobs: int) -> Iterator[Examined]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    sys.stdout.flush()  # a fork would print again what waits
    method = _method()
    start = (setup, engine if method == "fork" else None)
    waiting: deque[tuple[Source, Callable[[], Work]]] = deque()
    local = setup.examiner(engine)
    with ProcessPoolExecutor(jobs, get_context(method), initializer=_start, initargs=start) as pool:
        for source in sources:
            waiting.append((source, _submit(pool, source, local)))
            if len(waiting) > jobs * AHEAD:
                yield _finish(*waiting.popleft())
        while waiting:
            yield _finish(*waiting.popleft())


def _method() -> str:
    """A fork has everything loaded, but is safe only where no other thread could hold a lock at that moment."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def _submit(pool: ProcessPoolExecutor, source: Source, local: Examiner) -> Callable[[], Work]:
    """Standard input cannot cross a process border and is examined here."""
    if source.kind == "stdin":
        return lambda: _examine(local, source)
    from concurrent.futures.process import BrokenProcessPool

    try:
        future: Future[Work] = pool.submit(_work, source)
    except BrokenProcessPool:
        return lambda: _examine(local, source)  # the pool is gone: the rest is examined here
    return future.result


def _finish(source: Source, result: Callable[[], Work]) -> Examined:
    try:
        return Examined(source, *result())
    except Exception as problem:  # whatever killed the worker: the source was not examined, and that must show
        gap = Gap(source.path, "worker-failed", type(problem).__name__)
        report = SourceReport(source.path, "unknown", 0, 0, "", "failed")
        return Examined(source, Examination(), (report,), (gap,))


def _start(setup: Setup, engine: Engine | None) -> None:
    global _examiner
    _examiner = setup.examiner(engine)


def _work(source: Source) -> Work:
    if _examiner is None:
        raise RuntimeError("worker was not started")
    return _examine(_examiner, source)


def _examine(examiner: Examiner, source: Source) -> Work:
    result = examiner.examine(source)
    return result, source.reports(result.dialect), source.gaps
