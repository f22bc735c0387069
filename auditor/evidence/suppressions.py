"""Exceptions: accepted findings with reason, owner and expiry. Nothing is hidden silently: reports count each.

A suppression names one credential by its keyed fingerprint. When it expires, the finding returns and says so.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from auditor import lazy
from auditor.compliance.settings import parsed_time, refuse_unknown, strings, text
from auditor.document import Document, Incident, Suppression
from auditor.errors import UsageProblem
from auditor.evidence.trust import outside

DEFAULT_DAYS = 90
LONGEST_DAYS = 366
"""An exception is looked at once a year at least."""
_KEYS = ("fingerprint", "incident", "rule", "paths", "reason", "owner", "created", "expires", "ticket", "id")
_FINGERPRINT = lazy.compile(r"[0-9a-f]{12,32}")
_INCIDENT = lazy.compile(r"inc-([0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One accepted finding. `fingerprint` is at least its first 12 hex digits; `expires` is the last day it holds."""

    id: str
    fingerprint: str
    reason: str
    owner: str
    expires: date | None
    rule: str = ""
    paths: tuple[str, ...] = ()
    created: date | None = None
    ticket: str = ""
    source: str = "suppressions"

    def covers(self, incident: Incident) -> bool:
        """Tell whether it speaks of the incident; one place outside of its paths, and it does not."""
        if not incident["fingerprint"].startswith(self.fingerprint):
            return False
        if self.rule and self.rule not in incident["rules"]:
            return False
        places = (place["path"] for one in incident["occurrences"] for place in (one["place"], *one["copies"]))
        return not self.paths or all(any(fnmatch.fnmatchcase(path, glob) for glob in self.paths) for path in places)

    def expired(self, today: date) -> bool:
        """Tell whether its last day has passed."""
        return self.expires is not None and today > self.expires


def read(path: Path, audited: Iterable[str] = (), *, trusted: bool = False) -> tuple[Acceptance, ...]:
    """Return the suppressions of a TOML file, in file order.

    Args:
        path: the file, with `[[suppression]]` tables.
        audited: what the audit reads; the file may not stand inside of it …
        trusted: … unless the operator says it may.

    Raises:
        Refused: it stands inside the audited tree.
        UsageProblem: unreadable, unknown key, missing reason, owner or date, expiry too far away, repeated id.
    """
    if not trusted:
        outside(path, audited)
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise UsageProblem(f"{path}: {problem.strerror or 'cannot be read'}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UsageProblem(f"{path}: not TOML") from problem
    refuse_unknown(table, ("suppression",), str(path))
    rows = table.get("suppression", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageProblem(f"{path}: `suppression` must be a list of tables")
    found = tuple(_acceptance(row, f"{path}: suppression {number}") for number, row in enumerate(rows, 1))
    if len({one.id for one in found}) < len(found):
        raise UsageProblem(f"{path}: two suppressions have the same id")
    return found


def apply(document: Document, exceptions: Sequence[Acceptance], today: date) -> Document:
    """Return the document with covered incidents marked and every exception counted.

    The first exception that holds covers an incident; an expired one that would have covered it is named in `returned`.
    Apply before enrichment, since a suppressed incident touches no control.
    """
    hits = dict.fromkeys((one.id for one in exceptions), 0)
    incidents = [_marked(incident, exceptions, today, hits) for incident in document["incidents"]]
    rows = [_row(one, hits[one.id], today) for one in exceptions if one.source == "suppressions" or hits[one.id]]
    return {**document, "incidents": incidents, "suppressions": rows}


def today_of(generated: str) -> date:
    """Return the day of a report's time (RFC 3339), so that a frozen time freezes expiry too; today without one."""
    return (parsed_time(generated) or datetime.now(UTC)).astimezone(UTC).date()


def _marked(incident: Incident, exceptions: Sequence[Acceptance], today: date, hits: dict[str, int]) -> Incident:
    covering = [one for one in exceptions if one.covers(incident)]
    holding = next((one.id for one in covering if not one.expired(today)), "")
    expired = next((one.id for one in covering if one.expired(today)), "")
    for name in {holding, "" if holding else expired} - {""}:
        hits[name] += 1
    marked: Incident = {**incident, "suppressed": holding}
    return {**marked, "returned": expired} if expired and not holding else marked


def _row(one: Acceptance, hits: int, today: date) -> Suppression:
    return {
        "id": one.id,
        "fingerprint": one.fingerprint,
        "reason": one.reason,
        "owner": one.owner,
        "expires": one.expires.isoformat() if one.expires else "",
        "expired": one.expired(today),
        "hits": hits,
        "ticket": one.ticket,
        "created": one.created.isoformat() if one.created else "",
        "source": one.source,
    }


def _acceptance(row: Mapping[str, Any], where: str) -> Acceptance:
    refuse_unknown(row, _KEYS, where)
    fingerprint = _fingerprint(row, where)
    created = _day(row, "created", where)
    if created is None:
        raise UsageProblem(f"{where}: `created` is required", "Write the day it was accepted: created = 2026-11-23")
    expires = _day(row, "expires", where) or created + timedelta(days=DEFAULT_DAYS)
    if not timedelta(0) <= expires - created <= timedelta(days=LONGEST_DAYS):
        raise UsageProblem(f"{where}: `expires` must be within {LONGEST_DAYS} days after `created`")
    return Acceptance(
        id=text(row, "id", where) or f"sup-{fingerprint[:12]}",
        fingerprint=fingerprint,
        reason=text(row, "reason", where, required=True),
        owner=text(row, "owner", where, required=True),
        expires=expires,
        rule=text(row, "rule", where),
        paths=tuple(strings(row, "paths", where)),
        created=created,
        ticket=text(row, "ticket", where),
    )


def _fingerprint(row: Mapping[str, Any], where: str) -> str:
    named = _INCIDENT.fullmatch(text(row, "incident", where))
    found = named[1] if named else text(row, "fingerprint", where)
    if not _FINGERPRINT.fullmatch(found):
        hint = "Take `incident` or `fingerprint` from the report; a rule or a path alone cannot be suppressed."
        raise UsageProblem(f"{where}: names no credential", hint)
    return found


def _day(row: Mapping[str, Any], key: str, where: str) -> date | None:
    found = row.get(key)
    if isinstance(found, str):
        try:
            found = date.fromisoformat(found)
        except ValueError:
            raise UsageProblem(f"{where}: `{key}` is no date", "Write 2026-11-23.") from None
    if found is not None and (not isinstance(found, date) or isinstance(found, datetime)):
        raise UsageProblem(f"{where}: `{key}` is no date", "Write 2026-11-23.")
    return found
