"""UTF-16 text (RFC 2781) as found after base64: the argument of PowerShell's `-EncodedCommand`, .NET's `Unicode`.

Commands are in Latin letters, at least in part: many zeros in every second byte, next to none between. The zeros of
little end first may stand first too: base64 symbols before the text's own move it by whole bytes, not by whole units.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE
from collections.abc import Iterator

from auditor import lazy
from auditor.decode.layer import Layer, Span
from auditor.decode.offsets import Decoded, translate

_LEAST = 12
"""The fewest bytes that tell UTF-16."""
_SHARE = 1 / 8
"""Of the characters that are Latin at least; of bytes that are no text one in 256 is a zero."""
_LITTLE = lazy.compile(rb"(?s).[\xd8-\xdb].[\xdc-\xdf]|..")
_BIG = lazy.compile(rb"(?s)[\xd8-\xdb].[\xdc-\xdf].|..")
_UNITS = {"utf-16-le": _LITTLE, "utf-16-be": _BIG}
"""A character: a surrogate pair, or a unit of two bytes."""


def wide(text: bytes, codec: str = "utf-16-le") -> bytes:
    """Return UTF-8 text in UTF-16; nothing for bytes that are no UTF-8."""
    try:
        return text.decode().encode(codec)
    except UnicodeDecodeError:
        return b""


def _codec(text: bytes) -> str:
    """The byte order of a text, or nothing where it is no UTF-16."""
    zeros = text[::2].count(0), text[1::2].count(0)
    if len(text) < _LEAST or max(zeros) < len(text) // 2 * _SHARE or min(zeros) * 4 > max(zeros):
        return ""
    return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"


def _locate(text: bytes, at: int) -> list[Span]:
    """The whole text. What has its zeros first and begins with none, nor a byte order mark, is moved by a byte."""
    codec = "" if at else _codec(text)
    start = int(codec == "utf-16-be" and not text.startswith((b"\0", BOM_UTF16_BE)))
    return [(start, len(text) - (len(text) - start) % 2)] if codec else []


def _decode(text: bytes, start: int, end: int) -> Decoded | None:
    codec = _codec(text[start:end])

    def value(match: re.Match[bytes]) -> bytes:
        return match[0].decode(codec, "surrogatepass").encode("utf-8", "surrogatepass")

    return translate(text, start, end, _UNITS[codec], value) if codec else None


def _seeds(text: bytes) -> Iterator[int]:
    return iter((0,) if _codec(text) else ())


LAYER = Layer("utf16", _locate, _decode, _seeds)
