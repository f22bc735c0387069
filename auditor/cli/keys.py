"""`auditor keys`: signing keys. The fingerprint key makes itself; this one is made when somebody wants to sign."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.errors import ExitCode

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Make signing keys and name them.

    A key is plain Ed25519 in PEM, so `openssl genpkey -algorithm ed25519` makes one too.
    """


@command.command(short_help="Make a key pair: FILE and FILE.pub.")
@click.argument("file", type=_FILE)
def create(file: Path) -> int:
    """Write a new private key to FILE (mode 0600) and its public half to FILE.pub.

    Example: auditor keys create audit-key && auditor scan -f json=audit.json --sign audit-key
    """
    from auditor.evidence import signing

    public = signing.create_key(file)
    click.echo(f"{public}: key {signing.public_id(public)}")
    return ExitCode.CLEAN


@command.command()
@click.argument("public", type=_FILE)
def show(public: Path) -> int:
    """Print the id of a public key, as reports signed with it show."""
    from auditor.evidence import signing

    click.echo(signing.public_id(public))
    return ExitCode.CLEAN
