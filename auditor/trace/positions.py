"""Positions of all lines of a source, kept small: about 45 bytes a line, whatever the line says.

A line usually tells one thing; where it tells several (replacement history, batches, code-mode output), parts keep
their own position by JSON pointer prefix, longest prefix first.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import NamedTuple

from auditor.model import Role

_STAMP = 24
"""Length of `2026-11-23T16:12:01.327Z`, the form nearly every line has; others go to a dictionary."""
ROLES: tuple[Role, ...] = (
    "log", "user", "assistant", "tool", "developer", "system", "reasoning", "meta", "environment",
)  # fmt: skip
_CODE = {role: code for code, role in enumerate(ROLES)}
ITEM = len(ROLES)
"""Role code of lines that hold both a call and its output; the pointer decides."""
USER_ITEM = ITEM + 1
NAMED = 10_000
"""Lines of a source whose record's type is kept; a hostile one has other records only."""


class Mark(NamedTuple):
    """What one line, or a part of it, belongs to; indexes into the transcript's lists, 0 for none."""

    session: int = 0
    turn: int = 0
    call: int = 0
    role: int = 0
    timestamp: str = ""
    copied: bool = False
    record: str = ""
    """Type of the record, see `model.Position`."""


class Positions:
    """Line → mark, in the order lines are read."""

    def __init__(self) -> None:
        self._lines = array("q")
        self._marks = array("I")
        self._roles = bytearray()
        self._stamps = bytearray()
        self._odd_stamps: dict[int, str] = {}
        self._parts: dict[int, list[tuple[str, Mark]]] = {}
        self._cells: dict[str, int] = {}
        self._records: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, line: int, mark: Mark, cell: str = "") -> None:
        """Append the mark of `line` (ascending), or of a database cell."""
        index = len(self._lines)
        if cell:
            self._cells[cell] = index
        self._lines.append(line if not cell else index)
        self._marks.extend((mark.session, mark.turn, mark.call))
        self._roles.append(mark.role | (0x80 if mark.copied else 0))
        if mark.record and len(self._records) < NAMED:
            self._records[index] = mark.record
        stamp = mark.timestamp.encode("utf-8", "replace")
        if len(stamp) == _STAMP:
            self._stamps += stamp
        else:
            self._stamps += bytes(_STAMP)
            if stamp:
                self._odd_stamps[index] = mark.timestamp

    def add_part(self, pointer: str, mark: Mark) -> None:
        """Give a part of the line added last its own mark."""
        self._parts.setdefault(len(self._lines) - 1, []).append((pointer, mark))

    def find(self, line: int, pointer: str = "", cell: str = "") -> Mark | None:
        """Return the mark of a place, None when the line was never read. A line inside a joined record has its own."""
        index = self._index(line, cell)
        if index is None:
            return None
        parts = self._parts.get(index, ())
        inside = [(len(prefix), mark) for prefix, mark in parts if _within(pointer, prefix)]
        return max(inside, key=lambda one: one[0])[1] if inside else self._mark(index)

    def _index(self, line: int, cell: str) -> int | None:
        if cell:
            return self._cells.get(cell)
        index = bisect_left(self._lines, line)
        if index < len(self._lines) and self._lines[index] == line:
            return index
        return None

    def _mark(self, index: int) -> Mark:
        session, turn, call = self._marks[3 * index : 3 * index + 3]
        stamp = self._odd_stamps.get(index, "")
        if not stamp and self._stamps[_STAMP * index]:
            stamp = self._stamps[_STAMP * index : _STAMP * index + _STAMP].decode("utf-8", "replace")
        role = self._roles[index]
        return Mark(session, turn, call, role & 0x7F, stamp, bool(role & 0x80), self._records.get(index, ""))


def code(role: Role) -> int:
    """Return the number that stands for a role."""
    return _CODE.get(role, 0)


def _within(pointer: str, prefix: str) -> bool:
    return pointer == prefix or pointer.startswith(prefix + "/")
