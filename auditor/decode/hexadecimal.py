"""Hex dumps of text: an even run of hex digits, as `xxd -p`, `bytea` literals (`\\x…`) and digests tools print them."""

from __future__ import annotations

from collections.abc import Iterator

from auditor import lazy
from auditor.decode.layer import ESCAPES, FAR, Layer, Span, cases, core
from auditor.decode.offsets import Decoded, Grid

_RUN = lazy.compile(rb"[0-9A-Fa-f]*+")
_DIGITS = b"0123456789abcdefABCDEF"
_SEED = lazy.compile(rb"[0-9A-Fa-f]{12,}+")
_MIN = 12


def _locate(text: bytes, at: int) -> list[Span]:
    low = max(0, at - FAR // 4)
    before = text[low:at]
    start = at - (len(before) - len(before.rstrip(_DIGITS)))
    run = _RUN.match(text, at, min(len(text), at + FAR))
    end = run.end() if run else at
    if end - start < _MIN:
        return []
    return [(first, end - (end - first) % 2) for first in (start, start + 1)]


def _decode(text: bytes, start: int, end: int) -> Decoded | None:
    try:
        return Decoded(bytes.fromhex(text[start:end].decode("ascii")), Grid(start, 4))
    except ValueError:
        return None


def _encode(value: bytes, like: bytes) -> bytes | None:
    """Spell `value` in the case of `like`."""
    spelled = value.hex().encode()
    spelled = spelled.upper() if like.upper() == like else spelled
    return spelled if len(spelled) == len(like) else None


def _seeds(text: bytes) -> Iterator[int]:
    return (match.start() for match in _SEED.finditer(text))


def _twins(literal: bytes, ignore_case: bool) -> list[str]:
    return sorted({f"(?i){spelling.hex()}" for spelling in (*cases(core(literal), ignore_case), *ESCAPES)})


LAYER = Layer("hex", _locate, _decode, _seeds, _twins, _encode)
