"""Reads the text of a file or a stream, layers off, before it is decided whether it is something to examine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from auditor.intake import ahead
from auditor.intake.damage import Damage
from auditor.intake.digest import Digest
from auditor.intake.file import STREAMS
from auditor.intake.layers import Reader, peel
from auditor.intake.opening import opened
from auditor.intake.settings import DEFAULTS
from auditor.intake.stdin import STDIN
from auditor.intake.stored import Stored


@contextmanager
def peeked(path: str) -> Iterator[Reader]:
    """Open what a user named; what is read of a stream is there again for whoever examines it afterwards.

    Raises:
        Damage: it is not there, not readable, not a file, or of a compression we do not read.
    """
    if path == STDIN:
        with _rewound(0) as stored:
            yield peel(stored, path, DEFAULTS)[0]
        return
    with opened(path, follow=True, stream=path.startswith(STREAMS)) as file:
        if stat.S_ISREG(file.status.st_mode):
            yield peel(Stored(file.descriptor, Digest(), file.status.st_size or None), path, DEFAULTS)[0]
            return
        with _rewound(file.descriptor) as stored:
            yield peel(stored, path, DEFAULTS)[0]


@contextmanager
def _rewound(descriptor: int) -> Iterator[Stored]:
    try:
        os.fstat(descriptor)
    except OSError as problem:
        raise Damage.of(problem) from None
    stored = _Recorded(descriptor, Digest(), None)
    try:
        yield stored
    finally:
        ahead.keep(descriptor, stored.all())


class _Recorded(Stored):
    """A stream that remembers what it handed out."""

    def __init__(self, descriptor: int, digest: Digest, size: int | None) -> None:
        super().__init__(descriptor, digest, size)
        self._parts: list[bytes] = []

    def read(self, size: int) -> bytes:
        """See `Stored`."""
        self._parts.append(data := super().read(size))
        return data

    def all(self) -> bytes:
        """Return everything that was taken from the stream."""
        return b"".join([*self._parts, self._ahead])
