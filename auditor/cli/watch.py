"""`auditor watch`: leaks while they happen."""

from __future__ import annotations

import time
from pathlib import Path

import click

from auditor.errors import UsageProblem
from auditor.safe.terminal import line


@click.command()
@click.option(
    "--codex-home", type=click.Path(path_type=Path, file_okay=False), help="Default: $CODEX_HOME or ~/.codex."
)
def command(codex_home: Path | None) -> int:
    """Follow CODEX_HOME and print a line for every credential that is written, within a second. Ends with Ctrl-C.

    Hooks prevent leaks, this only tells of them; use it where no hooks can be installed.
    """
    from auditor.codex import place
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.safe.files import load_key

    try:
        from auditor.codex.watch import Watcher
    except ModuleNotFoundError:
        raise UsageProblem("watching needs the package watchfiles", "pip install 'auditor[watch]'") from None
    home = codex_home or Path(place.codex_home())
    if not home.is_dir():
        raise UsageProblem(f"{home}: not a folder", "Start Codex once, or name the folder with --codex-home.")
    watcher = Watcher(home, Engine(load()), load_key())
    watcher.start()
    click.echo(f"watching {line(str(home))}", err=True)
    for leak in watcher.follow():
        click.echo(f"{time.strftime('%H:%M:%S')} {line(leak.shown)}: {leak.mask} ({leak.kind}): rotate it")
    return 0
