"""Percent encoding (RFC 3986 section 2.1), any number of times over, and `+` left alone.

A URL whose own parts are percent-encoded is plain text: rules read it as it stands and unescape the parts. This layer
is for text that was encoded as a whole, so only what it changed counts (`whole=False`): the anchor or a byte beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor import lazy
from auditor.decode.layer import NEAR, Layer, Span, run_start, stops, twins_beside
from auditor.decode.offsets import Decoded, translate

_UNIT = lazy.compile(rb"%[0-9A-Fa-f]{2}")
_RUN = lazy.compile(rb"[^\s\"'`<>\\]*+")
_STOPS = stops(b" \t\r\n\f\v\"'`<>\\")


def unescape(text: bytes) -> bytes:
    """Return text with its percent escapes undone once."""
    return _UNIT.sub(_value, text) if b"%" in text else text


def _decode(text: bytes, start: int, end: int) -> Decoded | None:
    return translate(text, start, end, _UNIT, _value)


def _value(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[0][1:], 16)])


def _locate(text: bytes, at: int) -> list[Span]:
    """The run without blanks and quotes around a place, and in a query the value alone: its text begins a line."""
    run = _RUN.match(text, at, at + NEAR)
    start, end = run_start(text, at, _STOPS, 2_048), run.end() if run else at
    value = max(start, *(text.rfind(mark, start, at) + 1 for mark in (b"=", b"&", b"?")))
    return [(start, end), (value, end)] if value > start else [(start, end)]


def _seeds(text: bytes) -> Iterator[int]:
    return (match.start() for match in _UNIT.finditer(text))


def _twins(literal: bytes, ignore_case: bool) -> list[str]:
    """Something is encoded in the literal; an encoded or escaped letter is seen whatever the literal."""
    beside = twins_beside(literal, ignore_case, _RESERVED, b"%", _leads)
    letters = [f"{_PERCENT}{_LETTER}", f"{_PERCENT}5[cC]u00{_LETTER}"]
    return [*letters, *beside]


def _leads(byte: int) -> tuple[bytes, ...]:
    """The end of an escape of a byte, encoded once or more often."""
    spelled = {b"%02X" % byte, b"%02x" % byte}
    return tuple(mark + one for mark in (b"%", b"25") for one in spelled)


_RESERVED = b" !\"#$%&'()*+,/:;<=>?@[\\]^`{|}"
_PERCENT = "%(?:25)*"
_LETTER = "(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aAfF]|2[dD])"


LAYER = Layer("percent", _locate, _decode, _seeds, _twins, mark=b"%", whole=False)
