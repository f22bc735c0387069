"""`python -m auditor` and the console script: one entry point.

Two verbs start for every command of an agent, so they go past click and everything it brings.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    arguments = sys.argv[1:]
    if arguments == ["hook"]:
        from auditor.codex.hook import main as hook

        os._exit(hook())  # all is written; taking the interpreter down would cost a tenth of the time
    if arguments[:2] == ["run", "--shell"] and len(arguments) == 5 and arguments[3] == "-c":
        from auditor.codex.gate import clean
        from auditor.redact.shell import run_text

        sys.exit(run_text(arguments[2], arguments[4], clean))
    from auditor.cli import run

    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
