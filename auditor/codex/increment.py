"""The look at what a turn added to a transcript: from a stored cursor to the last whole line.

The cursor (inode and offset) moves in the transaction that notes what was found, so a killed hook looks again and never
skips. A transcript that shrank or was replaced is looked at from its start.
"""

from __future__ import annotations

import os
import stat
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

BUDGET = 64 << 20
"""Bytes looked at per call; the rest is left to the next one, and to the audit after the session."""

_BLOCK = 1 << 20
_LINE = 16 << 20


def look(path: str) -> Counter[str]:
    """Return kinds and numbers of credentials that are new in a transcript since the last look.

    Raises:
        OSError: the transcript cannot be read.
        sqlite3.OperationalError: the ledger cannot be used.
    """
    from auditor.codex.ledger import Ledger

    if path.endswith((".zst", ".gz")):
        return Counter()  # closed long ago; the audit reads it
    with Ledger() as ledger:
        descriptor = _open(path)
        try:
            status = os.fstat(descriptor)
            inode, offset = ledger.cursor(path)
            start = offset if inode == status.st_ino and offset <= status.st_size else 0
            found, end = _found(descriptor, start)
        finally:
            os.close(descriptor)
        with ledger.change():
            ledger.move_cursor(path, status.st_ino, end)
            return Counter(ledger.see(sorted(found.items()), time.time()))


def _open(path: str) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("not a regular file")
    return descriptor


def _found(descriptor: int, start: int) -> tuple[dict[str, str], int]:
    """Fingerprint → kind, and the offset after the last whole line."""
    found: dict[str, str] = {}
    end = start
    for lines in whole_lines(descriptor, start):
        found.update(_scanned(lines))
        end += len(lines)
    return found, end


def whole_lines(descriptor: int, start: int, budget: int = BUDGET, *, rest: bool = False) -> Iterator[bytes]:
    """Yield whole lines from an offset in blocks; a line longer than we hold leaves in pieces.

    Args:
        descriptor: an open file.
        start: byte to begin at.
        budget: bytes to read at most.
        rest: yield what stands after the last newline too.
    """
    left, at = b"", start
    while at - start < budget and (data := os.pread(descriptor, _BLOCK, at)):
        at += len(data)
        text = left + data
        cut = text.rfind(b"\n") + 1 or (len(text) if len(text) > _LINE else 0)
        left = text[cut:]
        if cut:
            yield text[:cut]
    if rest and left:
        yield left


def _scanned(data: bytes) -> dict[str, str]:
    from auditor.codex import detector, gate

    if gate.clean(data):
        return {}
    with suppress(RecursionError):
        return detector.fingerprints(data)
    return {}
