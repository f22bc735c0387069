"""JSON string tokens, found without parsing: the enclosing token of a place, by its unescaped quotes.

A raw line break ends a token (JSON has none inside strings), so a torn line is one token up to its end. `Tokens`
remembers the last token, so that many places in one long token cost one search; all work is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from auditor import lazy
from auditor.decode import escapes
from auditor.decode.layer import FAR, Layer, Span
from auditor.decode.offsets import Decoded

_QUOTE = lazy.compile(rb'"(?:(?<!\\")|(?<=\\\\"))')
"""A quote that no backslash precedes, or several; of those, an even number."""
_BLANKS = b" \t\r"
_KEY_REACH = 84
"""A name of 64 bytes, its quotes, a colon and blanks."""
_INDENT = 64
"""Blanks that may stand between a string and what comes before it."""
_AFTER = lazy.compile(rb"[ \t\r]{0,64}(?:[:,\]}\n]|\Z)")
_BACKSLASH = ord("\\")
_CONTINUED = 0x80
"""The bits of a UTF-8 byte that continues a character (RFC 3629 section 3)."""
_LONGEST = 12
"""Bytes of the longest escape, a surrogate pair."""
REACH, _WHOLE = 16_384, 32_768
"""A longer string is decoded in part: so many bytes before a place and behind it, and on to the ends of lines."""
_TRIES = 64
_SAMPLE = 4_096
"""So many bytes of a token tell whether it is a JSON string."""


class Token(NamedTuple):
    """Text between two unescaped quotes: `text[start:end]` without them."""

    start: int
    end: int
    escaped: bool
    """It holds a backslash, so decoded and raw text differ."""
    structural: bool
    """It stands where JSON has strings, and is one: what is inside is judged decoded only."""
    key: bytes
    """Name of the object member it is the value of, if it is one."""


class Tokens:
    """The string tokens of a text; ask for places in ascending order."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._last: Token | None = None
        self._none: Span = (0, 0)
        self._line: Span = (0, 0)

    def at(self, place: int) -> Token | None:
        """Return the token around a place, if there is one."""
        last = self._last
        if last and last.start <= place < last.end:
            return last
        if self._none[0] <= place < self._none[1]:
            return None
        self._last = self._find(place)
        return self._last

    def _find(self, place: int) -> Token | None:
        text = self._text
        line, line_end = self._line_of(place)
        quote = _opening(text, line, place)
        if quote < 0:
            next_quote = text.find(b'"', place)
            self._none = (line, next_quote if next_quote >= 0 else len(text))
            return None
        start = quote + 1
        end = _closing(text, start, line_end)
        if end < place:
            self._none = (end, place + 1)
            return None
        if end == place:
            return None
        escaped = text.find(b"\\", start, end) >= 0
        return Token(start, end, escaped, escaped and _is_structural(text, quote, start, end), _key(text, quote))

    def _line_of(self, place: int) -> Span:
        start, end = self._line
        if not start <= place < end:
            start = self._text.rfind(b"\n", 0, place) + 1
            end = self._text.find(b"\n", place)
            self._line = (start, end if end >= 0 else len(self._text))
        return self._line


def _opening(text: bytes, line: int, place: int) -> int:
    """The last quote no backslash precedes: an opening quote follows structure."""
    quote = place
    for _ in range(_TRIES):
        quote = text.rfind(b'"', line, quote)
        if quote < 0 or text[quote - 1 : quote] != b"\\":
            return quote
    import regex  # searches from the end, which `re` cannot

    match = regex.search(rb'(?r)(?<!\\)"', text, pos=line, endpos=quote)
    return match.start() if match else -1


def _closing(text: bytes, start: int, line_end: int) -> int:
    """The quote that ends the string from `start` on, or the end of the line; finding it costs what `find` costs."""
    quote = text.find(b'"', start, line_end)
    if quote < 0 or text[quote - 1] != _BACKSLASH:
        return quote if quote >= 0 else line_end
    for match in _QUOTE.finditer(text, quote, line_end):
        end = before = match.start()
        while before > start and text[before - 1] == _BACKSLASH:
            before -= 1
        if (end - before) % 2 == 0:
            return end
    return line_end


def _is_structural(text: bytes, quote: int, start: int, end: int) -> bool:
    before = text[max(0, quote - _INDENT - 1) : quote].rstrip(_BLANKS)
    if before[-1:] not in b":,[{\n" or (not before and quote > _INDENT):
        return False
    closed = text[end : end + 1] == b'"'
    if not _AFTER.match(text, end + closed):
        return False
    return escapes.is_json_body(text, start, min(end, start + _SAMPLE)) or not closed


def _key(text: bytes, quote: int) -> bytes:
    """The name in `"name": "`, or nothing; searching backwards costs a fifth of what a pattern does."""
    before = text[max(0, quote - _KEY_REACH) : quote].rstrip(_BLANKS)
    before = before[:-1].rstrip(_BLANKS) if before.endswith(b":") else b""
    opening = before.rfind(b'"', 0, -1) if before.endswith(b'"') else -1
    name = before[opening + 1 : -1]
    return name if opening >= 0 and b"\\" not in name and b"\n" not in name else b""


def window(text: bytes, token: Token, place: int) -> Span:
    """Return the part of a token to decode for a place: all of it, or of a long one the lines around the place.

    Lines are those of the decoded text, so that what is quoted in a line is seen with its quotes.
    """
    if token.end - token.start <= _WHOLE:
        return token.start, token.end
    return _line_before(text, token.start, place), _line_behind(text, place, token.end)


def _line_before(text: bytes, start: int, place: int) -> int:
    low, at = max(start, place - FAR), max(start, place - REACH)
    while (at := text.rfind(b"\\n", low, at)) >= 0:
        if text[at - 1] != _BACKSLASH:
            return at + 2
    if low == start:
        return start
    at = place - REACH
    while at < place and (text[at - 1] == _BACKSLASH or text[at] & 0xC0 == _CONTINUED):
        at += 1
    return at


def _line_behind(text: bytes, place: int, end: int) -> int:
    high, at = min(end, place + FAR), place + REACH
    while at < high and (at := text.find(b"\\n", at, high)) >= 0:
        if text[at - 1] != _BACKSLASH:
            return at + 2
        at += 1
    if high == end:
        return end
    escape = text.rfind(b"\\", high - _LONGEST, high)
    high = escape if escape >= 0 else high
    while text[high] & 0xC0 == _CONTINUED:
        high -= 1
    return high


def _locate(text: bytes, at: int) -> list[Span]:
    token = Tokens(text).at(at)
    return [window(text, token, at)] if token else []


def _decode(text: bytes, start: int, end: int) -> Decoded | None:
    return escapes.decode(text, start, end)


def _seeds(text: bytes) -> Iterator[int]:
    return (match.start() for match in re.finditer(rb"\\", text))


LAYER = Layer("json", _locate, _decode, _seeds)
