"""What a layer of encoding is: one module of this room, one `Layer` value.

`locate` finds what can be decoded around a place, `decode` takes the layer off, `seeds` lists every place worth a try
(used without the prefilter), `twins` says how a literal looks in this encoding (the prefilter's patterns), `encode`
writes bytes back at the same length. All are linear in the span and never raise on any input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from auditor import lazy
from auditor.decode.offsets import Decoded

Span = tuple[int, int]
Stops = bytes
Encode = Callable[[bytes, bytes], bytes | None]
NEAR, FAR = 8_192, 262_144
"""How far behind a place a layer decodes: text runs, and blobs. Longer ones are decoded piece by piece; a span that
ends exactly this far from its place was cut."""


PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
"""Bytes that text encodings (percent, entities, backslashes) leave alone, and base64url is made of."""
ESCAPES = (b"\\u00", b"5Cu00", b"5cu00")
"""Inside base64 or hex, escaped text is looked for as such: an escaped literal has no spelling of its own there."""
_TELLING = 3
ANY_CASE = "(?i)"
_CORE = lazy.compile(rb"[A-Za-z0-9_.-]+")


def core(literal: bytes) -> bytes:
    """Return the longest part of a literal that text encodings leave alone."""
    return max(_CORE.findall(literal), key=len, default=literal)


def cases(literal: bytes, ignore_case: bool) -> set[bytes]:
    """Return the spellings of a literal that base64 and hex are looked for in."""
    return {literal, literal.lower(), literal.upper(), literal.title()} if ignore_case else {literal}


def twins_beside(
    literal: bytes, ignore_case: bool, escaped: bytes, mark: bytes, leads: Callable[[int], tuple[bytes, ...]]
) -> list[str]:
    """Return patterns for a literal with punctuation that encoders escape (one of `escaped`): plain up to an escape's
    first byte `mark`, or, where it begins with punctuation, from the end of an escape (`leads`) on. An encoder escapes
    a character everywhere, so its first place where plain characters stand beside it is enough.

    They are literals on purpose: Hyperscan compiles thousands of those in no time. What they find too much is looked
    at and found to be nothing.
    """
    found: dict[int, list[bytes]] = {}
    for at, byte in enumerate(literal):
        if byte not in escaped or byte in found:
            continue
        if len(core(literal[:at])) >= _TELLING:
            found[byte] = [literal[:at] + mark]
        elif run := _CORE.match(literal, at + 1):
            found[byte] = [lead + run[0] for lead in leads(byte)]
    return [literal_pattern(one, ignore_case) for several in found.values() for one in several]


def literal_pattern(literal: bytes, ignore_case: bool = False) -> str:
    """Return the Hyperscan pattern of a literal."""
    return caseless("".join(f"\\x{byte:02x}" for byte in literal), ignore_case)


def caseless(pattern: str, ignore_case: bool) -> str:
    """Return a pattern that ignores case if asked."""
    return ANY_CASE + pattern if ignore_case else pattern


def run_start(text: bytes, at: int, stops: Stops, reach: int) -> int:
    """Return where the run without any of `stops` that holds a place begins, at most `reach` bytes before it."""
    low = max(0, at - reach)
    return low + text[low:at].translate(stops).rfind(b"\x00") + 1


def stops(characters: bytes) -> Stops:
    """Return a table for `run_start`."""
    return bytes(0 if byte in characters else 1 for byte in range(256))


def _no_twins(literal: bytes, ignore_case: bool) -> list[str]:
    return []


class Layer(NamedTuple):
    """One kind of encoding."""

    name: str
    locate: Callable[[bytes, int], list[Span]]
    """Spans around a place that may be decoded, likeliest first."""
    decode: Callable[[bytes, int, int], Decoded | None]
    seeds: Callable[[bytes], Iterator[int]]
    twins: Callable[[bytes, bool], list[str]] = _no_twins
    """`twins(literal, ignore_case)`: Hyperscan patterns; each ends inside the encoded text."""
    encode: Encode | None = None
    """`encode(value, like)`: the encoded form of `value`, in the spelling of `like` and as long, or nothing."""
    mark: bytes = b""
    """A text without these bytes has nothing of this layer."""
    whole: bool = True
    """False: what stood plainly in the parent is judged there; only what this layer changed counts (percent)."""
    limit: int = 0
    """Output is cut at so many bytes; the rest is not looked into, and whoever asked counts it."""
