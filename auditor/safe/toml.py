"""Parsed TOML files, kept in the cache folder: reading JSON back takes a fiftieth of reading TOML."""

from __future__ import annotations

from typing import Any

import orjson

from auditor.safe import cache


def parsed(name: str, data: bytes) -> dict[str, Any]:
    """Return the tables of a TOML file's bytes, dates as RFC 3339 text. `name` tells its entry in the cache.

    Raises:
        ValueError: it is not TOML, not UTF-8, or holds a number of more than 64 bits.
    """
    key = cache.key(data)
    stored = cache.load(f"toml-{name}", key)
    if stored is None:
        stored = _as_json(data)
        cache.store(f"toml-{name}", key, stored)
    found: dict[str, Any] = orjson.loads(stored)
    return found


def _as_json(data: bytes) -> bytes:
    import tomllib  # most runs find all files in the cache

    try:
        return orjson.dumps(tomllib.loads(data.decode("utf-8")))
    except orjson.JSONEncodeError as problem:
        raise ValueError(str(problem)) from None
