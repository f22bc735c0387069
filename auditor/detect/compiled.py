"""Compiled Hyperscan databases, with the table that says what their patterns mean, kept in the `cache`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import hyperscan

from auditor.errors import UsageProblem
from auditor.safe import cache

_FLAGS = hyperscan.HS_FLAG_DOTALL
_LENGTH = 8


def cached(
    identity: bytes, build: Callable[[], tuple[Sequence[str], bytes]], words: Sequence[bytes] = ()
) -> tuple[hyperscan.Database, bytes]:
    """Return the database and table that `build` (patterns, table) makes, from the cache if they were made before."""
    made_for = (getattr(hyperscan, "__version__", ""), os.uname().machine, repr(words))
    key = cache.key(identity, *(one.encode() for one in made_for))
    if (known := _stored(key)) is not None:
        return known
    with cache.alone():
        if (known := _stored(key)) is not None:
            return known
        patterns, table = build()
        built = database(patterns, words)
        cache.store("prefilter", key, len(table).to_bytes(_LENGTH, "big") + table + hyperscan.dumpb(built))
    return built, table


def _stored(key: str) -> tuple[hyperscan.Database, bytes] | None:
    stored = cache.load("prefilter", key)
    if stored is None:
        return None
    size = int.from_bytes(stored[:_LENGTH], "big")
    table, body = stored[_LENGTH : _LENGTH + size], stored[_LENGTH + size :]
    found = _loaded(body)
    return None if found is None else (found, table)


def database(patterns: Sequence[str], words: Sequence[bytes] = ()) -> hyperscan.Database:
    """Compile a block-mode database; ids are positions in `patterns`, then those in `words`, which are literals that
    are told once a scan. Raises `UsageProblem` on a bad pattern."""
    built = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    sources = [pattern.encode() for pattern in patterns]
    literals = [b"".join(b"\\x%02x" % byte for byte in word) for word in words]
    flags = [_FLAGS] * len(sources) + [hyperscan.HS_FLAG_SINGLEMATCH] * len(literals)
    every = sources + literals
    try:
        built.compile(expressions=every, ids=list(range(len(every))), elements=len(every), flags=flags)
    except hyperscan.error as error:
        raise UsageProblem(f"an anchor or guard is not a Hyperscan pattern: {_culprit(sources) or error}") from None
    return built


def _culprit(sources: Sequence[bytes]) -> str:
    """The first pattern that does not compile alone, as written."""
    for source in sources:
        try:
            hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(
                expressions=[source], ids=[0], elements=1, flags=_FLAGS
            )
        except hyperscan.error as error:
            return f"{source.decode()} ({error})"
    return ""


def _loaded(body: bytes) -> hyperscan.Database | None:
    try:
        loaded = hyperscan.loadb(body, hyperscan.HS_MODE_BLOCK)
        loaded.scratch = hyperscan.Scratch(loaded)
        loaded.scan(b"", match_event_handler=lambda *_: None)
    except (hyperscan.error, ValueError):
        return None
    return loaded
