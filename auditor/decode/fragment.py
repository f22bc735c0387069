"""A decoded string and the way back to the bytes it came from."""

from __future__ import annotations

from typing import NamedTuple

from auditor.decode.layer import Encode, Layer, Span
from auditor.decode.layers import LAYERS
from auditor.decode.offsets import OffsetMap

FILLER = b"x"
"""Stands for a byte that was cut out."""


class Fragment(NamedTuple):
    """`data` is text after zero or more layers; a fragment without `parent` is the scanned chunk itself."""

    data: bytes
    parent: Fragment | None = None
    layer: str = ""
    map: OffsetMap | None = None
    depth: int = 0
    region: Span = (0, 0)
    """Where the outermost layer stands in the chunk; all that is in this fragment comes from there."""

    def __repr__(self) -> str:
        return f"Fragment({len(self.data)} bytes below {self.layers})"

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers from the outside in."""
        return (*self.parent.layers, self.layer) if self.parent else ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the source span of `data[start:end]`."""
        fragment = self
        while fragment.parent is not None and fragment.map is not None:
            start, end = fragment.map.start(start), fragment.map.end(end)
            fragment = fragment.parent
        return start, end

    def touched(self, start: int, end: int, *, before: int = 0, after: int = 0) -> bool:
        """Return whether this fragment's own layer changed `data[start:end]` or so many bytes beside it."""
        if self.map is None:
            return False
        start, end = max(0, start - before), min(len(self.data), end + after)
        return self.map.end(end) - self.map.start(start) != end - start

    def respell(self, start: int, end: int, value: bytes) -> bytes:
        """Return what to write at `span(start, end)` of the source so that `data[start:end]` becomes `value`, which is
        as long. Where a layer cannot spell it at the same length, filler letters stand for it."""
        fragment = self
        while fragment.parent is not None and fragment.map is not None:
            span = fragment.map.start(start), fragment.map.end(end)
            value = _respell(fragment, fragment.parent.data, fragment.map, start, end, value)
            (start, end), fragment = span, fragment.parent
        return value

    def child(self, layer: Layer, start: int, end: int) -> Fragment | None:
        """Return `data[start:end]` with one more layer taken off, or nothing if the layer changes nothing there."""
        decoded = layer.decode(self.data, start, end)
        if decoded is None or (len(decoded.data) == end - start and decoded.data == self.data[start:end]):
            return None
        region = self.region if self.parent else (start, end)
        return Fragment(decoded.data, self, layer.name, decoded.map, self.depth + 1, region)


def _respell(fragment: Fragment, text: bytes, offsets: OffsetMap, start: int, end: int, value: bytes) -> bytes:
    first, last = offsets.start(start), offsets.end(end)
    encode = LAYERS[fragment.layer].encode
    if encode:
        return _encoded(fragment, text, offsets, (start, end), value, encode) or FILLER * (last - first)
    if last - first == len(value):
        return value
    written = bytearray(text[first:last])
    for index, byte in enumerate(value, start):
        if byte == fragment.data[index]:
            continue
        at, until = offsets.start(index), offsets.end(index + 1)
        written[at - first : until - first] = _unit(byte, text[at:until])
    return bytes(written)


def _unit(byte: int, written: bytes) -> bytes:
    """Spell a byte like the unit that was written in its place, and as long."""
    if written.count(0) == 1 and len(written) == len(_UTF16_UNIT):
        return bytes(byte if old else 0 for old in written)
    spell = _UNITS.get((written[:1], len(written)), "%c")
    return (spell % byte).encode("latin-1").ljust(len(written), FILLER)


_UTF16_UNIT = b"x\0"
_UNITS = {(b"\\", 6): "\\u%04x", (b"\\", 4): "\\x%02x", (b"%", 3): "%%%02X"}
"""How an escape of so many bytes spells any one byte."""


def _encoded(
    fragment: Fragment, text: bytes, offsets: OffsetMap, span: Span, value: bytes, encode: Encode
) -> bytes | None:
    """Spell whole groups of three bytes, then cut out the symbols of the span; line breaks among them stay."""
    (start, end), data = span, fragment.data
    low, high = start - start % 3, min(len(data), end + -end % 3)
    first, last = offsets.start(low), offsets.end(high)
    written = bytearray(text[first:last])
    symbols = [at for at, byte in enumerate(written) if byte not in b" \t\r\n"]
    encoded = encode(data[low:start] + value + data[end:high], bytes(written[at] for at in symbols))
    if encoded is None:
        return None
    for at, symbol in zip(symbols, encoded, strict=True):
        written[at] = symbol
    return bytes(written[offsets.start(start) - first : offsets.end(end) - first])
