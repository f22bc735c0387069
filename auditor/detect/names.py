"""Masks names (paths, ids, tables) that come from outside: by rules, and by the values that were found elsewhere."""

from __future__ import annotations

from auditor import lazy
from auditor.detect.engine import Engine
from auditor.detect.known_mask import LEAST, KnownMask, Words

_MOST = 65_536
_TIME = lazy.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?")
"""A time is no credential, hardly one comes twice, and order and exposure are read from it."""


class NameMask:
    """Masks names, each distinct one once; make a new one when `known` has learned."""

    def __init__(self, engine: Engine, known: KnownMask, key: bytes) -> None:
        self._engine, self._known, self._key = engine, known, key
        self._memo: dict[Words, dict[str, str]] = {"anywhere": {}, "apart": {}, "never": {}}

    def text(self, text: str, words: Words = "apart") -> str:
        """Return a name without what the rules recognise in it, and without known values."""
        memo = self._memo[words]
        masked = memo.get(text)
        if masked is None:
            if len(text) < LEAST or _TIME.fullmatch(text):
                return text
            if len(memo) > _MOST:
                memo.clear()
            masked = memo[text] = self._masked(text, words)
        return masked

    def _masked(self, text: str, words: Words) -> str:
        data = text.encode("utf-8", "replace")
        masked = self._known.mask(self._engine.mask(data, self._key), words)
        return text if masked == data else masked.decode("utf-8", "replace")
