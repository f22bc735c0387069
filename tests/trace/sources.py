"""A source of bytes for trace tests, in blocks of whole lines as intake gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    data: bytes
    offset: int = 0
    line: int = 1
    cell: str = ""
    partial: bool = False
    overlap: int = 0


@dataclass(frozen=True)
class Text:
    """Bytes under a name; `block` bytes (rounded up to a line) at a time."""

    data: bytes
    path: str = "rollout-2026-11-23T10-00-00-0198a1b2-c3d4-7e5f-8a9b-000000000001.jsonl"
    block: int = 1 << 20

    def chunks(self) -> Iterator[Block]:
        at, line = 0, 1
        while at < len(self.data):
            end = self.data.find(b"\n", min(at + self.block, len(self.data)))
            end = len(self.data) if end < 0 else end + 1
            yield Block(self.data[at:end], at, line)
            line += self.data.count(b"\n", at, end)
            at = end


def jsonl(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)
