"""`auditor baseline`: keep what is known, tell what is new, drop what is gone; detect-secrets baselines both ways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli import options as shared
from auditor.document import Document, Incident
from auditor.errors import ExitCode, UsageProblem

if TYPE_CHECKING:
    from auditor.audit.examine import Label
    from auditor.model import Found

EXAMPLES = """
\b
Examples:
  auditor baseline create audit.json -o known.json --reason "rotated 2026-11-20" --owner dba
  auditor baseline create ~/.codex -o known.json --from-detect-secrets .secrets.baseline
  auditor baseline diff known.json audit.json
  auditor baseline prune known.json audit.json
"""
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(epilog=EXAMPLES)
def command() -> None:
    """Keep a list of known credentials by keyed fingerprint, and compare audits with it.

    What is audited is a stored document (`auditor scan -f json=FILE`) or PATHs; without any, the whole CODEX_HOME.
    """


_trust = click.option("--trust-project-config", is_flag=True, help="Believe a baseline inside the audited tree.")
_update = click.option("--update", is_flag=True, help="Add to the file instead of refusing to replace it.")


@command.command()
@shared.source_options
@click.option("-o", "--output", type=_FILE, required=True, metavar="FILE", help="The baseline to write.")
@_update
@click.option("--by-path", is_flag=True, help="Know each credential only in the files where it stands now.")
@click.option("--reason", default="", help="Why they are accepted.")
@click.option("--owner", default="", help="Who answers for that.")
@click.option("--from-detect-secrets", "legacy", type=_FILE, metavar="FILE", help="Only what this baseline knows.")
@shared.rule_options
@shared.key_options
def create(
    paths: tuple[str, ...],
    codex_home: Path | None,
    output: Path,
    update: bool,
    by_path: bool,
    reason: str,
    owner: str,
    legacy: Path | None,
    rules: tuple[Path, ...],
    key_file: Path | None,
) -> int:
    """Write a baseline of what an audit finds."""
    from auditor.evidence import baseline, detect_secrets
    from auditor.safe.files import write_private

    if output.exists() and not update:
        raise UsageProblem(f"{output}: exists already", "Add to it with --update.")
    if legacy:
        known = detect_secrets.read(legacy)
        found: set[str] = set()
        document = _audited(paths, codex_home, rules, key_file, known, _collect(found))
        made = detect_secrets.imported(document, found, legacy.name, owner)
    else:
        made = baseline.create(
            _document(paths, codex_home, rules, key_file), reason=reason, owner=owner, by_path=by_path
        )
    added = len(made.entries)
    if output.exists():
        old = baseline.read(output, trusted=True)
        made = baseline.merged(old, made)
        added = len(made.entries) - len(old.entries)
    write_private(output, baseline.dump(made))
    click.echo(f"{output}: {len(made.entries)} known, {added} of them added", err=True)
    return ExitCode.CLEAN


@command.command()
@click.argument("file", type=_FILE)
@shared.source_options
@_trust
@shared.rule_options
@shared.key_options
def diff(
    file: Path,
    paths: tuple[str, ...],
    codex_home: Path | None,
    trust_project_config: bool,
    rules: tuple[Path, ...],
    key_file: Path | None,
) -> int:
    """Tell what an audit finds that FILE does not know. Exit code: 1 something new, 0 nothing, 3 audit incomplete."""
    from auditor.evidence import baseline

    known = baseline.read(file, _audited_paths(paths), trusted=trust_project_config)
    document = _document(paths, codex_home, rules, key_file)
    found = baseline.diff(known, document)
    for one in found.new:
        click.echo(f"new   {_line(one)}")
    for entry in found.gone:
        click.echo(f"gone  inc-{entry.fingerprint[:12]} {entry.kind}")
    click.echo(f"{len(found.new)} new, {len(found.known)} known, {len(found.gone)} gone", err=True)
    if found.new:
        return ExitCode.FINDINGS
    return ExitCode.CLEAN if document["summary"]["complete"] else ExitCode.INCOMPLETE


@command.command()
@click.argument("file", type=_FILE)
@shared.source_options
@shared.rule_options
@shared.key_options
def prune(
    file: Path, paths: tuple[str, ...], codex_home: Path | None, rules: tuple[Path, ...], key_file: Path | None
) -> int:
    """Take entries out of FILE that a complete audit no longer finds."""
    from auditor.evidence import baseline
    from auditor.safe.files import write_private

    known = baseline.read(file, trusted=True)  # it can only become shorter
    pruned = baseline.prune(known, _document(paths, codex_home, rules, key_file))
    gone = len(known.entries) - len(pruned.entries)
    if gone:
        write_private(file, baseline.dump(pruned))
    click.echo(f"{file}: {gone} removed, {len(pruned.entries)} left", err=True)
    return ExitCode.CLEAN


@command.command()
@shared.source_options
@click.option(
    "--detect-secrets", "output", type=_FILE, required=True, metavar="FILE", help="Write it in detect-secrets' format."
)
@shared.rule_options
@shared.key_options
def export(
    paths: tuple[str, ...], codex_home: Path | None, output: Path, rules: tuple[Path, ...], key_file: Path | None
) -> int:
    """Write a baseline that detect-secrets reads. Its plain SHA-1 hashes let short secrets be guessed."""
    from auditor.evidence import detect_secrets
    from auditor.safe.files import create_private

    found: list[Found] = []
    document = _audited(paths, codex_home, rules, key_file, detect_secrets.hashed, found.append)
    if not create_private(output, detect_secrets.export(document, found)):
        raise UsageProblem(f"{output}: exists already")
    click.echo(f"{output}: {detect_secrets.WARNING}", err=True)
    return ExitCode.CLEAN


def _collect(found: set[str]) -> Callable[[Found], None]:
    return lambda one: found.add(one.fingerprint) if one.labels else None


def _audited_paths(paths: tuple[str, ...]) -> list[str]:
    """What a stored document was made from is not here; only paths that are audited now can hide a baseline."""
    from auditor.cli.stored import is_stored

    return [path for path in paths if path != "-" and not is_stored(path)]


def _document(
    paths: tuple[str, ...], codex_home: Path | None, rules: tuple[Path, ...], key_file: Path | None
) -> Document:
    """The stored document, if the one argument is one; else an audit."""
    from auditor.cli.stored import stored

    kept = stored(paths, codex_home)
    return kept or _audited(paths, codex_home, rules, key_file, None, lambda found: None)


def _audited(
    paths: tuple[str, ...],
    codex_home: Path | None,
    rules: tuple[Path, ...],
    key_file: Path | None,
    label: Label | None,
    observe: Callable[[Found], None],
) -> Document:
    from auditor.audit.pipeline import audit
    from auditor.audit.request import ScanRequest
    from auditor.safe.files import load_key

    request = ScanRequest(
        paths=paths,
        codex_home=codex_home,
        rules=rules,
        key=load_key(key_file),
        label=label,
        generated=shared.now(None),
        arguments=("baseline", *paths),
    )
    return audit(request, observe=observe)


def _line(one: Incident) -> str:
    from auditor.safe.text import visible

    first = one["occurrences"][0]["place"] if one["occurrences"] else None
    where = f"  {first['path']}:{first['line']}" if first else ""
    return visible(f"{one['id']} {one['severity']} {one['kind']} {one['mask']}{where}")
