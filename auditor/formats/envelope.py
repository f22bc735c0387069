"""Tolerant JSON: the parsed record or None, and getters that never trust a type.

orjson is strict (RFC 8259): it refuses NaN, lone surrogates, invalid UTF-8 and deep nesting. Codex and MCP servers
write all of these now and then, so the standard parser gets a second try; what fails twice is not JSON for us.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

BOM = b"\xef\xbb\xbf"
_NONE: Mapping[str, Any] = {}


def parse(record: bytes) -> Any:
    """Return the JSON value of one record, or None when it is not JSON (torn, text, empty)."""
    try:
        return orjson.loads(record)
    except ValueError:
        return _second_try(record)


def _second_try(record: bytes) -> Any:
    record = record.strip(b" \t\r\n\0").removeprefix(BOM)
    if (
        not record
        or record[:1] not in b'{["-0123456789tfn'
        or (len(record) > 1 and record[-1:] not in b']}"0123456789eldNy')
    ):
        return None
    import json  # takes a twentieth of a start, and nearly all is JSON

    try:
        text = record.decode("utf-8", "replace")
        value = json.loads(text, strict=False, parse_constant=lambda _: None)
        return orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def mapping(value: object, *keys: str) -> Mapping[str, Any]:
    """Return the first of `value[key]` that is an object, an empty mapping otherwise."""
    if isinstance(value, dict):
        if not keys:
            return value
        for key in keys:
            inner = value.get(key)
            if isinstance(inner, dict):
                return inner
    return _NONE


def text(value: object, *keys: str) -> str:
    """Return the first of `value[key]` that is a non-empty string, else the empty string."""
    if isinstance(value, dict):
        for key in keys:
            inner = value.get(key)
            if inner and isinstance(inner, str):
                return inner
    return ""


def unread(kind: str) -> dict[str, object]:
    """Return the data of an event of which only the record's type is understood, or not even that; of a report of an
    error too. Who traces it will not call it configuration."""
    return {"record": kind or "other"}


def number(value: object, *keys: str) -> int | None:
    """Return the first of `value[key]` that is an integer (not a boolean), else None."""
    if isinstance(value, dict):
        for key in keys:
            inner = value.get(key)
            if isinstance(inner, int) and not isinstance(inner, bool):
                return inner
    return None


def items(value: object, *keys: str) -> list[Any]:
    """Return the first of `value[key]` that is an array, else an empty list."""
    if isinstance(value, dict):
        for key in keys:
            inner = value.get(key)
            if isinstance(inner, list):
                return inner
    return []


def iso(seconds: float | None) -> str:
    """Return Unix seconds as RFC 3339 in UTC, milliseconds only where there are any; empty when out of range."""
    if seconds is None or not 0 < seconds < 32503680000:
        return ""
    spec = "seconds" if float(seconds).is_integer() else "milliseconds"
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=spec).replace("+00:00", "Z")
