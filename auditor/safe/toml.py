"""Parsed TOML files, kept in the cache folder: reading JSON back takes a fiftieth of reading TOML."""

from __future__ import annotations

from typing import Any

import orjson

from auditor.safe import cache


def parsed(name: str, data: bytes) -> dict[str, Any]:
    """Return the tables of a TOML file's bytes; `name` tells its entry in the cache from others.

    Raises:
        ValueError: it is not TOML, or not UTF-8.
    """
    key = cache.key(data)
    stored = cache.load(f"toml-{name}", key)
    if stored is not None:
        found: dict[str, Any] = orjson.loads(stored)
        return found
    import tomllib  # most runs find all files in the cache

    table = tomllib.loads(data.decode("utf-8"))
    if not any(map(_has_dates, table.values())):  # JSON has no dates
        cache.store(f"toml-{name}", key, orjson.dumps(table))
    return table


def _has_dates(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_dates, value.values()))
    if isinstance(value, list):
        return any(map(_has_dates, value))
    return not isinstance(value, str | int | float | bool)
