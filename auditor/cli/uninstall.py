"""`auditor uninstall codex`: takes away what `install` wrote."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.install import SCOPES
from auditor.codex.install import Scope, apply, target
from auditor.codex.uninstall import plan_removal


@click.command()
@click.argument("client", type=click.Choice(["codex"]))
@SCOPES[0]
@SCOPES[1]
@SCOPES[2]
@SCOPES[3]
@SCOPES[4]
@click.option("--dry-run", is_flag=True, help="Change nothing, say what would change.")
def command(client: str, scope: Scope, codex_home: Path | None, etc: Path | None, dry_run: bool) -> int:
    """Take our hooks, MCP proxies and skill out of Codex; what others wrote stays. Reports and ledger stay too."""
    changes = plan_removal(target(scope, codex_home, etc=etc))
    for change in changes:
        click.echo(f"{'would remove' if dry_run else 'removing'} from {change.path}: {change.what}")
    if not changes:
        click.echo("nothing to do: not installed")
    if not dry_run:
        for backup in apply(changes):
            click.echo(f"backup: {backup}")
    return 0
