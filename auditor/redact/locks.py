"""Whether a live Codex writes a thread: the advisory lock it holds while a session runs.

A live thread holds an exclusive lock on `thread-writer-locks/<thread id>.lock` below CODEX_HOME and removes the file at
a clean exit (seen with Codex 0.169); a file left by a crash is there but not locked.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from auditor import lazy

_THREAD = lazy.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FOLDER = "thread-writer-locks"


def held(path: Path) -> bool:
    """Tell whether the thread of a rollout is being written right now."""
    return any(_locked(lock) for lock in _locks(path))


def any_held(home: Path) -> bool:
    """Tell whether any thread of a CODEX_HOME is being written right now."""
    folder = home / _FOLDER
    return folder.is_dir() and any(_locked(lock) for lock in sorted(folder.glob("*.lock")))


def _locks(path: Path) -> list[Path]:
    """Locks of the threads a file name mentions, in the nearest folder above that has locks."""
    threads = _THREAD.findall(path.name)
    for folder in path.absolute().parents:
        if (folder / _FOLDER).is_dir():
            return [folder / _FOLDER / f"{thread}.lock" for thread in threads]
    return []


def _locked(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
