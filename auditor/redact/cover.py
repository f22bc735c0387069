"""What stands in a credential's place when the length must stay: a marker or stars, spelled in the text's own encoding.

Inside base64 only the bits of the value are replaced, so that its neighbours, which share symbols with it, stay as
they are. The result is ASCII without quotes, backslashes or braces: whatever was valid around it stays valid.
"""

from __future__ import annotations

from auditor.decode.utf16 import wide

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_STANDARD = bytes.maketrans(b"-_", b"+/")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_STAR = b"*"
_LEADS = (0, 2, 4)
"""Bits of the first symbol that belong to the byte before the value (RFC 4648: 6-bit symbols, 8-bit bytes)."""


def cover(written: bytes, value: bytes, marker: bytes) -> bytes:
    """Return bytes as long as `written` (the value as it stands in the text, in whatever encoding) that hide it."""
    return encoded(written, value) or fit(marker, len(written))


def encoded(written: bytes, value: bytes) -> bytes:
    """Return as many stars as the value is long, in the base64, hex or UTF-16 it is written in; nothing for others.

    The neighbours of the value go on decoding to what they were.
    """
    if len(written) * 6 < len(value) * 8 or written == value:
        return b""
    return _hex(written, value) or _base64(written, value, _STAR) or _utf16(written, value) or _wide(written, value)


def fit(marker: bytes, size: int) -> bytes:
    """Return the marker padded with stars to `size` bytes, or stars alone where it does not fit."""
    return marker.ljust(size, _STAR) if len(marker) <= size else _STAR * size


def _hex(written: bytes, value: bytes) -> bytes:
    if len(written) != 2 * len(value) or not _HEX.issuperset(written):
        return b""
    return (_STAR * len(value)).hex().encode() if bytes.fromhex(written.decode()) == value else b""


def _utf16(written: bytes, value: bytes) -> bytes:
    ends = "utf-16-le", "utf-16-be"
    return next(filter(None, (_base64(written, wide(value, end), wide(_STAR, end)) for end in ends)), b"")


def _wide(written: bytes, value: bytes) -> bytes:
    """Of a database's cell in UTF-16."""
    ends = (end for end in ("utf-16-le", "utf-16-be") if written == wide(value, end))
    return next((wide(_STAR, end) * (len(written) // 2) for end in ends), b"")


def _base64(written: bytes, value: bytes, star: bytes) -> bytes:
    """Replace the value's bits where they are found at one of the three alignments; line breaks stay in place."""
    if not value:
        return b""
    breaks = [at for at, byte in enumerate(written) if byte in b"\r\n \t"]
    symbols = written.translate(_STANDARD, b"\r\n \t")
    bits = _bits(symbols)
    for lead in _LEADS:
        end = lead + 8 * len(value)
        if bits[lead:end] == _octets(value):
            hidden = bits[:lead] + _octets(star * (len(value) // len(star))) + bits[end:]
            return _with_breaks(_symbols(hidden, url_safe=b"-" in written or b"_" in written), written, breaks)
    return b""


def _octets(value: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in value)


def _bits(symbols: bytes) -> str:
    places = [_ALPHABET.find(symbol) for symbol in symbols]
    return "" if -1 in places else "".join(f"{place:06b}" for place in places)


def _symbols(bits: str, *, url_safe: bool) -> bytes:
    symbols = bytes(_ALPHABET[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))
    return symbols.translate(_URL_SAFE) if url_safe else symbols


def _with_breaks(symbols: bytes, written: bytes, breaks: list[int]) -> bytes:
    parts = bytearray(symbols)
    for at in breaks:
        parts.insert(at, written[at])
    return bytes(parts)
