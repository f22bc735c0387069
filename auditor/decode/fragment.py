"""A decoded string and the way back to the bytes it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from auditor.decode.offsets import OffsetMap

if TYPE_CHECKING:
    from auditor.decode.layer import Layer


@dataclass(frozen=True, slots=True)
class Fragment:
    """`data` is text after zero or more layers; a fragment without `parent` is the scanned chunk itself."""

    data: bytes = field(repr=False)
    parent: Fragment | None = None
    layer: str = ""
    map: OffsetMap | None = None
    depth: int = 0

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

    def child(self, layer: Layer, start: int, end: int) -> Fragment | None:
        """Return `data[start:end]` with one more layer taken off, or nothing if the layer changes nothing there."""
        decoded = layer.decode(self.data, start, end)
        if decoded is None or decoded.data == self.data[start:end]:
            return None
        return Fragment(decoded.data, self, layer.name, decoded.map, self.depth + 1)
