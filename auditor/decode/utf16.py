"""UTF-16 text (RFC 2781) as found after base64: the argument of PowerShell's `-EncodedCommand`, .NET's `Unicode`.

Text in Latin letters has a zero in every second byte; nothing else is taken for UTF-16. The zeros of little end first
may stand first too: base64 symbols before the text's own move it by whole bytes, not by whole units.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE
from collections.abc import Iterator

from auditor.decode.layer import Layer, Span
from auditor.decode.offsets import Decoded, translate

_SAMPLE, _LEAST = 64, 12
"""Bytes that tell UTF-16, and the fewest in which it can be told."""
_SHARE = 3 / 4
_LITTLE = re.compile(rb"(?s).[\xd8-\xdb].[\xdc-\xdf]|..")
_BIG = re.compile(rb"(?s)[\xd8-\xdb].[\xdc-\xdf].|..")
_UNITS = {"utf-16-le": _LITTLE, "utf-16-be": _BIG}
"""A character: a surrogate pair, or a unit of two bytes."""


def wide(text: bytes) -> bytes:
    """Return UTF-8 text in UTF-16, little end first; nothing for bytes that are no UTF-8."""
    try:
        return text.decode().encode("utf-16-le")
    except UnicodeDecodeError:
        return b""


def _codec(text: bytes) -> str:
    """The byte order of a text, or nothing where it is no UTF-16."""
    sample = text[:_SAMPLE]
    zeros = sample[::2].count(0), sample[1::2].count(0)
    if len(sample) < _LEAST or max(zeros) < len(sample) // 2 * _SHARE or min(zeros) * 4 > max(zeros):
        return ""
    return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"


def _locate(text: bytes, at: int) -> list[Span]:
    """The whole text. What has its zeros first and begins with none, nor a byte order mark, is moved by a byte."""
    codec = _codec(text)
    start = int(codec == "utf-16-be" and not text.startswith((b"\0", BOM_UTF16_BE)))
    return [(start, len(text) - (len(text) - start) % 2)] if at == 0 and codec else []


def _decode(text: bytes, start: int, end: int) -> Decoded | None:
    codec = _codec(text[start:end])

    def value(match: re.Match[bytes]) -> bytes:
        return match[0].decode(codec, "surrogatepass").encode("utf-8", "surrogatepass")

    return translate(text, start, end, _UNITS[codec], value) if codec else None


def _seeds(text: bytes) -> Iterator[int]:
    return iter((0,) if _codec(text) else ())


LAYER = Layer("utf16", _locate, _decode, _seeds)
