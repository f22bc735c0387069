"""Compressed text (gzip RFC 1952, zstd RFC 8878), as found after base64: `… | gzip | base64`.

A span inside cannot be told, so a match maps to the whole block. Several members or frames in a row are one text.
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
    text = b""
    while data.startswith(_GZIP) and len(text) < LIMIT:
        member = zlib.decompressobj(wbits=31)
        try:
            text += member.decompress(data, LIMIT - len(text))
        except zlib.error:
            break
        data = member.unused_data
    return text


def _unzstd(data: bytes) -> bytes:
    import zstandard

    try:
        reader = zstandard.ZstdDecompressor(max_window_size=LIMIT).stream_reader(data, read_across_frames=True)
        return reader.read(LIMIT)
    except zstandard.ZstdError:
        return b""


def _seeds(text: bytes) -> Iterator[int]:
    return iter((0,) if text.startswith((_GZIP, _ZSTD)) else ())


LAYER = Layer("packed", _locate, _decode, _seeds, limit=LIMIT)
MAGIC = (_GZIP, _ZSTD)
