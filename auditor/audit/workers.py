"""Sources examined by worker processes: small ones travel together, results come in input order.

Workers send back finds only: fingerprints, masks and places, never a value. One that dies takes the whole pool with it,
so what was under way is examined again, one source at a time, and only the source that kills leaves a gap.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from auditor.audit.examine import Examiner
from auditor.audit.pool import Examined, Setup, Work, examine, failed, size
from auditor.detect.engine import Engine
from auditor.intake import Source

GROUP, MEMBERS = 8 << 20, 64
"""Bytes, and sources, that travel together: a message costs as much as examining 300 KB."""
AHEAD = 4
"""Groups in flight per worker: enough to keep it busy, few enough to keep memory bounded."""
_examiner: Examiner | None = None
"""A worker's own; set once when it starts."""


class Workers:
    """A pool of processes for one audit."""

    def __init__(self, setup: Setup, engine: Engine, jobs: int) -> None:
        """Start `jobs` processes; `engine` is handed on where processes are forked."""
        self._setup, self._engine, self._jobs = setup, engine, jobs
        self._local = setup.examiner(engine)
        self._pool = self._new(jobs)
        self._careful: ProcessPoolExecutor | None = None

    def examine(self, sources: Iterable[Source]) -> Iterator[Examined]:
        """Yield every source, examined, in order."""
        waiting: deque[tuple[list[Source], Future[list[Work]] | None]] = deque()
        try:
            for group in _groups(sources):
                waiting.append((group, self._submit(group)))
                if len(waiting) > self._jobs * AHEAD:
                    yield from self._finish(*waiting.popleft())
            while waiting:
                yield from self._finish(*waiting.popleft())
        finally:
            for one in filter(None, (self._pool, self._careful)):
                one.shutdown(cancel_futures=True)

    def _new(self, jobs: int) -> ProcessPoolExecutor:
        sys.stdout.flush()  # a fork would print again what waits
        method = _method()
        start = (self._setup, self._engine if method == "fork" else None)
        return ProcessPoolExecutor(jobs, get_context(method), initializer=_start, initargs=start)

    def _submit(self, group: list[Source]) -> Future[list[Work]] | None:
        """Standard input cannot cross a process border: it is examined here, when its turn comes."""
        if group[0].kind == "stdin":
            return None
        try:
            return self._pool.submit(_work, group)
        except BrokenProcessPool:
            self._pool = self._new(self._jobs)
            return self._pool.submit(_work, group)

    def _finish(self, group: list[Source], future: Future[list[Work]] | None) -> Iterator[Examined]:
        if future is None:
            works = [examine(self._local, source) for source in group]
        else:
            try:
                works = future.result()
            except BrokenProcessPool:
                works = [self._again(source) for source in group]
        for source, work in zip(group, works, strict=True):
            yield Examined(source, *work)

    def _again(self, source: Source) -> Work:
        self._careful = self._careful or self._new(1)
        try:
            return self._careful.submit(_work, [source]).result()[0]
        except BrokenProcessPool as problem:
            self._careful = None
            return failed(source, problem)


def _method() -> str:
    """A fork has everything loaded, but is safe only where no other thread could hold a lock at that moment."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def _groups(sources: Iterable[Source]) -> Iterator[list[Source]]:
    group: list[Source] = []
    total = 0
    for source in sources:
        more = size(source)
        if group and (total + more > GROUP or len(group) == MEMBERS or "stdin" in (source.kind, group[0].kind)):
            yield group
            group, total = [], 0
        group.append(source)
        total += more
    if group:
        yield group


def _start(setup: Setup, engine: Engine | None) -> None:
    global _examiner
    _examiner = setup.examiner(engine)


def _work(group: list[Source]) -> list[Work]:
    if _examiner is None:
        raise RuntimeError("worker was not started")
    return [examine(_examiner, source) for source in group]
