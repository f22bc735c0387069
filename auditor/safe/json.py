"""JSON that is safe to print, embed and read by lines: lossless, but no raw control, bidi or separator character."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson

from auditor import lazy
from auditor.safe.text import UNSAFE

_SURROGATE = lazy.compile("[\ud800-\udfff]")
_NEWLINE_OK = lazy.compile(f"(?!\n){UNSAFE.pattern}")


def dumps(value: Any, *, indent: bool = False) -> bytes:
    r"""Return canonical JSON (sorted keys, UTF-8), unsafe characters written `\uXXXX`.

    Lone surrogates, which UTF-8 cannot hold, become U+FFFD.
    """
    option = orjson.OPT_SORT_KEYS | (orjson.OPT_INDENT_2 if indent else 0)
    try:
        dumped = orjson.dumps(value, _listed, option)
    except TypeError:
        dumped = orjson.dumps(whole(value), _listed, option)
    return _NEWLINE_OK.sub(_escape, dumped.decode()).encode()


def canonical(value: Any) -> bytes:
    """Return canonical JSON: keys sorted, no blanks, UTF-8 (orjson `OPT_SORT_KEYS`); lone surrogates become U+FFFD."""
    try:
        return orjson.dumps(value, _listed, orjson.OPT_SORT_KEYS)
    except TypeError:
        return orjson.dumps(whole(value), _listed, orjson.OPT_SORT_KEYS)


def _listed(value: object) -> list[Any]:
    """Packed lists are sequences that orjson does not know."""
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError


def whole(value: Any) -> Any:
    """Return the value with lone surrogates replaced in every string, keys included."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {whole(name): whole(member) for name, member in value.items()}
    return [whole(member) for member in value] if isinstance(value, list | tuple) else value


def _escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
