"""The only type that may hold the bytes of a credential.

Everything that leaves the detector carries a fingerprint and a marker instead. A `Secret` shows its mask in
`repr`, `str`, `format` and pickle, and is not JSON-serialisable, so an innocent log line cannot leak it.
"""

from __future__ import annotations

import hmac
from typing import NoReturn

_DOMAIN = b"auditor-secret-v1\x00"
_MASK = "[REDACTED]"
FINGERPRINT_HEX = 32
"""Shown length of a fingerprint: 128 bits, so that equal fingerprints mean equal values."""


class Secret:
    """Bytes of one credential; `reveal()` is the only way to get at them."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """Return the raw bytes. Callers must not store, print or raise them."""
        return self._value

    def fingerprint(self, key: bytes) -> str:
        """Return the keyed fingerprint: HMAC-SHA-256 (RFC 2104), 32 hex digits.

        A plain hash would be guessable, since passwords in logs are often short.
        """
        return hmac.digest(key, _DOMAIN + self._value, "sha256").hex()[:FINGERPRINT_HEX]

    def length_class(self) -> str:
        """Return the length as a class (`<16`, `16-31`, `32-63`, `64+`); the exact length helps guessing."""
        size = len(self._value)
        return next((name for limit, name in ((16, "<16"), (32, "16-31"), (64, "32-63")) if size < limit), "64+")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __len__(self) -> int:
        return len(self._value)

    def __repr__(self) -> str:
        return f"Secret({_MASK})"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, spec: str) -> str:
        return format(_MASK, spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never serialised; send its fingerprint")


MARKER_DIGITS = 4
"""Fingerprint digits in a marker: enough for people to tell values apart, too few to guess values by."""


MARKER_PATTERN = r"\[REDACTED:[a-z0-9-]{1,40}:[0-9a-f]{4,32}\]"
"""What `marker` returns, as a regular expression; more digits where two values share the first ones."""


def marker(kind: str, fingerprint: str, digits: int = MARKER_DIGITS) -> str:
    """Return the text that stands for a credential everywhere, e.g. `[REDACTED:postgres-password:3fa9]`.

    Plain ASCII without quotes, backslashes or braces: valid inside JSON at any depth, URLs and shell words.
    """
    return f"[REDACTED:{kind}:{fingerprint[:digits]}]"
