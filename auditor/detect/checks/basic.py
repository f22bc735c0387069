"""`basic`: the value is `user:password` in base64 (RFC 7617); its password is judged like any other.

Dropped when it does not decode; held when the password is a placeholder.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from auditor.detect.candidate import Candidate, Verdict
from auditor.detect.checks import mask, sample, template


def check(candidate: Candidate) -> Verdict | None:
    """DROP what is not Basic credentials, HOLD placeholders."""
    pair = _pair(candidate.secret)
    if pair is None or not pair[1]:
        return Verdict.DROP
    inner = candidate._replace(secret=pair[1], groups={"user": pair[0], "secret": pair[1]})
    return mask.check(inner) or template.check(inner) or sample.check(inner)


def facts(candidate: Candidate) -> Mapping[str, str]:
    """Return the user."""
    pair = _pair(candidate.secret)
    return {"user": pair[0].decode("utf-8", "replace")} if pair and pair[0] else {}


def value(candidate: Candidate) -> bytes:
    """Return the password: what the credential is, however it is wrapped."""
    pair = _pair(candidate.secret)
    return pair[1] if pair else candidate.secret


def _pair(encoded: bytes) -> tuple[bytes, bytes] | None:
    try:
        text = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
        text.decode()
    except (ValueError, binascii.Error):
        return None
    user, colon, password = text.partition(b":")
    printable = all(byte >= 32 for byte in text)
    return (user, password) if colon and printable else None
