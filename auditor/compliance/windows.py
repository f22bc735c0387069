"""Exposure windows and clocks: aids for the person who assesses. A log proves only lower bounds; the texts say so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from auditor.compliance.settings import Declaration, Settings, parsed_time, rfc3339
from auditor.document import Clock, Incident, Window

NOT_CHECKED = "not checked"


class Limit(NamedTuple):
    """A time limit of a law: `hours` from becoming aware."""

    id: str
    framework: str
    hours: int
    text: str


LIMITS: Sequence[Limit] = (
    Limit("gdpr-33-1", "gdpr", 72,
          "Assessment required (GDPR Art. 33(1)): if assessed as a personal data breach on detection, the "
          "72-hour limit runs from detection. A leaked credential is not by itself a personal data breach."),
    Limit("nis2-23-early", "nis2", 24,
          "Assessment required (NIS2 Art. 23(4)(a)): if assessed as a significant incident, the early warning is due "
          "24 hours after becoming aware."),
    Limit("nis2-23-notification", "nis2", 72,
          "Assessment required (NIS2 Art. 23(4)(b)): if assessed as a significant incident, the notification is due "
          "72 hours after becoming aware."),
    Limit("dora-19-initial", "dora", 24,
          "Assessment required (DORA Art. 19): if classified as a major ICT-related incident, the initial notification "
          "is due at the latest 24 hours after becoming aware."),
)  # fmt: skip
"""Regulation (EU) 2016/679 Art. 33(1); Directive (EU) 2022/2555 Art. 23(4); Del. Reg. (EU) 2025/301 Art. 5."""


def declaration(incident: Incident, settings: Settings) -> Declaration | None:
    """Return what the operator said of this credential."""
    return next((one for one in settings.declarations if one.speaks_of(incident["id"], incident["fingerprint"])), None)


def validity(incident: Incident, settings: Settings) -> str:
    """Return `not checked`, or the operator's word: we never ask a provider."""
    said = declaration(incident, settings)
    return said.validity if said else NOT_CHECKED


def window(incident: Incident, settings: Settings) -> Window:
    """Return the exposure window: from first sight to the declared revocation, else to the last sight."""
    first, last = incident["exposure"]["first_seen"], incident["exposure"]["last_seen"]
    said = declaration(incident, settings)
    closed = said.at if said and said.validity != "active" else ""
    start, end = parsed_time(first), parsed_time(closed or last)
    seconds = max(0, int((end - start).total_seconds())) if start and end else 0
    return {
        "first": first,
        "last": last,
        "closed": closed,
        "at_least_seconds": seconds,
        "to_detect_seconds": _between(first, settings.detected),
        "to_revoke_seconds": _between(settings.detected, closed),
        "text": _sentence(first, closed, seconds),
    }


def clocks(incident: Incident, settings: Settings) -> list[Clock]:
    """Return the limits that may follow; personal data for GDPR must be declared in reach, the others asked for."""
    if incident["rejected_by"] or incident["suppressed"]:
        return []
    return [
        {
            "id": one.id,
            "framework": one.framework,
            "hours": one.hours,
            "starts": "detection",
            "text": one.text,
            "due": due(settings.detected, one.hours),
        }
        for one in LIMITS
        if one.framework in settings.clocks and (one.framework != "gdpr" or "personal-data" in settings.regulated)
    ]


def due(detected: str, hours: int) -> str:
    """Return when a limit of `hours` from detection ends, empty for an unknown detection.

    Renderers pass the document's `run.generated` where the operator declared no time of detection.
    """
    start = parsed_time(detected)
    return rfc3339(start + timedelta(hours=hours)) if start else ""


def _between(earlier: str, later: str) -> int:
    start, end = parsed_time(earlier), parsed_time(later)
    return max(0, int((end - start).total_seconds())) if start and end else -1


def _sentence(first: str, closed: str, seconds: int) -> str:
    if not first:
        return "The log gives no time for it; how long it lay open is unknown."
    length = duration(seconds)
    if closed:
        return f"Open for at least {length}, until it was revoked as declared by the operator."
    if not seconds:
        return "The log shows it at one moment only; still open as far as known."
    return f"Open for at least {length} by the log's own times, and still open as far as known."


def duration(seconds: int) -> str:
    """Return a length of time in its two largest units (`3 d 4 h`, `12 min 5 s`, `0 s`)."""
    left, shown = seconds, []
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        number, left = divmod(left, length)
        if number:
            shown.append(f"{number} {unit}")
    return " ".join(shown[:2]) or "0 s"
