"""`jwt`: three base64url parts, the first a JSON object with `alg` (RFC 7519, RFC 7515); five parts for JWE (RFC 7516).

Look-alikes (cursors, source maps, telemetry) decode to JSON without `alg` and are dropped. Well-known samples are held.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from auditor.detect.candidate import Candidate, Verdict

_SAMPLES = frozenset(
    (
        ("", "1234567890"),  # the token of jwt.io
        ("", "user_123"),
        ("supabase-demo", ""),  # keys of a local Supabase
        ("joe", ""),  # RFC 7519 section 3.1
        ("https://example.com", ""),
    )
)
_CLAIMS = ("iss", "aud", "role", "scope")
_MOST = 120


def check(candidate: Candidate) -> Verdict | None:
    """DROP what is no JWT; HOLD documented ones."""
    parts = candidate.secret.split(b".")
    header = _json(parts[0])
    if len(parts) not in (3, 5) or header is None or not isinstance(header.get("alg"), str):
        return Verdict.DROP
    if len(parts) == 5:
        return None if "enc" in header else Verdict.DROP
    payload = _json(parts[1])
    if payload is None or (not parts[2] and header["alg"] != "none"):
        return Verdict.DROP
    issuer, subject = str(payload.get("iss", "")), str(payload.get("sub", ""))
    return Verdict.HOLD if {(issuer, ""), ("", subject)} & _SAMPLES else None


def facts(candidate: Candidate) -> Mapping[str, str]:
    """Return algorithm, issuer, audience, role, scope and expiry (RFC 3339) as far as the token tells them."""
    parts = candidate.secret.split(b".")
    header, payload = _json(parts[0]) or {}, _json(parts[1]) or {}
    found = {"alg": str(header.get("alg", ""))} | {name: payload.get(name) for name in _CLAIMS}
    known = {name: value[:_MOST] for name, value in found.items() if isinstance(value, str) and value}
    expires = payload.get("exp")
    if isinstance(expires, int | float) and 0 < expires < 1e11:
        known["expires"] = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return known


@lru_cache(maxsize=64)
def _json(part: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return value if isinstance(value, dict) else None
