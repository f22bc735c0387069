"""Values a stream was seen to hold, found again wherever they stand, in any spelling.

New values come one at a time and each needs compiling, which costs more than a pass over a block. So they are kept in
tiers, each level `FAN` times as large as the one below: a value is compiled again only when its level is full. Learning
n values costs n log n, a search log n passes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain, takewhile
from typing import NamedTuple

from auditor.detect.known import KnownValues
from auditor.secret import Secret

FAN = 4


class Found(NamedTuple):
    """A learned value stands at `start:end`."""

    start: int
    end: int
    secret: Secret


class _Tier:
    def __init__(self, secrets: tuple[Secret, ...], *, utf16: bool) -> None:
        self.secrets = secrets
        self.level = _level(secrets)
        self.known = KnownValues(secrets, utf16=utf16)


class Learned:
    """A growing set of values; not shared between threads."""

    def __init__(self) -> None:
        self._tiers: list[_Tier] = []
        self._new: list[Secret] = []
        self._utf16 = False

    def __bool__(self) -> bool:
        return bool(self._tiers or self._new)

    def add(self, secret: Secret) -> None:
        """Remember a value (its caller knows that it is new)."""
        self._new.append(secret)

    def expect_utf16(self) -> None:
        """Look for values in base64 of UTF-16 too: a text was seen that has such."""
        if not self._utf16:
            self._utf16 = True
            self._new = [*chain.from_iterable(tier.secrets for tier in self._tiers), *self._new]
            self._tiers.clear()

    def find(self, data: bytes) -> Iterable[Found]:
        """Return where remembered values stand, in no order; places may overlap."""
        self._settle()
        for tier in self._tiers:
            for hit in tier.known.find(data):
                yield Found(hit.start, hit.end, tier.secrets[hit.number])

    def _settle(self) -> None:
        """Compile what is new together with the levels that it fills."""
        if not self._new:
            return
        secrets, self._new = tuple(self._new), []
        while run := self._full(_level(secrets)):
            secrets = (*chain.from_iterable(tier.secrets for tier in self._tiers[-run:]), *secrets)
            del self._tiers[-run:]
        self._tiers.append(_Tier(secrets, utf16=self._utf16))

    def _full(self, level: int) -> int:
        """How many of the last tiers one more of this level takes in: smaller ones; its like when it is the last."""
        like = sum(1 for _ in takewhile(lambda tier: tier.level <= level, reversed(self._tiers)))
        smaller = sum(1 for _ in takewhile(lambda tier: tier.level < level, reversed(self._tiers)))
        return like if like >= FAN - 1 else smaller


def _level(secrets: tuple[Secret, ...]) -> int:
    return int(math.log(len(secrets), FAN))
