"""`auditor report`: render a stored document, or audit paths and render."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli import options as shared
from auditor.cli.judging import Judging, audited_roots, judging_options
from auditor.document import Document
from auditor.errors import ExitCode
from auditor.report.formats import FORMATS

EXAMPLES = """
\b
Examples:
  auditor report audit.json -f html=audit.html     render a document that `auditor scan -f json=…` kept
  auditor report fixtures -f html=a.html -f sarif=a.sarif
  auditor report today.json --since-document last-week.json

\b
Formats:
""" + "\n".join(f"  {name:10} {about}" for name, (_module, about) in FORMATS.items())


@click.command(epilog=EXAMPLES)
@shared.source_options
@click.option(
    "-f", "--format", "targets", multiple=True, metavar="FORMAT[=FILE]", help="Write a report; `-` is stdout."
)
@click.option("--framework", "frameworks", multiple=True, metavar="ID", help="Only controls of this framework.")
@click.option("--title", default="", help="Title of the report.")
@click.option("--scope", default="", help="What the audit was to cover, in your words.")
@click.option(
    "--since-document",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OLD.json",
    help="Tell what is new, still open and gone since this document.",
)
@click.option("--exit-zero", is_flag=True, help="Exit 0 on findings and gaps.")
@shared.output_options
@shared.rule_options
@shared.key_options
@judging_options
@shared.work_options
@click.option("--now", metavar="TIME", help="Time printed in the report (reproducible reports).")
def command(
    paths: tuple[str, ...],
    codex_home: Path | None,
    targets: tuple[str, ...],
    frameworks: tuple[str, ...],
    title: str,
    scope: str,
    since_document: Path | None,
    exit_zero: bool,
    quiet: bool,
    color: str,
    no_progress: bool,
    rules: tuple[Path, ...],
    key_file: Path | None,
    jobs: int,
    now: str | None,
    judging: Judging,
) -> int:
    """Render a stored audit document, or audit PATHs (without any: the whole CODEX_HOME) and render the result.

    A stored document (a file or `-`, also packed) is checked first: whole, version, shape, content digest; with
    declarations or accepted findings it is judged again. Exit code as of `auditor scan`.
    """
    from auditor.cli.output import masked, show_and_publish
    from auditor.cli.scan import exit_code
    from auditor.cli.stored import stored
    from auditor.report.canonical import read
    from auditor.report.publish import targets as parsed
    from auditor.report.selection import presented
    from auditor.report.trend import compared

    wanted = parsed(targets)
    judging.check(wanted)
    earlier = read(since_document) if since_document else None
    kept = stored(paths, codex_home)
    progress = shared.wants_progress(quiet, no_progress)
    document = kept or _audited(paths, codex_home, rules, key_file, jobs, now, (title, scope), progress=progress)
    document = judging.judged(document, () if kept else audited_roots(paths, codex_home))
    named = [masked(one, rules, key_file) if kept else "" for one in (title, scope)]
    document = presented(document, title=named[0], scope=named[1], frameworks=frameworks)
    if earlier:
        document = compared(document, earlier)
    inputs = [*paths, *([str(since_document)] if since_document else [])]
    show_and_publish(document, wanted, rules, color, quiet=quiet, inputs=inputs)
    judging.attest(document, wanted)
    return ExitCode.CLEAN if exit_zero else exit_code(document, "info")


def _audited(
    paths: tuple[str, ...],
    codex_home: Path | None,
    rules: tuple[Path, ...],
    key_file: Path | None,
    jobs: int,
    now: str | None,
    named: tuple[str, str],
    *,
    progress: bool,
) -> Document:
    from auditor.audit.pipeline import audit
    from auditor.audit.request import ScanRequest
    from auditor.cli.scan import shown_progress
    from auditor.codex.failures import known as failed_hooks
    from auditor.safe.files import load_key

    request = ScanRequest(
        paths=paths,
        codex_home=codex_home,
        rules=rules,
        key=load_key(key_file),
        jobs=jobs,
        title=named[0],
        scope=named[1],
        generated=shared.now(now),
        arguments=("report", *paths),
        gaps=() if paths or codex_home else failed_hooks(),
    )
    with shown_progress(progress) as advance:
        return audit(request, advance)
