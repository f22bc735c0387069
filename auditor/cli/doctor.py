"""`auditor doctor`: is everything in place."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.codex import place
from auditor.codex.doctor import examine
from auditor.safe.terminal import line


@click.command()
@click.option(
    "--codex-home", type=click.Path(path_type=Path, file_okay=False), help="Default: $CODEX_HOME or ~/.codex."
)
@click.option("--etc", type=click.Path(path_type=Path, file_okay=False), default=place.CODEX_MANAGED, hidden=True)
def command(codex_home: Path | None, etc: Path) -> int:
    """Check that hooks are installed, reviewed and working, and what else of Codex's settings leaks.

    Exit code 1 when something is a problem, 0 when there are warnings at most.
    """
    found = examine(codex_home or Path(place.codex_home()), Path.cwd(), etc)
    for one in found:
        click.echo(f"{one.level:8} {one.check:12} {line(one.text)}")
        if one.remedy and one.level != "ok":
            click.echo(f"{'':21} → {line(one.remedy)}")
    return 1 if any(one.level == "problem" for one in found) else 0
