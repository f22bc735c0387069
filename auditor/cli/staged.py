"""`auditor staged`: the commit hook."""

from __future__ import annotations

import click

from auditor.errors import ExitCode, UsageProblem
from auditor.safe.terminal import line

SHOWN = 20


@click.command()
@click.argument("names", nargs=-1, metavar="[FILE]...")
@click.option("--fix", is_flag=True, help="Redact the FILEs in the working tree; stage them again afterwards.")
def command(names: tuple[str, ...], fix: bool) -> int:
    """Check what git is about to commit: FILEs as they are staged, or all that is staged.

    \b
    As a plain git hook (.git/hooks/pre-commit):
      #!/bin/sh
      exec auditor staged
    """
    from auditor.codex.commit import fix as fixed
    from auditor.codex.commit import leaks
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.model import Gap
    from auditor.safe.files import load_key

    engine, key = Engine(load()), load_key()
    if fix:
        if not names:
            raise UsageProblem("--fix changes files, so it needs their names")
        return _told(fixed(names, engine, key))
    found = leaks(names, engine, key)
    gaps = [one for one in found if isinstance(one, Gap)]
    bad = [one for one in found if not isinstance(one, Gap)]
    if bad:
        _refuse(len(bad))
    for leak in bad[:SHOWN]:
        click.echo(f"  {line(leak.path)}:{leak.line}: {leak.mask}")
    if len(bad) > SHOWN:
        click.echo(f"  … and {len(bad) - SHOWN} more")
    for gap in gaps:
        click.echo(f"not examined: {line(gap.path)}: {gap.reason}")
    if bad:
        click.echo("Cut them out with `auditor staged --fix FILE`, stage again, and rotate what was written there.")
    return ExitCode.FINDINGS if bad else ExitCode.INCOMPLETE if gaps else ExitCode.CLEAN


def _refuse(count: int) -> None:
    from auditor.codex.commit import thread

    by = f" (made by Codex thread {thread()})" if thread() else ""
    click.echo(f"auditor: commit stopped{by}: {count} credential{'s' if count > 1 else ''} staged")


def _told(result: object) -> int:
    from auditor.redact.manifest import Manifest

    assert isinstance(result, Manifest)
    for one in result.changed:
        click.echo(f"Redacted {len(one.spans)} values in {line(one.path)}")
    for one in result.problems:
        click.echo(f"{one.action}: {line(one.path)}: {line(one.reason)}")
    if result.changed:
        click.echo("Stage the files again, and rotate what was written there.")
    if result.problems:
        return ExitCode.INCOMPLETE
    return ExitCode.CHANGED if result.changed else ExitCode.CLEAN
