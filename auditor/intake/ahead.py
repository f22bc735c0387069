"""What was looked at of a stream before it is examined: a pipe gives its bytes once, so they are kept for its reader.

A stream is known by its inode, since one pipe has many names (`-`, `/dev/stdin`, `/dev/fd/63`).
"""

from __future__ import annotations

import os

_KEPT: dict[tuple[int, int], bytes] = {}


def keep(descriptor: int, data: bytes) -> None:
    """Give bytes of a stream back to whoever reads it next."""
    _KEPT[_identity(descriptor)] = data


def taken(descriptor: int) -> bytes:
    """Return what was given back of a stream; the next one gets nothing."""
    if not _KEPT:
        return b""
    try:
        return _KEPT.pop(_identity(descriptor), b"")
    except OSError:  # a closed stream, which reading it will tell
        return b""


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino
