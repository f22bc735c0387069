"""Values a stream was seen to hold, found again wherever they stand, in any spelling.

New values come one at a time and each needs compiling, so they are kept in tiers of doubling size: a value is
compiled again only when its tier is merged. Learning n values costs n log n, a search log n passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from auditor.detect.known import KnownValues
from auditor.secret import Secret


class Found(NamedTuple):
    """A learned value stands at `start:end`."""

    start: int
    end: int
    secret: Secret


class _Tier:
    def __init__(self, secrets: tuple[Secret, ...]) -> None:
        self.secrets = secrets
        self.known = KnownValues(secrets)


class Learned:
    """A growing set of values; not shared between threads."""

    def __init__(self) -> None:
        self._tiers: list[_Tier] = []
        self._new: list[Secret] = []

    def __bool__(self) -> bool:
        return bool(self._tiers or self._new)

    def add(self, secret: Secret) -> None:
        """Remember a value (its caller knows that it is new)."""
        self._new.append(secret)

    def find(self, data: bytes) -> Iterable[Found]:
        """Return where remembered values stand, in no order; places may overlap."""
        self._settle()
        for tier in self._tiers:
            for hit in tier.known.find(data):
                yield Found(hit.start, hit.end, tier.secrets[hit.number])

    def _settle(self) -> None:
        """Compile what is new together with the tiers that are not larger."""
        if not self._new:
            return
        secrets, self._new = tuple(self._new), []
        while self._tiers and len(self._tiers[-1].secrets) <= len(secrets):
            secrets = self._tiers.pop().secrets + secrets
        self._tiers.append(_Tier(secrets))
