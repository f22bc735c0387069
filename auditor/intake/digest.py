"""Digest of exactly the bytes that were read of an input, as stored: what an evidence check recomputes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Literal, Protocol

Algorithm = Literal["blake3", "sha256"]


class _Hasher(Protocol):
    def update(self, data: bytes, /) -> object: ...

    def hexdigest(self) -> str: ...


def _blake3() -> _Hasher:
    import blake3  # costs start-up time that hooks do not have

    return blake3.blake3()


_HASHERS: dict[Algorithm, Callable[[], _Hasher]] = {"blake3": _blake3, "sha256": hashlib.sha256}


class Digest:
    """BLAKE3 (3 GB/s here) or SHA-256, in line with reading; `size` counts the bytes.

    Sent to another process it arrives finished: it can be shown there, not continued.
    """

    __slots__ = ("_algorithm", "_final", "_hasher", "size")

    def __init__(self, algorithm: Algorithm = "blake3") -> None:
        self._algorithm = algorithm
        self._hasher: _Hasher | None = _HASHERS[algorithm]()
        self._final = ""
        self.size = 0

    def __getstate__(self) -> tuple[Algorithm, str, int]:
        return self._algorithm, str(self), self.size

    def __setstate__(self, state: tuple[Algorithm, str, int]) -> None:
        self._algorithm, self._final, self.size = state
        self._hasher = None

    def update(self, data: bytes) -> None:
        """Add the next bytes."""
        assert self._hasher, "a digest that was sent is finished"
        self._hasher.update(data)
        self.size += len(data)

    def __str__(self) -> str:
        return f"{self._algorithm}:{self._hasher.hexdigest()}" if self._hasher else self._final
