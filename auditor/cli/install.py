"""`auditor install codex`: hooks, MCP proxy, environment policy, skill."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.codex.install import Scope, apply, plan, target

SCOPES = (
    click.option("--user", "scope", flag_value="user", default="user", help="For you: $CODEX_HOME (the default)."),
    click.option("--project", "scope", flag_value="project", help="For this project: .codex of the current folder."),
    click.option("--managed", "scope", flag_value="managed", help="For this machine: /etc/codex; needs no review."),
    click.option(
        "--codex-home", type=click.Path(path_type=Path, file_okay=False), help="With --user: this CODEX_HOME."
    ),
    click.option("--etc", type=click.Path(path_type=Path, file_okay=False), hidden=True),
)


@click.command()
@click.argument("client", type=click.Choice(["codex"]))
@SCOPES[0]
@SCOPES[1]
@SCOPES[2]
@SCOPES[3]
@SCOPES[4]
@click.option("--wrap-mcp", is_flag=True, help="Put every configured stdio MCP server behind `auditor mcp`.")
@click.option("--environment", is_flag=True, help="Keep variables that hold credentials from commands.")
@click.option("--no-skill", is_flag=True, help="Leave the agent skill out.")
@click.option("--dry-run", is_flag=True, help="Change nothing, say what would change.")
def command(
    client: str,
    scope: Scope,
    codex_home: Path | None,
    etc: Path | None,
    wrap_mcp: bool,
    environment: bool,
    no_skill: bool,
    dry_run: bool,
) -> int:
    """Install hooks into Codex that cut credentials out before model or disk see them.

    What is there stays; ours comes last; a second run changes nothing. A copy of each changed file is kept beside it.
    """
    changes = plan(target(scope, codex_home, etc=etc), wrap_mcp=wrap_mcp, environment=environment, skill=not no_skill)
    for change in changes:
        click.echo(f"{'would write' if dry_run else 'writing'} {change.path}: {change.what}")
    if not changes:
        click.echo("nothing to do: already installed")
    if dry_run or not changes:
        return 0
    for backup in apply(changes):
        click.echo(f"backup: {backup}")
    if scope != "managed" and any(change.path.name == "hooks.json" for change in changes):
        click.echo("Now open Codex and review the hooks once: /hooks. Until then Codex skips them without a word.")
    click.echo("`auditor doctor` tells whether all is well.")
    return 0
