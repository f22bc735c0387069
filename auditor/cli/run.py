"""`auditor run -- COMMAND`: a command with its output filtered."""

from __future__ import annotations

import click

from auditor.errors import UsageProblem


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--shell", metavar="SHELL", help="With -c: the shell that runs TEXT; default $SHELL.")
@click.option("-c", "text", metavar="TEXT", help="Run shell text instead of a command.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND [ARGUMENT]...")
def command(shell: str | None, text: str | None, words: tuple[str, ...]) -> int:
    """Run a command with credentials cut out of what it prints.

    Exit status, signals, the order of stdout and stderr, and a terminal are kept.

    \b
    Examples:
      auditor run -- alembic upgrade head
      auditor run -c 'cat .env | sort'
    """
    from auditor.codex.gate import clean
    from auditor.redact.deferred import redactor
    from auditor.redact.run import run
    from auditor.redact.shell import run_text

    if text is not None:
        if words:
            raise UsageProblem("-c takes one text, not a command beside it", "Quote it as one word.")
        return run_text(shell or "", text, clean)
    if shell is not None or not words:
        raise UsageProblem("no command", "Give it after --, e.g. auditor run -- cat .env")
    return run(words, lambda: redactor(clean))
