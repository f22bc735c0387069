"""A long list of plain objects in little memory: compressed JSON, read back a block at a time.

A year of sessions has a million ordinary steps, which a document lists and hardly anybody looks at. As objects they
take 2 KB each, packed some 60 bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast, overload

import orjson

from auditor.safe.json import canonical

T = TypeVar("T")
BLOCK = 256
"""Objects that are packed, and read back, together."""
_FAST = 1


class Block(NamedTuple):
    """Some objects in order, as canonical JSON with commas between, compressed."""

    data: bytes
    size: int
    """How many."""

    def text(self) -> bytes:
        """Return the JSON of the objects, without the brackets of an array."""
        return zlib.decompress(self.data)

    def rows(self) -> list[Any]:
        """Return the objects."""
        return cast("list[Any]", orjson.loads(b"[" + self.text() + b"]"))


def pack(rows: Sequence[Any]) -> Block:
    """Return objects as one block; they must be what JSON can say."""
    return Block(zlib.compress(canonical(rows)[1:-1], _FAST), len(rows))


class Packed(Sequence[T], Generic[T]):
    """Blocks of objects, and the latest ones as they are until `close`."""

    def __init__(self, rows: Iterable[T] = ()) -> None:
        self.blocks: list[Block] = []
        self.open: list[T] = list(rows)

    def append(self, row: T) -> None:
        """Add one object; it stays as it is until `close`."""
        self.open.append(row)

    def add(self, block: Block) -> None:
        """Add the objects of a block."""
        self.close()
        self.blocks.append(block)

    def close(self) -> None:
        """Pack everything."""
        rows = self.open
        self.blocks += [pack(rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK)]
        self.open = []

    def mapped(self, change: Callable[[T], T]) -> Packed[T]:
        """Return the list with every object changed; a block of which `change` returns each as it is stays packed."""
        new: Packed[T] = Packed()
        for block in self.blocks:
            rows = block.rows()
            changed = list(map(change, rows))
            same = all(one is other for one, other in zip(rows, changed, strict=True))
            new.blocks.append(block if same else pack(changed))
        new.open = list(map(change, self.open))
        return new

    def parts(self) -> Iterator[list[T]]:
        """Yield the objects in lists of no great length."""
        for block in self.blocks:
            yield block.rows()
        if self.open:
            yield self.open

    def texts(self) -> Iterator[bytes]:
        """Yield the canonical JSON of the whole list in pieces."""
        comma = b"["
        for block in self.blocks:
            yield comma
            yield block.text()
            comma = b","
        yield comma + canonical(self.open)[1:] if self.open else b"]" if self.blocks else b"[]"

    def __len__(self) -> int:
        return sum(block.size for block in self.blocks) + len(self.open)

    def __iter__(self) -> Iterator[T]:
        for part in self.parts():
            yield from part

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return list(self)[index]
        wanted = index + len(self) if index < 0 else index
        if wanted >= 0:
            for part in self.parts():
                if wanted < len(part):
                    return part[wanted]
                wanted -= len(part)
        raise IndexError(index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]
