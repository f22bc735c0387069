"""Compressed text (gzip RFC 1952, zstd RFC 8878), as found after base64: `… | gzip | base64`.

A span inside cannot be told, so a match maps to the whole block. Output is limited; what does not fit is not decoded
and the caller counts it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from auditor.decode.layer import Layer, Span
from auditor.decode.offsets import Block, Decoded

LIMIT = 4 << 20
"""Largest decompressed size in bytes."""
_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"


def _locate(text: bytes, at: int) -> list[Span]:
    return [(0, len(text))] if at == 0 and text.startswith((_GZIP, _ZSTD)) else []


def _decode(text: bytes, start: int, end: int) -> Decoded | None:
    data = _gunzip(text[start:end]) if text.startswith(_GZIP, start) else _unzstd(text[start:end])
    return Decoded(data, Block(start, end)) if data else None


def _gunzip(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(data, LIMIT)
    except zlib.error:
        return b""


def _unzstd(data: bytes) -> bytes:
    import zstandard

    try:
        reader = zstandard.ZstdDecompressor(max_window_size=LIMIT).stream_reader(data)
        return reader.read(LIMIT)
    except zstandard.ZstdError:
        return b""


def _seeds(text: bytes) -> Iterator[int]:
    return iter((0,) if text.startswith((_GZIP, _ZSTD)) else ())


LAYER = Layer("packed", _locate, _decode, _seeds)
MAGIC = (_GZIP, _ZSTD)
