"""`auditor explain`: one leak in a few sentences."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli import options as shared

EXAMPLES = """
\b
Examples:
  auditor explain inc-3fa9c1d2e4b5 audit.json
  auditor explain 3fa9                       in your CODEX_HOME; the beginning of an id is enough
"""


@click.command(epilog=EXAMPLES)
@click.argument("incident")
@shared.source_options
@click.option("--no-progress", is_flag=True, help="No progress bar, also on a terminal.")
@shared.rule_options
@shared.key_options
def command(
    incident: str,
    paths: tuple[str, ...],
    codex_home: Path | None,
    no_progress: bool,
    rules: tuple[Path, ...],
    key_file: Path | None,
) -> int:
    """Tell one leak: where it began, which migration step caused it, where it went, what rules were broken.

    INCIDENT is an id as `auditor scan` shows it. PATH is what to audit, or a document that was kept.
    Exit code: 0, or 3 when something in scope could not be examined.
    """
    from auditor.cli.story import document_of, ending, say
    from auditor.report.story import explanation

    document = document_of(paths, codex_home, rules, key_file, progress=shared.wants_progress(False, no_progress))
    say(explanation(document, incident), rules, "explanation")
    return ending(document)
