"""Compiled Hyperscan databases, with the table that says what their patterns mean, kept in the `cache`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import hyperscan

from auditor.detect import cache
from auditor.errors import UsageProblem

_FLAGS = hyperscan.HS_FLAG_DOTALL
_LENGTH = 8


def cached(identity: bytes, build: Callable[[], tuple[Sequence[str], bytes]]) -> tuple[hyperscan.Database, bytes]:
    """Return the database and table that `build` (patterns, table) makes, from the cache if they were made before."""
    version: str = hyperscan.__version__  # type: ignore[attr-defined]
    key = cache.key(identity, version.encode(), os.uname().machine.encode())
    stored = cache.load("prefilter", key)
    if stored is not None:
        size = int.from_bytes(stored[:_LENGTH], "big")
        table, body = stored[_LENGTH : _LENGTH + size], stored[_LENGTH + size :]
        if (found := _loaded(body)) is not None:
            return found, table
    patterns, table = build()
    built = database(patterns)
    cache.store("prefilter", key, len(table).to_bytes(_LENGTH, "big") + table + hyperscan.dumpb(built))
    return built, table


def database(patterns: Sequence[str]) -> hyperscan.Database:
    """Compile a block-mode database; ids are positions in `patterns`. Raises `UsageProblem` on a bad pattern."""
    built = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    sources = [pattern.encode() for pattern in patterns]
    try:
        built.compile(expressions=sources, ids=list(range(len(sources))), elements=len(sources), flags=_FLAGS)
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
