"""`auditor trace`: the story of sessions as a timeline."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli import options as shared

EXAMPLES = """
\b
Examples:
  auditor trace rollout.jsonl              what happened, step by step, and where it leaked
  auditor trace audit.json --incident inc-3fa9
  auditor trace --session 01a20a42         one session of your CODEX_HOME
"""


@click.command(epilog=EXAMPLES)
@shared.source_options
@shared.session_option
@shared.incident_option
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours; default auto.")
@click.option("--no-progress", is_flag=True, help="No progress bar, also on a terminal.")
@shared.rule_options
@shared.key_options
def command(
    paths: tuple[str, ...],
    codex_home: Path | None,
    session: str,
    incident: str,
    color: str,
    no_progress: bool,
    rules: tuple[Path, ...],
    key_file: Path | None,
) -> int:
    """Draw sessions as a timeline: turns, steps, where a credential leaked and where it went.

    PATH is a transcript, a folder, or a document that `auditor scan -f json=FILE` kept; `-` is standard
    input. Exit code: 0, or 3 when something in scope could not be examined.
    """
    from auditor.cli.output import screen
    from auditor.cli.story import document_of, ending, say
    from auditor.report.story import timeline

    document = document_of(paths, codex_home, rules, key_file, progress=shared.wants_progress(False, no_progress))
    shape = screen(color)
    data = timeline(document, session=session, incident=incident, width=shape.width, colour=shape.colour)
    say(data, rules, "timeline")
    return ending(document)
