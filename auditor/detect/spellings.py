"""Every way a credential is spelled in a log, for testing rules: the encoding matrix.

A spelling turns a text and the span of the secret in it into the encoded text and the span there; a test can ask for
the exact bytes. `auditor rules test` and the test suite use the same table.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

import orjson

from auditor.decode.utf16 import wide


@dataclass(frozen=True, slots=True)
class Spelled:
    """An encoded text; `start:end` is the secret in it."""

    text: bytes
    start: int
    end: int


Spelling = Callable[[bytes, int, int], Spelled]
_WIDTH = 48
_INDENT = b"\n                    "


def _by_piece(encode: Callable[[bytes], bytes], before: bytes, after: bytes) -> Spelling:
    """For encodings that spell byte by byte: encode what stands before, the secret, what stands after."""

    def spell(text: bytes, start: int, end: int) -> Spelled:
        head = before + encode(text[:start])
        secret = encode(text[start:end])
        return Spelled(head + secret + encode(text[end:]) + after, len(head), len(head) + len(secret))

    return spell


def _over(outer: Spelling, inner: Spelling) -> Spelling:
    def spell(text: bytes, start: int, end: int) -> Spelled:
        one = inner(text, start, end)
        return outer(one.text, one.start, one.end)

    return spell


def _base64(lead: bytes, alphabet: Callable[[bytes], bytes]) -> Spelling:
    def spell(text: bytes, start: int, end: int) -> Spelled:
        head = b"data: "
        first, last = (start + len(lead)) * 8 // 6, -(-(end + len(lead)) * 8 // 6)
        encoded = alphabet(lead + text).rstrip(b"=")
        return Spelled(head + encoded + b" end", len(head) + first, len(head) + last)

    return spell


def _wrapped(text: bytes, start: int, end: int) -> Spelled:
    """Broken in the middle of the secret at the right edge of a terminal, the rest indented."""
    line = text.rfind(b"\n", 0, start) + 1
    filler = b"" if start - line >= _WIDTH or line else b"connected with the following string, column full: "
    middle = (start + end) // 2
    while middle < end and text[middle] & 0xC0 == 0x80:
        middle += 1
    spelled = filler + text[:middle] + _INDENT + text[middle:]
    return Spelled(spelled, len(filler) + start, len(filler) + end + len(_INDENT))


def _json(text: bytes) -> bytes:
    return orjson.dumps(text.decode())[1:-1]


def _unicode(text: bytes) -> bytes:
    code = text.decode().encode("utf-16-be").hex()
    return "".join(f"\\u{code[at : at + 4]}" for at in range(0, len(code), 4)).encode()


_JSON = _by_piece(_json, b'{"type":"item","output":"line\\n', b'\\nnext"}')

SPELLINGS: dict[str, Spelling] = {
    "plain": Spelled,
    "json": _JSON,
    "json-2": _over(_JSON, _JSON),
    "json-3": _over(_JSON, _over(_JSON, _JSON)),
    "slashes": _by_piece(lambda text: _json(text).replace(b"/", b"\\/"), b'{"output":"line\\n', b'"}'),
    "unicode": _by_piece(_unicode, b'{"output":"', b'"}'),
    "percent": _by_piece(lambda text: quote_from_bytes(text, safe="").encode(), b"next=", b"&a=b"),
    "percent-2": _by_piece(
        lambda text: quote_from_bytes(quote_from_bytes(text, safe="").encode(), safe="").encode(), b"next=", b"&a=b"
    ),
    "base64-0": _base64(b"", base64.b64encode),
    "base64-1": _base64(b"\n", base64.b64encode),
    "base64-2": _base64(b"\n\n", base64.urlsafe_b64encode),
    "base64-json": _over(_JSON, _base64(b"\n", base64.b64encode)),
    "base64-utf16": _over(_base64(b"", base64.b64encode), _by_piece(wide, b"", b"")),
    "hex": _by_piece(lambda text: text.hex().encode(), b"bytea \\x", b" end"),
    "hex-upper": _by_piece(lambda text: text.hex().upper().encode(), b"", b""),
    "wrap": _over(_JSON, _wrapped),
}
"""Name → spelling. All are part of the promise for every rule; `wrap` only where a secret has no blanks."""
