"""`auditor ledger`: what hooks saw over time."""

from __future__ import annotations

import json
import time

import click

from auditor.codex.ledger import Ledger, absorb
from auditor.errors import UsageProblem
from auditor.safe.terminal import line

LEAST = 4
"""Digits of a fingerprint that name an incident."""


@click.group()
def command() -> None:
    """List, resolve and accept what hooks and session audits saw. Holds keyed fingerprints, never a credential."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Rotated and accepted ones too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def list_(everything: bool, as_json: bool) -> int:
    """List incidents, failed hooks, and the queue. Exit code 1 when incidents or failures are open."""
    with Ledger() as book:
        absorb(book)
        incidents, failures = book.incidents("" if everything else "open"), book.failures()
        queued, last = book.queued(), book.last_run()
    if as_json:
        found = {
            "incidents": [one._asdict() for one in incidents],
            "failures": [one._asdict() for one in failures],
            "queued": queued,
            "last_run": last,
        }
        click.echo(json.dumps(found, indent=2))
    else:
        for one in incidents:
            click.echo(
                f"{one.fingerprint[:12]}  {one.kind:20} {one.status:9} {_day(one.first_seen)} … {_day(one.last_seen)}  "
                + line(one.note)
            )
        for failure in failures:
            click.echo(f"failed: {line(failure.event)}: {line(failure.problem)} at {_day(failure.at)}")
        click.echo(f"{len(incidents)} incidents, {len(failures)} failed hooks, {queued} sessions waiting")
    return 1 if failures or any(one.status == "open" for one in incidents) else 0


@command.command(short_help="Say that a credential was rotated.")
@click.argument("fingerprint", required=False)
@click.option("--failures", is_flag=True, help="All failed hooks: they were looked at.")
def resolve(fingerprint: str | None, failures: bool) -> int:
    """Say that a credential was rotated (FINGERPRINT as listed), or that failed hooks were looked at."""
    if bool(fingerprint) == failures:
        raise UsageProblem("one of FINGERPRINT and --failures")
    if fingerprint:
        return _mark(fingerprint, "rotated", "")
    with Ledger() as book:
        absorb(book)
        with book.change():
            count = book.resolve_failures()
    click.echo(f"resolved {count} failures")
    return 0


@command.command(short_help="Accept a credential that is no risk.")
@click.argument("fingerprint")
@click.option("--reason", required=True, help="Why this is no risk.")
def accept(fingerprint: str, reason: str) -> int:
    """Accept a credential that is no risk (a test value, an expired one)."""
    return _mark(fingerprint, "accepted", reason)


def _mark(fingerprint: str, status: str, note: str) -> int:
    if len(fingerprint) < LEAST:
        raise UsageProblem(f"a fingerprint needs {LEAST} digits at least", "`auditor ledger list --all` shows them.")
    with Ledger() as book, book.change():
        known = book.mark(fingerprint.lower(), status, note)
    if len(known) != 1:
        raise UsageProblem(
            f"{len(known)} incidents have a fingerprint that begins so", "`auditor ledger list --all` shows them."
        )
    click.echo(f"{known[0][:12]} is {status}")
    return 0


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at))
