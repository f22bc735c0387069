"""`auditor run -- COMMAND`: a command with its output filtered."""

from __future__ import annotations

import click


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, required=True, metavar="-- COMMAND [ARGUMENT]...")
def command(words: tuple[str, ...]) -> int:
    """Run a command with credentials cut out of what it prints.

    Exit status, signals, the order of stdout and stderr, and a terminal are kept.

    \b
    Example:
      auditor run -- sh -c 'cat .env'
    """
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.redact.run import run
    from auditor.redact.stream import Redactor
    from auditor.safe.files import load_key

    rules, key = load(), load_key()
    return run(words, lambda: Redactor(Engine(rules), key))
