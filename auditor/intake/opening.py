"""Opens a path without ever blocking, following a planted link, or reading what is not a file.

`O_NONBLOCK` keeps a FIFO from waiting for a writer, `O_NOFOLLOW` keeps a walk inside the tree it was given, and
what was opened is judged by its descriptor, so a swap between look and open changes nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from auditor.intake.damage import Damage

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class Opened(NamedTuple):
    """A readable descriptor and what it was when it was opened."""

    descriptor: int
    status: os.stat_result


@contextmanager
def opened(path: str, *, follow: bool, stream: bool = False) -> Iterator[Opened]:
    """Open a regular file for reading.

    Args:
        path: a path, undecodable bytes as surrogates.
        follow: a link at the end of the path may be followed (the user named it).
        stream: a pipe is fine too (`/dev/fd/63` of a shell's process substitution).

    Raises:
        Damage: it is not there, not readable, or not a file.
    """
    try:
        descriptor = os.open(path, _FLAGS | (0 if follow else os.O_NOFOLLOW))
    except OSError as problem:
        raise _refusal(path, problem, follow) from None
    except ValueError:
        raise Damage("not-a-file", "the name holds a NUL byte") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) and not (stream and _is_stream(status.st_mode)):
            raise Damage("not-a-file", kind_of(status.st_mode))
        os.set_blocking(descriptor, True)
        yield Opened(descriptor, status)
    finally:
        os.close(descriptor)


def _refusal(path: str, problem: OSError, follow: bool) -> Damage:
    damage = Damage.of(problem)
    if damage.reason == "symlink-loop" and not follow and Path(path).is_symlink():
        return Damage("not-a-file", "symbolic link")
    return damage


def _is_stream(mode: int) -> bool:
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode)


def kind_of(mode: int) -> str:
    """Return what a file mode says it is, in words."""
    names = (
        (stat.S_ISREG, "file"),
        (stat.S_ISDIR, "folder"),
        (stat.S_ISLNK, "symbolic link"),
        (stat.S_ISFIFO, "named pipe"),
        (stat.S_ISSOCK, "socket"),
        (stat.S_ISCHR, "character device"),
        (stat.S_ISBLK, "block device"),
    )
    return next((name for test, name in names if test(mode)), "special file")
