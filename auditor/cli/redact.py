"""`auditor redact`: a stream filter, and redaction in place."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from auditor.cli import options as shared
from auditor.errors import AuditorError, ExitCode, UsageProblem
from auditor.redact import settings as settings_files
from auditor.redact.inplace import InPlace, Options
from auditor.redact.manifest import FileChange, Manifest
from auditor.redact.overwrite import Journal
from auditor.redact.stream import Redactor

if TYPE_CHECKING:
    from auditor.detect.engine import Engine

_NO_TEXT = {
    b"SQLite format 3\0": "a database",
    b"\x28\xb5\x2f\xfd": "compressed (zstd)",
    b"\x1f\x8b": "compressed (gzip)",
    b"\xfd7zXZ\0": "compressed (xz)",
    b"PK\x03\x04": "compressed (zip)",
}

EXAMPLES = """
\b
Examples:
  codex exec --json "…" | auditor redact            filter a stream
  auditor redact build.log > clean.log              filter a file
  auditor redact --in-place --dry-run --codex-home  see what would change
  auditor redact --in-place --codex-home            clean every transcript, database and log
"""


def _folder(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Refuse a file behind `--codex-home`: it was meant to be redacted too, not to be taken for the folder."""
    if value and not Path(value).is_dir():
        raise click.BadParameter("not a folder. Put files before the option.")
    return value


@click.command(epilog=EXAMPLES)
@click.argument("paths", nargs=-1, metavar="[FILE|-]...")
@click.option("--in-place", is_flag=True, help="Change the files themselves; transcripts keep their length.")
@click.option(
    "--codex-home", is_flag=False, flag_value="", metavar="[DIRECTORY]", callback=_folder,
    help="In place: everything in CODEX_HOME ($CODEX_HOME or ~/.codex), or in another one.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Stream: cut whole credentials, host and user too.")
@click.option("--dry-run", is_flag=True, help="In place: change nothing, say what would change.")
@click.option("--diff", is_flag=True, help="In place: list every span that changes (masked).")
@click.option("--live", is_flag=True, help="In place: overwrite while a session appends to the file.")
@click.option(
    "--replace",
    is_flag=True,
    help="In place: full markers in closed plain files, whose length changes (transcripts keep it).",
)
@click.option(
    "--settings/--no-settings",
    default=None,
    help="In place: config.toml, .env and the like too (full markers); the default with --codex-home.",
)
@click.option("--manifest", type=click.Path(path_type=Path, dir_okay=False), help="Write what changed, as JSON.")
@shared.rule_options
@shared.key_options
def command(
    paths: tuple[str, ...],
    in_place: bool,
    codex_home: str | None,
    strict: bool,
    dry_run: bool,
    diff: bool,
    live: bool,
    replace: bool,
    settings: bool | None,
    manifest: Path | None,
    rules: tuple[Path, ...],
    key_file: Path | None,
) -> int:
    """Cut credentials out of a stream or out of files.

    Without --in-place FILEs (or standard input) are filtered to standard output, line by line; exit code 3 says that
    some text was encoded too deeply to be looked into. Exit code in place: 0 nothing to do, 4 files changed, 3 some
    file could not be redacted, 5 a check failed.
    """
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.safe.files import load_key

    engine, key = Engine(load(rules)), load_key(key_file)
    if not in_place:
        if codex_home is not None or dry_run or diff or live or replace or settings is not None or manifest:
            raise UsageProblem("this option changes files, so it needs --in-place")
        try:
            _filter(paths or ("-",), Redactor(engine, key, strict=strict))
            return _unseen(engine)
        except BrokenPipeError:  # caught here: click would end with 1, which means findings
            return ExitCode.BROKEN_PIPE
        except OSError as problem:
            reason = os.strerror(problem.errno or 0).lower()
            raise AuditorError(
                f"reading or writing failed ({reason})", "What was written so far is redacted."
            ) from None
    if not paths and codex_home is None:
        raise UsageProblem("nothing to redact", "Name files or folders, or give --codex-home.")
    options = Options(dry_run, live, replace, settings is not False if codex_home is not None else bool(settings))
    result = _in_place(paths, codex_home, InPlace(engine, key, _journal(key), options))
    _tell(result, diff)
    if manifest:
        from auditor.safe.files import write_private

        write_private(manifest, orjson.dumps(result.as_dict(), option=orjson.OPT_INDENT_2) + b"\n")
    return _exit_code(result)


def _unseen(engine: Engine) -> ExitCode:
    """Tell what was passed on without being looked into."""
    limits = engine.take_counters().limits
    for reason, count in sorted(limits.items()):
        click.echo(f"incomplete: {count} encoded texts not looked into ({reason})", err=True)
    return ExitCode.INCOMPLETE if limits else ExitCode.CLEAN


def _filter(paths: tuple[str, ...], redactor: Redactor) -> None:
    """Filter each path to standard output. Files are read twice: a value is cut also before the place that tells it."""
    from auditor.redact.pump import learn, pump
    from auditor.redact.recoded import Recoded

    filtered = Recoded(redactor)
    for path in paths:
        with _opened(path) as source:
            learn(source, filtered)
    for path in paths:
        with _opened(path) as source:
            pump(source, 1, filtered)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    if path == "-":
        _keep_readable("standard input", 0)
        yield 0
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below
    except OSError as problem:
        raise UsageProblem(f"{path}: cannot be read ({os.strerror(problem.errno or 0).lower()})") from None
    with file:
        _keep_apart(path, file.fileno())
        _keep_readable(path, file.fileno())
        yield file.fileno()


def _keep_apart(path: str, descriptor: int) -> None:
    """Refuse `auditor redact FILE >> FILE`: it would read its own output for ever."""
    source, target = os.fstat(descriptor), os.fstat(1)
    if stat.S_ISREG(target.st_mode) and os.path.samestat(source, target):
        raise UsageProblem(f"{path}: input and output are one file", "Use --in-place.")


def _keep_readable(path: str, descriptor: int) -> None:
    """Refuse what a filter of text would pass on as it is, and people would take for clean."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return
    head = os.pread(descriptor, 16, os.lseek(descriptor, 0, os.SEEK_CUR))
    what = next((name for magic, name in _NO_TEXT.items() if head.startswith(magic)), "")
    if what:
        raise UsageProblem(f"{path}: {what}, no text", "Use --in-place, or unpack it first.")


def _journal(key: bytes) -> Journal:
    from auditor.safe.files import state_folder

    return Journal(state_folder() / "journal", key)


def _in_place(paths: tuple[str, ...], codex_home: str | None, work: InPlace) -> Manifest:
    from auditor.intake import FileSource, discover

    found = [*(discover(paths) if paths else ()), *(discover((), codex_home or None) if codex_home is not None else ())]
    sources = [item for item in found if isinstance(item, FileSource)]
    manifest = work.run(sources)
    for item in found:
        reason = str(getattr(item, "reason", "not a file"))
        if not isinstance(item, FileSource) and reason != "missing-session":  # what is not there holds nothing
            manifest.files.append(FileChange(work.shown(item.path), "refused", reason=reason))
    return manifest


def _tell(result: Manifest, diff: bool) -> None:
    from auditor.safe.terminal import line

    verb = "would redact" if result.dry_run else "redacted"
    for one in result.changed:
        places = f"{len(one.spans)} place{'' if len(one.spans) == 1 else 's'}"
        click.echo(f"{verb} {places} in {line(one.path)}", err=True)
        for span in one.spans if diff else ():
            where = span.cell or f"byte {span.start}"
            after = f"{span.after} bytes with markers" if span.cell else span.marker or "marker"
            click.echo(f"  {line(where)}: {span.before} bytes -> {after}", err=True)
    if not result.dry_run and any(Path(one.path).name in settings_files.NAMES for one in result.changed):
        click.echo(settings_files.ADVICE, err=True)
    for one in result.problems:
        click.echo(f"{one.action}: {line(one.path)}: {line(one.reason.removeprefix(one.path + ': '))}", err=True)
    if not result.changed and not result.problems:
        click.echo("nothing to redact", err=True)


def _exit_code(result: Manifest) -> ExitCode:
    if any(one.action == "failed" for one in result.files):
        return ExitCode.VERIFICATION
    if result.problems:
        return ExitCode.INCOMPLETE
    return ExitCode.CHANGED if result.changed else ExitCode.CLEAN
