"""What `trace` and `explain` share: a document, stored or made now, and the gate in front of standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from auditor.cli import options as shared
from auditor.document import Document
from auditor.errors import ExitCode


def document_of(
    paths: Sequence[str], codex_home: Path | None, rules: Sequence[Path], key_file: Path | None, *, progress: bool
) -> Document:
    """Return the stored document that a path names, or audit the paths (none: the whole CODEX_HOME).

    Raises:
        UsageProblem: a stored document is damaged, or stands beside other paths.
        VerificationFailed: a stored document was changed.
    """
    from auditor.cli.stored import stored

    return stored(paths, codex_home) or _audited(paths, codex_home, rules, key_file, progress=progress)


def _audited(
    paths: Sequence[str], codex_home: Path | None, rules: Sequence[Path], key_file: Path | None, *, progress: bool
) -> Document:
    from auditor.audit.pipeline import audit
    from auditor.audit.request import ScanRequest
    from auditor.cli.scan import shown_progress
    from auditor.safe.files import load_key

    request = ScanRequest(
        paths=tuple(paths), codex_home=codex_home, rules=tuple(rules), key=load_key(key_file),
        jobs=0, generated=shared.now(None), every_session=True,
    )  # fmt: skip
    with shown_progress(progress) as advance:
        document = audit(request, advance)
    _tell_gaps(document)
    return document


def _tell_gaps(document: Document) -> None:
    from auditor.report.reading import gap_told
    from auditor.safe.terminal import line

    for gap in document["coverage"]["gaps"]:
        click.echo(f"not examined: {line(gap['path'])}: {line(gap_told(gap), 200)}", err=True)


def ending(document: Document) -> ExitCode:
    """Return the exit code of what is told from a document: its story may lack what was not examined."""
    return ExitCode.CLEAN if document["summary"]["complete"] else ExitCode.INCOMPLETE


def say(data: bytes, rules: Sequence[Path], what: str) -> None:
    """Write to standard output what holds no credential.

    Raises:
        VerificationFailed: it would hold one; nothing is written.
    """
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.report.publish import check

    check(data, Engine(load(rules)), what)
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
