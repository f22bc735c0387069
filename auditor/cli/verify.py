"""`auditor verify`: check a report again, by itself, by its signature, and by its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.document import Document
from auditor.errors import ExitCode, UsageProblem, VerificationFailed

if TYPE_CHECKING:
    from auditor.evidence.verification import Line

EXAMPLES = """
\b
Examples:
  auditor verify audit.json                                   digests, equations, bytes
  auditor verify audit.json -f html=audit.html                … and that the page is of this document
  auditor verify audit.json --key audit-key.pub               … and the signature (audit.json.dsse.json)
  auditor verify audit.json --unsigned --inputs ~             … and that the inputs still begin with what was examined
"""
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog=EXAMPLES)
@click.argument("report", type=_FILE)
@click.option(
    "-f", "--format", "targets", multiple=True, metavar="FORMAT=FILE", help="Another report of this document."
)
@click.option("--key", type=_FILE, metavar="PUB", help="Public key (PEM) the report must be signed with.")
@click.option("--signature", type=_FILE, metavar="FILE", help="DSSE envelope; default REPORT.dsse.json.")
@click.option("--unsigned", is_flag=True, help="Do not look for a signature.")
@click.option(
    "--inputs",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="ROOT",
    help="Folder that holds the inputs, or a copy of them: compare their digests.",
)
@click.option(
    "--originals",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="ROOT",
    help="Of a redaction manifest: folder with the files as they were; only listed spans may differ.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say only what does not hold.")
def command(
    report: Path,
    targets: tuple[str, ...],
    key: Path | None,
    signature: Path | None,
    unsigned: bool,
    inputs: Path | None,
    originals: Path | None,
    quiet: bool,
) -> int:
    """Check REPORT: a document of `auditor scan -f json=FILE`, or a manifest of `auditor redact --manifest FILE`.

    Its content digest and coverage equations must hold, it must render to the same bytes, and, where asked for, its
    signature and the digests of the inputs must hold. Exit code: 0 all hold, 5 something does not, 2 cannot be checked.
    """
    from auditor.evidence import verification
    from auditor.report.canonical import read

    if _is_manifest(report):
        return _manifest(report, inputs, originals, quiet)
    if originals:
        raise UsageProblem("--originals is for a redaction manifest")
    document = read(report)
    reports = {report.name: report.read_bytes(), **_others(targets)}
    lines = [*verification.content(document), *_rendered(document, report, targets)]
    signed = list(_signed(document, reports, report, key, signature, unsigned))
    lines += signed
    if inputs:
        lines += verification.inputs(document, inputs)
    _show(lines, quiet)
    if not signed and not quiet:
        click.echo("note  no signature was checked: anyone could have made this document", err=True)
    return ExitCode.CLEAN if verification.sound(lines) else ExitCode.VERIFICATION


def _is_manifest(report: Path) -> bool:
    import orjson

    from auditor.evidence.redaction import looks_like_manifest

    try:
        return looks_like_manifest(orjson.loads(report.read_bytes()))
    except (OSError, orjson.JSONDecodeError):
        return False  # reading it as a document says what is wrong


def _manifest(report: Path, inputs: Path | None, originals: Path | None, quiet: bool) -> int:
    from auditor.evidence import redaction, verification

    lines = list(redaction.verify(redaction.read(report), inputs, originals))
    _show(lines, quiet)
    return ExitCode.CLEAN if verification.sound(lines) else ExitCode.VERIFICATION


def _others(targets: Sequence[str]) -> dict[str, bytes]:
    found = {}
    for _name, path in _split(targets):
        try:
            found[path.name] = path.read_bytes()
        except OSError as problem:
            raise UsageProblem(f"{path}: {problem.strerror or 'cannot be read'}") from None
    return found


def _split(targets: Sequence[str]) -> Iterator[tuple[str, Path]]:
    for one in targets:
        name, equals, path = one.partition("=")
        if not equals or not path:
            raise UsageProblem("a report to check is FORMAT=FILE")
        yield name, Path(path)


def _rendered(document: Document, report: Path, targets: Sequence[str]) -> Iterator[Line]:
    from auditor.evidence.verification import rendering
    from auditor.report.formats import render

    for name, path in [("json", report), *_split(targets)]:
        yield rendering(name, path.read_bytes(), render(document, name))


def _signed(
    document: Document,
    reports: dict[str, bytes],
    report: Path,
    key: Path | None,
    named: Path | None,
    unsigned: bool,
) -> Iterator[Line]:
    """A signature is checked whenever there is one: an unchecked one would look like a checked one."""
    from auditor.evidence import signing, verification

    envelope = named or report.with_name(report.name + signing.SUFFIX)
    if unsigned or (not key and not named and not envelope.exists()):
        if key or named:
            raise UsageProblem("--unsigned contradicts --key and --signature")
        return
    if not key:
        raise UsageProblem(f"{envelope}: a signature needs a key to check it", "Give --key PUB, or say --unsigned.")
    try:
        data = envelope.read_bytes()
    except OSError:
        raise VerificationFailed(f"{report}: not signed (there is no {envelope.name})") from None
    statement = signing.verify(data, key)
    yield verification.Line("signature", True, f"key {signing.public_id(key)[:16]}")
    yield from verification.signature(statement, reports, document)


def _show(lines: Sequence[Line], quiet: bool) -> None:
    from auditor.safe.text import visible

    for line in lines:
        if not (quiet and line.good):
            detail = f": {line.detail}" if line.detail else ""
            click.echo(visible(f"{'ok  ' if line.good else 'FAIL'}  {line.what}{detail}"), err=not line.good)
