"""Texts, tokens, times and identifiers as OSCAL's schema wants them (datatypes of OSCAL 1.2.1)."""

from __future__ import annotations

import re
import uuid

from auditor.report import reading
from auditor.safe.markup import plain

EPOCH = "1970-01-01T00:00:00Z"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:auditor:oscal")


def identify(*names: str) -> str:
    """Return the UUIDv5 of names: the same thing has the same identifier in every run."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(names).encode("utf-8", "replace").decode()))


def prose(text: str, limit: int = 2000) -> str:
    """Return a string of one line without blanks at its ends; never empty."""
    return plain(text, limit).strip() or "(none)"


def token(text: str) -> str:
    """Return a token: a letter or underscore, then letters, digits, `.`, `-`, `_`."""
    cleaned = re.sub(r"[^0-9A-Za-z._-]+", "-", text).strip("-") or "_"
    return cleaned if re.match(r"[A-Za-z_]", cleaned) else f"_{cleaned}"


def time(text: str) -> str:
    """Return a time with its zone, or nothing when the text is none."""
    found = reading.moment(text)
    return found.isoformat().replace("+00:00", "Z") if found and found.year >= 1000 else ""
