"""`auditor run --shell SHELL -c TEXT`: shell text under the filter, by the shell that would have run it.

The text is one argument from end to end, so heredocs, comments, several lines and background jobs mean what they meant.
"""

from __future__ import annotations

import os

from auditor.redact.deferred import Clean, redactor
from auditor.redact.run import run


def run_text(shell: str, text: str, clean: Clean) -> int:
    """Run shell text filtered; see `auditor.redact.run.run` for what is returned.

    Args:
        shell: program to give the text to: `$0` of the calling shell, which may begin with a dash (a login shell).
        text: any shell text.
        clean: see `auditor.redact.deferred.redactor`.
    """
    return run((_program(shell), "-c", text), lambda: redactor(clean))


def _program(shell: str) -> str:
    named = shell.removeprefix("-").strip()
    return named or os.environ.get("SHELL") or "/bin/sh"
