"""Where the work on an incident stands, from the operator's word and the redaction manifests alone; we ask nobody."""

from __future__ import annotations

from collections.abc import Collection

from auditor.compliance.settings import Settings
from auditor.compliance.windows import declaration
from auditor.document import Incident

STATUSES = ("open", "acknowledged", "rotated", "revoked", "redacted", "closed", "accepted")
"""In the order of the work. `closed` is rotated or revoked, and redacted at every place."""
DONE = frozenset({"rotated", "revoked", "closed"})
"""The credential opens nothing any more, by the operator's word."""


def status(incident: Incident, settings: Settings, codes: Collection[str]) -> str:
    """Return one of `STATUSES` of an incident whose conditions are `codes`."""
    if incident["suppressed"]:
        return "accepted"
    said = declaration(incident, settings)
    dead = said is not None and said.validity != "active"
    redacted = "STILL_PRESENT" not in codes
    if said and dead:
        return "closed" if redacted else said.validity
    return "redacted" if redacted else "acknowledged" if said else "open"
