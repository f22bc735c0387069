"""How a credential is named where people read: its public parts in the clear, its secret part a marker."""

from __future__ import annotations

from auditor.model import Match
from auditor.secret import marker


def display(match: Match, fingerprint: str) -> str:
    """Return a URL with the marker for a password, or the marker alone.

    No character of the secret part is shown, not even at its ends (first and last letters help guessing).
    """
    hidden = marker(match.kind, fingerprint)
    parts = match.parts
    if not parts.get("host"):
        return hidden
    port = f":{parts['port']}" if parts.get("port") else ""
    database = f"/{parts['database']}" if parts.get("database") else ""
    return f"{parts.get('scheme') or 'postgresql'}://{parts.get('user', '')}:{hidden}@{parts['host']}{port}{database}"
