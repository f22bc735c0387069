"""HTML and XML character references: named ones that occur in URLs and code, decimal and hex ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor import lazy
from auditor.decode.layer import NEAR, Layer, Span, run_start, stops, twins_beside
from auditor.decode.offsets import Decoded, translate

_NAMES = {
    b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'", b"nbsp": b" ", b"sol": b"/", b"colon": b":",
    b"commat": b"@", b"equals": b"=", b"lowbar": b"_", b"period": b".", b"quest": b"?", b"num": b"#", b"percnt": b"%",
    b"plus": b"+", b"dollar": b"$", b"excl": b"!", b"semi": b";", b"comma": b",", b"Tab": b"\t", b"NewLine": b"\n",
}  # fmt: skip
_UNIT = lazy.compile(rb"&(?:#[xX]([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(%b));" % b"|".join(_NAMES))
_LINE = lazy.compile(rb"[^\n<>]*+")
_STOPS = stops(b"\n<>")


def unescape(text: bytes) -> bytes:
    """Return text with its character references undone once."""
    return _UNIT.sub(_value, text)


def _value(match: re.Match[bytes]) -> bytes:
    if match[3]:
        return _NAMES[match[3]]
    code = int(match[1], 16) if match[1] else int(match[2])
    return chr(code).encode("utf-8", "surrogatepass") if code <= 0x10FFFF else match[0]


def _decode(text: bytes, start: int, end: int) -> Decoded | None:
    return translate(text, start, end, _UNIT, _value)


def _locate(text: bytes, at: int) -> list[Span]:
    line = _LINE.match(text, at, at + NEAR)
    start, end = run_start(text, at, _STOPS, 1_024), line.end() if line else at
    return [(start, end)]


def _seeds(text: bytes) -> Iterator[int]:
    return (match.start() for match in _UNIT.finditer(text))


def _twins(literal: bytes, ignore_case: bool) -> list[str]:
    beside = twins_beside(literal, ignore_case, b"\"&'/<=>`", b"&", lambda byte: (b";",))
    letter = (
        "&#(?:[xX](?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aAfF]|2[dD])"
        "|45|4[89]|5[0-7]|6[5-9]|[78][0-9]|90|9[5789]|1[01][0-9]|12[012]);"
    )
    return [letter, *beside]


LAYER = Layer("html", _locate, _decode, _seeds, _twins, mark=b"&")
