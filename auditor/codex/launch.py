"""Starts the worker so that nothing of it hangs on the hook: new session, no descriptors, no project on its path.

Codex waits for a hook's pipes to close and kills its process group on a time-out. Standard library only: hot path.
"""

from __future__ import annotations

import os
import sys


def worker(*arguments: str) -> None:
    """Start `auditor.codex.worker` with these arguments and return at once."""
    from auditor.codex import place

    folder = place.state()
    sys.stdout.flush()
    if os.fork():
        return
    try:  # the child; it never returns
        os.setsid()
        os.chdir(folder)  # a project's `auditor` folder must not be imported
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.closerange(3, 256)
        os.nice(10)
        os.execv(sys.executable, [sys.executable, "-P", "-m", "auditor.codex.worker", *arguments])  # noqa: S606
    finally:
        os._exit(1)
