"""How much text of a source may stay in memory: all of it at first, then excerpts, then nothing.

The bound holds for the whole source, so a transcript of gigabytes costs no more than one of fifty megabytes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
_STAGES = ((24 << 20, 64 << 10), (36 << 20, 2 << 10), (40 << 20, 256))
"""Characters kept in all below which a text may keep that many of its own."""
CALLS = 200_000
"""Calls booked for one source; further ones have a position without a call, and the transcript says `cut`."""
TURNS = 50_000
SESSIONS = 20_000
"""Connections of one log; further ones count as the last."""
SCRIPTS = 20
"""Code-mode scripts whose commands may still end while later ones run."""
OUTPUTS = 2_000
"""Pieces of output of one call."""


class Budget:
    """Counts what is kept."""

    def __init__(self) -> None:
        self._kept = 0
        self._stage, self._until = 0, _STAGES[0][0]

    def _limit(self) -> int:
        """Characters that one more text may keep."""
        while self._kept >= self._until:
            self._stage += 1
            self._until = _STAGES[self._stage][0] if self._stage < len(_STAGES) else sys.maxsize
        return _STAGES[self._stage][1] if self._stage < len(_STAGES) else 0

    def take(self, text: str) -> tuple[str, bool]:
        """Return the part of a text that is kept (three quarters from its head, the rest from its tail), and whether
        anything was left out."""
        limit = self._limit()
        if len(text) <= limit:
            self._kept += len(text)
            return text, False
        self._kept += limit
        if not limit:
            return "", True
        head = limit * 3 // 4
        return f"{text[:head]}\n{ELLIPSIS}\n{text[head - limit :]}", True

    def take_all(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Return arguments with their long texts cut as `take` does; nested values count but are kept or left whole."""
        if not arguments:
            return arguments
        return {key: self._value(value) for key, value in arguments.items()}

    def _value(self, value: object) -> object:
        if isinstance(value, str):
            return self.take(value)[0]
        if not isinstance(value, dict | list):
            return value
        size = _size(value)
        if self._kept + size > _STAGES[-1][0]:
            return None
        self._kept += size
        return value


def _size(value: object) -> int:
    """Characters of a nested value, counted without recursion."""
    stack, total = [value], 0
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            stack.extend(one.values())
            total += sum(len(key) + 64 for key in one)
        elif isinstance(one, list):
            stack.extend(one)
        total += len(one) if isinstance(one, str) else 16
    return total
