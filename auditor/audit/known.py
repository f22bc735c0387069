"""Values found at one place, masked wherever else they stand in a text that is shown, though no rule would fire there.

A password from `PGPASSWORD=…` stands bare in a later `grep`. The values themselves never leave the process that found
them, so they are recognised by their keyed fingerprints: a hint (length, and a keyed tag of the first bytes) picks the
spans that are worth one. Work is linear in the text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b

from auditor.model import KINDS, Found
from auditor.secret import Secret, marker

LEAST = 6
"""Shorter values stand in commands by chance (`-d shop`)."""
LEAD = 4
_TAG, _MOST = 2, 64
_DULL = 65_536


def hint(secret: Secret, key: bytes) -> tuple[int, bytes]:
    """Return the length in bytes and a 16-bit keyed tag of the first `LEAD` bytes; kept in memory only."""
    return len(secret), _tag(secret.reveal()[:LEAD], key)


class KnownMask:
    """Masks values by fingerprint. One per audit."""

    def __init__(self, found: Iterable[Found], key: bytes) -> None:
        self._key = key
        self._sizes: dict[bytes, set[int]] = defaultdict(set)
        self._kinds: dict[str, str] = {}
        for one in sorted(found, key=lambda one: KINDS.index(one.kind)):
            size, tag = one.hint
            if size >= LEAST and not one.rejected_by:
                self._sizes[tag].add(size)
                self._kinds.setdefault(one.fingerprint, one.kind)
        self._dull: set[bytes] = set()
        """Beginnings that no known value has."""
        self._worth = lru_cache(maxsize=4096)(self._lengths)

    def mask(self, text: bytes) -> bytes:
        """Return the text with every known value replaced by its marker."""
        if not self._kinds or not self._promising(text):
            return text
        parts: list[bytes] = []
        done = 0
        for start, end, mark in self._hits(text):
            if start >= done:
                parts += [text[done:start], mark]
                done = end
        return b"".join([*parts, text[done:]])

    def _promising(self, text: bytes) -> bool:
        """Tell whether a known value may begin somewhere in a text; in nearly all texts none does."""
        leads = {text[start : start + LEAD] for start in range(len(text) - LEAST + 1)}
        fresh = leads - self._dull
        if not fresh:
            return False
        dull = {lead for lead in fresh if not self._lengths(lead)}
        if len(self._dull) > _DULL:
            self._dull.clear()
        self._dull |= dull
        return len(dull) < len(fresh)

    def _hits(self, text: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Spans in order of place, the longest first."""
        worth = self._worth
        for start in range(len(text) - LEAST + 1):
            for size in worth(text[start : start + LEAD]):
                fingerprint = Secret(text[start : start + size]).fingerprint(self._key)
                if fingerprint in self._kinds:
                    yield start, start + size, marker(self._kinds[fingerprint], fingerprint).encode()

    def _lengths(self, lead: bytes) -> Sequence[int]:
        """Lengths of known values that may begin so, the longest first."""
        return sorted(self._sizes.get(_tag(lead, self._key), ()), reverse=True)


def _tag(lead: bytes, key: bytes) -> bytes:
    return blake2b(lead, digest_size=_TAG, key=key[:_MOST], person=b"lead").digest()
