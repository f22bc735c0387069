"""Moves bytes from one descriptor through a filter to another: each line leaves as soon as it arrives.

A filter that fails never eats output silently: the block is withheld and a note with its size takes its place.
"""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Callable
from typing import Protocol

READ_SIZE = 1 << 20
"""Bytes per read: large enough for a pass over much at once, small enough to stay in the cache."""

IDLE_SECONDS = 0.05
"""After such a pause a prompt without newline shows, and a line that waits for the next one leaves."""


class Filter(Protocol):
    """What `Redactor` offers: bytes in, bytes out."""

    def feed(self, data: bytes) -> bytes:
        """Take bytes, return what may leave now."""

    def idle(self) -> bytes:
        """Nothing came for a while: return what may leave without its line's end (a prompt)."""

    def flush(self) -> bytes:
        """Input ended: return the rest."""


def write_all(descriptor: int, data: bytes) -> None:
    """Write all bytes to a descriptor (pipes take less than they are given)."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def guarded(step: Callable[[], bytes], size: int) -> bytes:
    """Return what a filter step gives, or a visible note instead of the `size` bytes it failed on."""
    try:
        return step()
    except Exception as problem:  # whatever it is, its text may quote the input
        return f"\n[auditor: filter failed ({type(problem).__name__}); {size} bytes withheld]\n".encode()


def pump(source: int, target: int, filtered: Filter) -> None:
    """Filter everything from descriptor `source` to `target` until the source ends.

    Raises:
        BrokenPipeError: nobody reads the target any more.
    """
    while data := os.read(source, READ_SIZE):
        _write(target, guarded(lambda data=data: filtered.feed(data), len(data)))  # type: ignore[misc]
        if not select.select([source], [], [], IDLE_SECONDS)[0]:
            _write(target, guarded(filtered.idle, 0))
    _write(target, guarded(filtered.flush, 0))


def learn(source: int, filtered: Filter) -> None:
    """Show a file to a filter, so that it knows each value from the file's start on, and go back to where it stood.

    What cannot be read twice (a pipe, a terminal) is left alone.
    """
    if not stat.S_ISREG(os.fstat(source).st_mode):
        return
    begin = os.lseek(source, 0, os.SEEK_CUR)
    while data := os.read(source, READ_SIZE):
        guarded(lambda data=data: filtered.feed(data), len(data))  # type: ignore[misc]
    guarded(filtered.flush, 0)
    os.lseek(source, begin, os.SEEK_SET)


def _write(target: int, data: bytes) -> None:
    if data:
        write_all(target, data)
