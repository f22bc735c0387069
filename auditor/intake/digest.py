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
    """BLAKE3 (3 GB/s here) or SHA-256, in line with reading; `size` counts the bytes."""

    __slots__ = ("_algorithm", "_hasher", "size")

    def __init__(self, algorithm: Algorithm = "blake3") -> None:
        self._algorithm = algorithm
        self._hasher = _HASHERS[algorithm]()
        self.size = 0

    def update(self, data: bytes) -> None:
        """Add the next bytes."""
        self._hasher.update(data)
        self.size += len(data)

    def __str__(self) -> str:
        return f"{self._algorithm}:{self._hasher.hexdigest()}"
