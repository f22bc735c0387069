r"""Backslash escapes: JSON strings (RFC 8259 section 7) and the wider set of JavaScript and Python.

One decoder serves all: `\n`, `\/`, `\uXXXX` with surrogate pairs, `\xXX`, `\u{…}`, octal, `\e`. A lone surrogate
becomes its three-byte form (WTF-8), so that nothing is lost; an unknown escape keeps its backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from auditor import lazy
from auditor.decode.layer import FAR, NEAR, Layer, Span, run_start, stops, twins_beside
from auditor.decode.offsets import Decoded, OffsetMap, Pieces, Stretches, translate

_UNIT = lazy.compile(
    rb"""\\(?:
        u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}
      | u[0-9a-fA-F]{4} | u\{[0-9a-fA-F]{1,6}\} | x[0-9a-fA-F]{2} | [0-3]?[0-7]{1,2}
      | ["'`\\/bfnrtve&=?\ \n] )""",
    re.VERBOSE,
)
_SIMPLE = {
    b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v", b"e": b"\x1b", b"\n": b"",
}  # fmt: skip
_SINGLE = lazy.compile(rb"[^'\\\n]*+(?:\\[^\n][^'\\\n]*+)*+")
_BARE = lazy.compile(rb"[^\s\"'`<>|]*+")
_STOPS = stops(b" \t\r\n\f\v\"'`<>|")
_UNIT_SIZE = 6
_STRETCH = lazy.compile(
    rb"""(?:[^\\]*+\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^u])){1,16}+|[^\\]++"""
)
"""Sixteen escapes with what stands before them, or what stands behind the last."""
_JSON_UNIT = lazy.compile(rb'(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')


def unescape(text: bytes) -> bytes:
    """Return text with its backslash escapes undone."""
    return decode(text, 0, len(text)).data


def decode(text: bytes, start: int, end: int) -> Decoded:
    """Take one level of backslash escapes off."""
    if text.find(b"\\", start, end) < 0:
        return Decoded(text[start:end], Pieces([0, end - start], [start, end]))
    quick = _quick(text[start:end])
    if quick is None:
        return translate(text, start, end, _UNIT, _value)
    return Decoded(quick, Stretches(start, _stretches(text, start, end), partial(_map, text)))


def _stretches(text: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Parts of a JSON string's body that cut no escape: where each ends, and how long it is decoded."""
    for match in _STRETCH.finditer(text, start, end):
        yield match.end(), len(_quick(match[0]) or b"")


def _map(text: bytes, start: int, end: int) -> OffsetMap:
    return translate(text, start, end, _UNIT, _value).map


def _quick(body: bytes) -> bytes | None:
    """What a JSON parser makes of a string's body, nothing where it is none; far faster than `translate`."""
    import orjson  # hooks start in a third of the time without what it imports

    try:
        parsed: str = orjson.loads(b'"' + body + b'"')
        return parsed.encode()
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None


def is_json_body(text: bytes, start: int, end: int) -> bool:
    """Return whether `text[start:end]` could stand between the quotes of a JSON string; its end may cut an escape."""
    if _quick(text[start:end]) is not None:
        return True
    match = _JSON_UNIT.match(text, start, end)
    return match is not None and (match.end() == end or (end - match.end() < _UNIT_SIZE and text[match.end()] == 0x5C))


def _value(match: re.Match[bytes]) -> bytes:
    body = match[0][1:]
    kind = body[:1]
    if kind == b"u" and len(body) > 5 and body[1:2] != b"{":
        high, low = int(body[1:5], 16), int(body[7:11], 16)
        return chr(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)).encode()
    if kind in b"ux" and len(body) > 1:
        return _character(int(body.strip(b"ux{}"), 16), match[0])
    if kind.isdigit():
        return bytes([int(body, 8) & 0xFF])
    return _SIMPLE.get(body, body)


def _character(code: int, written: bytes) -> bytes:
    if written[1:2] == b"x":
        return bytes([code])
    return chr(code).encode("utf-8", "surrogatepass") if code <= 0x10FFFF else written


def _locate_single(text: bytes, at: int) -> list[Span]:
    """The single-quoted literal around a place: Python repr, JavaScript inspect."""
    low = max(0, at - NEAR)
    low = text.rfind(b"\n", low, at) + 1 or low
    opening = at
    while (opening := text.rfind(b"'", low, opening)) >= 0 and text[opening - 1 : opening] == b"\\":
        continue
    return _around(text, opening + 1, _end(_SINGLE, text, opening + 1), at) if opening >= 0 else []


def _locate_bare(text: bytes, at: int) -> list[Span]:
    """The run without blanks and quotes around a place."""
    return _around(text, run_start(text, at, _STOPS, 2_048), _end(_BARE, text, at), at)


def _end(run: re.Pattern[bytes], text: bytes, start: int) -> int:
    match = run.match(text, start, min(len(text), start + FAR))
    return match.end() if match else start


def _around(text: bytes, start: int, end: int, at: int) -> list[Span]:
    return [(start, end)] if start <= at < end else []


def _seeds(text: bytes) -> Iterator[int]:
    return (match.start() for match in re.finditer(rb"\\", text))


def _twins(literal: bytes, ignore_case: bool) -> list[str]:
    """Punctuation is escaped, at any depth; an escaped letter is seen whatever the literal, since none needs it."""
    letter = "(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aAfF]|2[dD])"
    beside = twins_beside(
        literal, ignore_case, b"\"&'+/<=>\\`", b"\\", lambda byte: (b"\\u00%02x" % byte, b"\\u00%02X" % byte)
    )
    return [rf"\\u00{letter}", rf"\\x{letter}", *beside]


SINGLE = Layer("repr", _locate_single, decode, _seeds, mark=b"\\")
BARE = Layer("escapes", _locate_bare, decode, _seeds, _twins, mark=b"\\")
