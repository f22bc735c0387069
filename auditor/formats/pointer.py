"""JSON pointers (RFC 6901) of byte spans, by a tokeniser that tolerates torn and embedded JSON.

A pointer is printed in reports, so it must not carry input text that could be a credential: a key shows only when it
looks like a field name; any other member is `*N`, its 0-based number in its object. Strings inside strings are not
entered: the pointer names the outermost string token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from auditor import lazy

_START = lazy.compile(rb'\{\s*["}]|\[\s*[{\["\]]')
_TOKEN = lazy.compile(rb'"(?:[^"\\]+|\\.)*+(?:"|\\?\Z)|[{}\[\]:,]', re.S)
_NAME = lazy.compile(rb"[A-Za-z_$][A-Za-z_$-]{0,39}[0-9]{0,2}")
DEPTH = 2000
"""Nesting followed; deeper spans get the pointer of the container at this depth."""


@dataclass(slots=True)
class _Level:
    is_object: bool
    index: int = 0
    key: str = ""
    awaits_value: bool = False

    @property
    def name(self) -> str:
        """This level's part of the pointer."""
        return self.key or (f"*{self.index}" if self.is_object else str(self.index))


@dataclass(slots=True)
class _Walk:
    levels: list[_Level] = field(default_factory=list)
    too_deep: int = 0

    def pointer(self) -> str:
        """Pointer of the value being read."""
        return "".join(
            f"/{level.key or f'*{level.index}' if level.is_object else level.index}" for level in self.levels
        )

    def punctuation(self, char: bytes) -> None:
        if char in b"{[":
            if len(self.levels) >= DEPTH:
                self.too_deep += 1
            else:
                self.levels.append(_Level(char == b"{"))
        elif char in b"}]":
            if self.too_deep:
                self.too_deep -= 1
            elif self.levels:
                self.levels.pop()
        elif self.levels and not self.too_deep:
            top = self.levels[-1]
            if char == b",":
                top.index, top.key, top.awaits_value = top.index + 1, "", False
            else:
                top.awaits_value = True

    def string(self, token: bytes) -> None:
        top = self.levels[-1] if self.levels and not self.too_deep else None
        if top is not None and top.is_object and not top.awaits_value:
            name = token[1:-1]
            top.key = name.decode() if _NAME.fullmatch(name) else ""


def locate(record: bytes, start: int, end: int) -> str:
    """Return the pointer of the JSON token that holds `record[start:end]`; empty when there is no JSON before it.

    In a log line the pointer is into the JSON embedded in it. A span in an object's key gets the member's pointer.
    """
    return locate_all(record, [(start, end)])[0]


def locate_all(record: bytes, spans: Iterable[tuple[int, int]]) -> list[str]:
    """Return the pointers of several spans of one record, in one pass over it."""
    wanted = list(spans)
    found = [""] * len(wanted)
    first = _START.search(record)
    if first is None:
        return found
    waiting = sorted(range(len(wanted)), key=lambda index: wanted[index][0], reverse=True)
    while waiting and wanted[waiting[-1]][0] < first.start():
        waiting.pop()
    walk = _Walk()
    for token in _TOKEN.finditer(record, first.start()):
        while waiting and wanted[waiting[-1]][0] < token.end():
            index = waiting.pop()
            found[index] = _pointer_at(walk, token, wanted[index][0])
        if not waiting:
            break
        char = token[0][:1]
        if char == b'"':
            walk.string(token[0])
        else:
            walk.punctuation(char)
    return found


def _pointer_at(walk: _Walk, token: re.Match[bytes], start: int) -> str:
    top = walk.levels[-1] if walk.levels else None
    if top is not None and top.is_object and not top.awaits_value and token[0][:1] == b'"' and start >= token.start():
        top.key = ""
    return walk.pointer()
