"""`auditor scan`: audit paths or the whole CODEX_HOME."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from auditor.audit.first import Progress
from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.cli import options as shared
from auditor.cli.judging import Judging, judging_options
from auditor.document import Document
from auditor.errors import ExitCode
from auditor.model import SEVERITIES, Gap

REDRAW = 0.1
"""Seconds between two drawings of the progress bar."""
EXAMPLES = """
\b
Examples:
  auditor scan                          audit your own CODEX_HOME
  auditor scan fixtures                 audit a folder
  auditor scan -f json=audit.json       keep the document; `auditor report` renders it later
  codex exec --json … | auditor scan -  audit a stream
"""


@click.command(epilog=EXAMPLES)
@shared.source_options
@click.option(
    "-f", "--format", "targets", multiple=True, metavar="FORMAT[=FILE]", help="Write a report; `-` is stdout."
)
@shared.output_options
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="info",
    show_default=True,
    help="Least severity that makes the exit code 1.",
)
@click.option("--exit-zero", is_flag=True, help="Exit 0 on findings and gaps (for reports only).")
@shared.selection_options
@click.option("--detect-secrets", is_flag=True, help="Ask detect-secrets' plugins too; slow (under 1 MB/s).")
@shared.rule_options
@shared.key_options
@judging_options
@shared.work_options
@click.option("--digest", type=click.Choice(["blake3", "sha256"]), default="blake3", help="Digest of inputs.")
@click.option("--now", metavar="TIME", help="Time printed in the report (reproducible reports).")
@click.option("--title", default="", help="Title of the report.")
@click.option("--scope", default="", help="What the audit was to cover, in your words.")
def command(
    paths: tuple[str, ...],
    codex_home: Path | None,
    targets: tuple[str, ...],
    quiet: bool,
    color: str,
    no_progress: bool,
    fail_on: str,
    exit_zero: bool,
    since: str | None,
    until: str | None,
    session: str,
    confidence: str,
    detect_secrets: bool,
    rules: tuple[Path, ...],
    key_file: Path | None,
    jobs: int,
    digest: str,
    now: str | None,
    title: str,
    scope: str,
    judging: Judging,
) -> int:
    """Find leaked credentials in session transcripts, databases and logs.

    Without PATH the whole CODEX_HOME is audited. `-` is standard input. Exit code: 0 clean and complete, 1 findings,
    3 something in scope could not be examined.
    """
    from auditor.cli.output import show_and_publish
    from auditor.report.publish import targets as parsed
    from auditor.safe.files import load_key

    wanted = parsed(targets)
    since_time, until_time = shared.period(since, until)
    judging.check(wanted)
    request = ScanRequest(
        paths=paths,
        codex_home=codex_home,
        rules=rules,
        key=load_key(key_file),
        jobs=jobs,
        confidence=confidence,  # type: ignore[arg-type]
        since=since_time,
        until=until_time,
        session=session,
        detect_secrets=detect_secrets,
        digest=digest,  # type: ignore[arg-type]
        title=title,
        scope=scope,
        generated=shared.now(now),
        arguments=("scan", *(["--detect-secrets"] if detect_secrets else []), *paths),
        gaps=() if paths or codex_home else _failed_hooks(),
    )
    with shown_progress(shared.wants_progress(quiet, no_progress)) as progress:
        document = audit(judging.applied(request), progress)
    show_and_publish(document, wanted, rules, color, quiet=quiet, inputs=paths)
    judging.attest(document, wanted)
    return ExitCode.CLEAN if exit_zero else exit_code(document, fail_on)


def _failed_hooks() -> tuple[Gap, ...]:
    from auditor.codex.failures import known

    return known()


def exit_code(document: Document, fail_on: str) -> ExitCode:
    """Findings at or above the threshold win over gaps, gaps over clean."""
    counts = document["summary"]["by_severity"]
    if any(counts.get(name) for name in SEVERITIES[SEVERITIES.index(fail_on) :]):
        return ExitCode.FINDINGS
    return ExitCode.CLEAN if document["summary"]["complete"] else ExitCode.INCOMPLETE


@contextmanager
def shown_progress(wanted: bool) -> Iterator[Progress]:
    """Show a progress bar on stderr while the body runs, if wanted; without colour, which `--color` is about."""
    if not wanted:
        yield lambda path, size: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TextColumn, TimeElapsedColumn, TransferSpeedColumn

    columns = (TextColumn("examining {task.fields[sources]} sources"), TransferSpeedColumn(), TimeElapsedColumn())
    # without a thread of its own: workers are forks only where there is none
    with Bar(*columns, console=Console(stderr=True, color_system=None), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("scan", total=None, sources=0)
        count, drawn = 0, 0.0

        def advance(path: str, size: int) -> None:
            nonlocal count, drawn
            count += 1
            bar.update(task, advance=size, sources=count)
            if time.monotonic() - drawn > REDRAW:
                bar.refresh()
                drawn = time.monotonic()

        yield advance
