"""Work done in processes: small items travel together, results come in order.

A worker that dies takes the whole pool with it. What was under way is done again, and the rest after it, one item at a
time in a process beside this one: only the item that kills is lost. Ctrl-C is this process's to hear: a worker that
it ended in the middle of a message would leave the others waiting. They end when this process does.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any, Generic, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Item_contra = TypeVar("Item_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)
GROUP, MEMBERS = 16 << 20, 64
"""Bytes, and items, that go to a worker together: a message costs as much as examining 300 KB."""
SHARE = 16
"""Where there is much, a group may be this part of what went before: so the last one keeps nobody waiting for long."""
AHEAD = 4
"""Groups in flight per worker: enough to keep it busy, few enough to keep memory bounded."""

_GRACE = 1.0
"""Seconds in which an interrupted worker removes what it made."""


class Task(Protocol[Item_contra, Result_co]):
    """What is done with each item. Items and results can be pickled; the task itself where `forks` is false."""

    def here(self, item: Item_contra) -> bool:
        """Whether an item cannot go to another process."""

    def work(self, item: Item_contra) -> Result_co:
        """Do it; never raises."""

    def lost(self, item: Item_contra, problem: Exception) -> Result_co:
        """What is said of an item that kills whoever works on it."""


_task: Task[Any, Any] | None = None
"""What a worker does; set once when it starts."""


class Workers(Generic[Item, Result]):
    """A pool of processes for one task."""

    def __init__(self, task: Task[Item, Result], jobs: int) -> None:
        """Start `jobs` processes."""
        self._task, self._jobs = task, jobs
        self._pool = self._new(jobs)
        self._broken = False
        self._careful: ProcessPoolExecutor | None = None

    def map(self, items: Iterable[Item], size: Callable[[Item], int]) -> Iterator[tuple[Item, Result]]:
        """Yield every item with its result, in order; `size` in bytes decides how many travel together."""
        waiting: deque[tuple[Sequence[Item], Future[list[Result]] | None]] = deque()
        try:
            for group in grouped(items, size, self._task.here):
                waiting.append((group, self._submit(group)))
                if len(waiting) > self._jobs * AHEAD:
                    yield from self._finish(*waiting.popleft())
            while waiting:
                yield from self._finish(*waiting.popleft())
        except BaseException:
            self._end(wait=False)
            raise
        self._end(wait=True)

    def _end(self, *, wait: bool) -> None:
        for pool in filter(None, (self._pool, self._careful)):
            pool.shutdown(wait=wait, cancel_futures=True)

    def _new(self, jobs: int) -> ProcessPoolExecutor:
        sys.stdout.flush()  # a fork would print again what waits
        method = "fork" if forks() else "spawn"
        return ProcessPoolExecutor(jobs, get_context(method), initializer=_start, initargs=(self._task,))

    def _submit(self, group: Sequence[Item]) -> Future[list[Result]] | None:
        if self._broken or self._task.here(group[0]):
            return None
        try:
            with _deaf():
                return self._pool.submit(_work, group)
        except BrokenProcessPool:
            return None

    def _finish(self, group: Sequence[Item], future: Future[list[Result]] | None) -> Iterator[tuple[Item, Result]]:
        yield from zip(group, self._results(future) or map(self._alone, group), strict=True)

    def _results(self, future: Future[list[Result]] | None) -> list[Result]:
        """What a worker made of a group, nothing when there is no worker any more."""
        try:
            return future.result() if future else []
        except BrokenProcessPool:
            self._broken = True
            self._pool.shutdown()  # its threads end with it: the next processes can be forks again
            return []

    def _alone(self, item: Item) -> Result:
        if self._task.here(item):
            return self._task.work(item)
        self._careful = self._careful or self._new(1)
        try:
            with _deaf():
                done = self._careful.submit(_work, [item])
            results: list[Result] = done.result()
        except BrokenProcessPool as problem:
            self._careful.shutdown()
            self._careful = None
            return self._task.lost(item, problem)
        return results[0]


@contextmanager
def _deaf() -> Iterator[None]:
    """What is started inside does not hear Ctrl-C: processes inherit what is blocked (POSIX.1-2024, fork)."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def forks() -> bool:
    """Return whether workers are forks, which have everything loaded: safe only where no other thread could hold a
    lock at that moment."""
    return sys.platform == "linux" and threading.active_count() == 1


def grouped(items: Iterable[Item], size: Callable[[Item], int], alone: Callable[[Item], bool]) -> Iterator[list[Item]]:
    """Put neighbours together; those that stay in this process are groups of their own."""
    group: list[Item] = []
    total = before = 0
    for item in items:
        more = size(item)
        full = total + more > max(GROUP, before // SHARE) or len(group) == MEMBERS
        if group and (full or alone(item) or alone(group[0])):
            yield group
            group, total, before = [], 0, before + total
        group.append(item)
        total += more
    if group:
        yield group


def _start(task: Task[Any, Any]) -> None:
    global _task
    _task = task
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A pool whose maker is gone would wait for work for ever; what it works on ends as by Ctrl-C."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        _thread.interrupt_main()
        time.sleep(_GRACE)
        os._exit(1)


def _work(group: Sequence[Any]) -> list[Any]:
    if _task is None:
        raise RuntimeError("worker was not started")
    return [_task.work(item) for item in group]
