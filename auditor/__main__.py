"""`python -m auditor` and the console script: one entry point.

Two verbs start for every command of an agent, so they go past click and everything it brings.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    arguments = sys.argv[1:]
    if arguments == ["hook"]:
        from auditor.codex.hook import main as hook

        sys.exit(hook())
    if arguments[:2] == ["run", "--shell"] and len(arguments) == 5 and arguments[3] == "-c":
        from auditor.redact.shell import run_text

        sys.exit(run_text(arguments[2], arguments[4]))
    from auditor.cli import run

    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
