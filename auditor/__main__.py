"""`python -m auditor` and the console script: one entry point.

Two verbs start for every command of an agent, so they go past click and everything it brings.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    arguments = sys.argv[1:]
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _fill_closed_streams()
    if arguments == ["hook"]:
        from auditor.codex.hook import main as hook

        os._exit(hook())  # all is written; taking the interpreter down would cost a tenth of the time
    if arguments[:2] == ["run", "--shell"] and len(arguments) == 5 and arguments[3] == "-c":
        from auditor.codex.gate import clean
        from auditor.redact.shell import run_text

        sys.exit(run_text(arguments[2], arguments[4], clean))
    from auditor.cli import run

    _leave(run(arguments))


def _leave(code: int) -> None:
    """End with what is registered for the end done and everything written, but the interpreter not taken down: that
    takes as long as to scan 20 MB, and after Ctrl-C it would wait for workers."""
    import atexit
    import threading

    from auditor.errors import ExitCode

    interrupted = code == ExitCode.INTERRUPTED
    if interrupted or threading.active_count() == 1:
        if not interrupted:
            atexit._run_exitfuncs()
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            sys.exit(code)  # the interpreter says what it could not write
        os._exit(code)
    sys.exit(code)


def _fill_closed_streams() -> None:
    """A closed standard stream must not become the next file we open; what is written to it goes nowhere."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY)  # takes the lowest free number; reading a closed input still fails
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - open until the end
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    main()
