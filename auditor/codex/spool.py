"""Notes that hooks leave for the worker: one small file each, complete or absent, no lock to wait for.

A hook may be killed at any time, and fifty may run at once: a note is written to a name of its own, synced and renamed,
so that no other hook can hurt it. The worker moves notes into the ledger. Standard library only: hot path.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

SWEEP = "sweep"
"""Kind of a note that asks for a look at all sessions of a CODEX_HOME."""

_WRITING = 60.0
"""Seconds after which nobody writes a note any more."""
_LIMIT = 64 << 10
"""Bytes of one note; ours are a few hundred."""


def leave(folder: str, kind: str, content: Mapping[str, object]) -> str:
    """Write a note of a kind (`job`, `gap`, `SWEEP`); return its path."""
    stamp = f"{kind}-{time.time_ns():020d}-{os.getpid()}-{os.urandom(3).hex()}"
    temporary, final = os.path.join(folder, f".{stamp}"), os.path.join(folder, f"{stamp}.json")
    data = json.dumps({"at": round(time.time(), 3), **content}).encode("utf-8", "backslashreplace")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(temporary, final)
    return final


def notes(folder: str) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield path, kind and content of every whole note, oldest first; what is no note is moved aside, not lost."""
    with suppress(FileNotFoundError):
        for name in os.listdir(folder):
            if name.startswith("."):
                _adopt(folder, name)
        for name in sorted(os.listdir(folder)):
            kind, dash, _rest = name.partition("-")
            if dash and name.endswith(".json") and not name.startswith("."):
                path = os.path.join(folder, name)
                content = _content(path)
                if content is not None:
                    yield path, kind, content


def _adopt(folder: str, name: str) -> None:
    """A hook was killed before it could name its note: a whole one is taken in, a torn one goes (the next sweep looks
    for sessions that nobody audited)."""
    path = os.path.join(folder, name)
    with suppress(OSError):
        if time.time() - os.stat(path).st_mtime < _WRITING:
            return
        with open(path, "rb") as file:
            whole = isinstance(_parsed(file.read(_LIMIT)), dict)
        if whole:
            os.rename(path, os.path.join(folder, f"{name[1:]}.json"))
        else:
            os.unlink(path)


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _content(path: str) -> dict[str, object] | None:
    value = None
    with suppress(OSError), open(path, "rb") as file:
        value = _parsed(file.read(_LIMIT))
    if isinstance(value, dict):
        return value
    with suppress(OSError):
        os.rename(path, path + ".bad")
    return None
