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
from typing import Literal

from auditor import lazy
from auditor.model import KINDS, Found, Kind
from auditor.secret import MARKER_DIGITS, Secret, marker

LEAST = 6
"""Shorter values stand in commands by chance (`-d shop`)."""
LEAD = 4
_TAG, _MOST = 2, 64
_DULL = 65_536
Words = Literal["anywhere", "apart", "never"]
"""Where a value that is a plain word (`postgres`, `123456`) counts: anywhere, where no letter or digit is beside it, or
never. Such passwords exist, and ordinary names are made of the same words."""
_WORD = lazy.compile(rb"[a-z]{1,11}|[0-9]{1,11}")
_MARKER = lazy.compile(rb"(\[REDACTED:(?:%s):[0-9a-f]{%d}\])" % ("|".join(KINDS).encode(), MARKER_DIGITS))
"""Markers that hold nothing but our words, and fewer digits than a value has."""


def hint(secret: Secret, key: bytes) -> tuple[int, bytes]:
    """Return the length in bytes and a 16-bit keyed tag of the first `LEAD` bytes; kept in memory only."""
    return len(secret), _tag(secret.reveal()[:LEAD], key)


class KnownMask:
    """Masks values by fingerprint. One per audit."""

    def __init__(self, found: Iterable[Found], key: bytes) -> None:
        self._key = key
        self._sizes: dict[bytes, set[int]] = defaultdict(set)
        self._kinds: dict[str, str] = {}
        self._dull: set[bytes] = set()
        """Beginnings that no known value has."""
        self._worth = lru_cache(maxsize=4096)(self._lengths)
        for one in sorted(found, key=lambda one: KINDS.index(one.kind)):
            if not one.rejected_by:
                self._add(one.kind, one.fingerprint, one.hint)

    def learn(self, kind: Kind, secret: Secret) -> str:
        """Take in one more value; return its marker."""
        fingerprint = secret.fingerprint(self._key)
        if fingerprint not in self._kinds:
            self._add(kind, fingerprint, hint(secret, self._key))
            self._dull.clear()
            self._worth.cache_clear()
        return marker(kind, fingerprint)

    def _add(self, kind: str, fingerprint: str, known: tuple[int, bytes]) -> None:
        size, tag = known
        if size >= LEAST:
            self._sizes[tag].add(size)
            self._kinds.setdefault(fingerprint, kind)

    def mask(self, text: bytes, words: Words = "anywhere") -> bytes:
        """Return the text with every known value replaced by its marker; markers that stand there stay."""
        if not self._kinds or not self._promising(text):
            return text
        pieces = _MARKER.split(text)
        return b"".join(one if number % 2 else self._masked(one, words) for number, one in enumerate(pieces))

    def _masked(self, text: bytes, words: Words) -> bytes:
        parts: list[bytes] = []
        done = 0
        for start, end, mark in self._hits(text):
            if start >= done and (words == "anywhere" or _counts(text, start, end, words)):
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


def _counts(text: bytes, start: int, end: int, words: Words) -> bool:
    if not _WORD.fullmatch(text, start, end):
        return True
    beside = text[max(0, start - 1) : start] + text[end : end + 1]
    return words == "apart" and not any(chr(one).isalnum() for one in beside)


def _tag(lead: bytes, key: bytes) -> bytes:
    return blake2b(lead, digest_size=_TAG, key=key[:_MOST], person=b"lead").digest()
