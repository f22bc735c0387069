"""Option groups that several verbs share: the same flag means the same everywhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import click

from auditor.errors import UsageProblem

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _group(*options: Decorator) -> Decorator:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


key_options = _group(
    click.option(
        "--key-file",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="AUDITOR_KEY_FILE",
        help="Fingerprint key (32 bytes, mode 0600); share it to compare reports. Default: your own.",
    ),
)

rule_options = _group(
    click.option(
        "--rules",
        multiple=True,
        type=click.Path(path_type=Path, exists=True),
        help="More rule packs: a .toml file or a folder of them. May be given several times.",
    ),
)

source_options = _group(
    click.argument("paths", nargs=-1, metavar="[PATH]..."),
    click.option(
        "--codex-home",
        type=click.Path(path_type=Path, file_okay=False),
        help="Codex's folder, audited beside PATHs. Without either: $CODEX_HOME or ~/.codex.",
    ),
)

work_options = _group(
    click.option(
        "-j",
        "--jobs",
        type=click.IntRange(0, 256),
        default=0,
        help="Worker processes. Default: one for each processor, where there is enough to read.",
    ),
)


def _not_empty(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
    """Refuse an empty id, which a script's unset variable leaves: it is the beginning of every id."""
    if value is not None and not value.strip():
        raise UsageProblem(f"{parameter.opts[0]}: the id is empty", "Name one, or leave the option out for all.")
    return value or ""


session_option = click.option(
    "--session", metavar="ID", callback=_not_empty, help="Only this session (an id or its beginning)."
)
incident_option = click.option(
    "--incident", metavar="ID", callback=_not_empty, help="Only the sessions and marks of this incident."
)

selection_options = _group(
    click.option(
        "--since", metavar="TIME", help="Only events from this ISO 8601 time on; a date means its start (local time)."
    ),
    click.option(
        "--until", metavar="TIME", help="Only events up to this time; a date means its end: the day is included."
    ),
    session_option,
    click.option(
        "--confidence",
        type=click.Choice(["low", "medium", "high"]),
        default="medium",
        show_default=True,
        help="Least confidence to report; `low` shows placeholders and samples too.",
    ),
)

output_options = _group(
    click.option("-q", "--quiet", is_flag=True, help="No report on the terminal; files and exit code only."),
    click.option(
        "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours; default auto."
    ),
    click.option("--no-progress", is_flag=True, help="No progress bar, also on a terminal."),
)


def moment(text: str | None, option: str, *, of_date: time = time.min) -> datetime | None:
    """Return an option's time, aware; a date means this time of the day in local time. Raises `UsageProblem`."""
    if text is None:
        return None
    try:
        found = datetime.combine(date.fromisoformat(text), of_date) if _is_date(text) else datetime.fromisoformat(text)
        return found if found.tzinfo else found.astimezone()
    except (ValueError, OverflowError):
        raise UsageProblem(
            f"{option}: not an ISO 8601 date or time", "Write it like 2026-11-23 or 2026-11-23T10:00Z."
        ) from None


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def period(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """Return the times of `--since` and `--until`, both inclusive, whole days where they are dates.

    Raises:
        UsageProblem: one is no time, or nothing lies between them.
    """
    begin, end = moment(since, "--since"), moment(until, "--until", of_date=time.max)
    if begin and end and begin > end:
        raise UsageProblem(
            "--since is later than --until", "Nothing lies between, which would read like a clean result."
        )
    return begin, end


def now(text: str | None) -> str:
    """Return the report's time (RFC 3339, UTC): `--now`, SOURCE_DATE_EPOCH, or the clock. Raises `UsageProblem`."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not text and epoch.isdigit():
        return _utc(datetime.fromtimestamp(int(epoch), UTC))
    return _utc(moment(text, "--now") or datetime.now(UTC))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def colour(choice: str) -> bool:
    """Decide on colour: the option beats NO_COLOR and FORCE_COLOR, which beat the terminal (no-color.org)."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    forced = os.environ.get("FORCE_COLOR", "") + os.environ.get("CLICOLOR_FORCE", "")
    return bool(forced.strip("0")) or sys.stdout.isatty()


def wants_progress(quiet: bool, no_progress: bool) -> bool:
    """Tell whether a progress bar helps anybody: a person at a terminal, not a CI job."""
    silent = quiet or no_progress or bool(os.environ.get("CI")) or os.environ.get("TERM") == "dumb"
    return not silent and sys.stderr.isatty()
