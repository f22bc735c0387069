"""Base64 (RFC 4648 sections 4 and 5): both alphabets, with or without padding, wrapped lines (RFC 2045 section 6.8).

A run of base64 characters may begin with something else (`data/`, `key_`), so it is tried at each of the four
alignments. A literal inside can start at any of three bit positions; its twins spell the symbols it decides wholly.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from functools import cache

from auditor import lazy
from auditor.decode.layer import ESCAPES, FAR, Layer, Span, cases, core
from auditor.decode.offsets import Chain, Decoded, Grid, translate
from auditor.decode.utf16 import wide

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_SYMBOL = rb"[A-Za-z0-9+/_-]"
_BREAK = rb"(?:\r?\n[ \t]{0,32})"
_RUN = lazy.compile(rb"(?:%b++|(?<=[A-Za-z0-9+/_-]{16})%b(?=%b{4}))*+" % (_SYMBOL, _BREAK, _SYMBOL))
_WRAP = lazy.compile(rb"\r?\n[ \t]{0,32}")
_LINE_BEFORE = lazy.compile(rb"%b{16}\r?\n[ \t]{0,32}\Z" % _SYMBOL)
_SEED = lazy.compile(rb"%b{12,}+" % _SYMBOL)
_MIN = 12
_BITS = 6
_TELLING = 4
"""So many symbols rarely stand in base64 by chance: once in 16 million characters."""
_WIDE = 7
"""Symbols of UTF-16 that are looked for. Hyperscan sorts literals by length: these cost nothing beside the others."""


def _locate(text: bytes, at: int) -> list[Span]:
    """The run around a place at its four alignments; piece by piece if it is huge."""
    start = _run_start(text, at)
    run = _RUN.match(text, start, min(len(text), at + FAR))
    end = run.end() if run else start
    if end <= at or end - start < _MIN:
        return []
    return [(start + shift, end) for shift in range(4)]


def _run_start(text: bytes, at: int) -> int:
    """Walk back line by line while lines are made of base64 characters only."""
    low = max(0, at - FAR // 4)
    start = at - len(_tail(text[low:at]))
    while start > low:
        wrap = _LINE_BEFORE.search(text, max(low, start - 50), start)
        if not wrap:
            return start
        start = wrap.start() - len(_tail(text[max(low, wrap.start() - 1_024) : wrap.start()]))
    return start


def _tail(text: bytes) -> bytes:
    return text[len(text.rstrip(_CHARACTERS)) :]


_CHARACTERS = _ALPHABET.encode() + b"-_"


def _decode(text: bytes, start: int, end: int) -> Decoded | None:
    joined = translate(text, start, end, _WRAP, lambda match: b"")
    symbols = joined.data.translate(_TO_STANDARD)
    whole = len(symbols) - (len(symbols) % 4 == 1)
    try:
        data = binascii.a2b_base64(symbols[:whole] + b"=" * (-whole % 4))
    except binascii.Error:
        return None
    return Decoded(data, Chain(joined.map, Grid(0, _BITS)))


def _encode(value: bytes, like: bytes) -> bytes | None:
    """Spell `value` in the alphabet of `like`, without its padding; `like` has no line breaks."""
    encoded = binascii.b2a_base64(value, newline=False)[: len(like)]
    if b"-" in like or b"_" in like:
        encoded = encoded.translate(bytes.maketrans(b"+/", b"-_"))
    return encoded if len(encoded) == len(like) else None


def _seeds(text: bytes) -> Iterator[int]:
    return (match.start() for match in _SEED.finditer(text))


def _twins(literal: bytes, ignore_case: bool) -> list[str]:
    spellings = (*cases(core(literal), ignore_case), *ESCAPES)
    plain = {twin for spelling in spellings for twin in aligned(spelling)}
    return sorted(plain | {twin[:_WIDE] for spelling in spellings for twin in aligned(wide(spelling))})


def aligned(literal: bytes, *, edges: bool = False) -> list[str]:
    """Return patterns for a literal at the three bit positions: the symbols it decides wholly, and with `edges`, or if
    those are few, the ones it decides in part, as classes. Pure literals cost a prefilter nearly nothing."""
    bits = "".join(f"{byte:08b}" for byte in literal)
    patterns = []
    for lead in (0, 2, 4):
        padded = "." * lead + bits
        padded += "." * (-len(padded) % _BITS)
        groups = [padded[at : at + _BITS] for at in range(0, len(padded), _BITS)]
        whole = [group for group in groups if "." not in group]
        patterns.append("".join(map(_symbols, groups if edges or len(whole) < _TELLING else whole)))
    return patterns


def cores(value: bytes) -> list[tuple[frozenset[int] | None, int, str, frozenset[int] | None]]:
    """Return, for each of the three bit positions, the pattern and count of the symbols a value decides wholly, and
    the bytes that may stand before and after them: symbols whose bits the value shares with its neighbours."""
    found = []
    for filled in range(3):
        lead = filled * 8 % _BITS
        head = -lead % _BITS
        count, rest = divmod(len(value) * 8 - head, _BITS)
        first = (filled * 8 + head) // _BITS
        symbols = binascii.b2a_base64(bytes(filled) + value + bytes(2))[first : first + count].decode()
        before = _fitting("." * lead + f"{value[0]:08b}"[:head]) if lead else None
        after = _fitting(f"{value[-1]:08b}"[-rest:].ljust(_BITS, ".")) if rest else None
        found.append((before, count, symbols.translate(_EITHER), after))
    return found


@cache
def _fitting(bits: str) -> frozenset[int]:
    spelled = "".join(_ALPHABET[value] for value in range(64) if re.fullmatch(bits, f"{value:06b}"))
    return frozenset((spelled + spelled.translate(_URL_SAFE)).encode())


_URL_SAFE = str.maketrans("+/", "-_")
_EITHER = str.maketrans({"+": "[+\\-]", "/": "[/_]"})


@cache
def _symbols(bits: str) -> str:
    """A class of the symbols whose bits fit, `.` standing for either bit."""
    fitting = [value for value in range(64) if re.fullmatch(bits, f"{value:06b}")]
    spelled = "".join({"+": "+\\-", "/": "/_"}.get(_ALPHABET[value], _ALPHABET[value]) for value in fitting)
    return spelled if len(spelled) == 1 else f"[{spelled}]"


LAYER = Layer("base64", _locate, _decode, _seeds, _twins, _encode)
