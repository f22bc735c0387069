"""Where lines stand: the marks of a record's events become the positions of its lines and parts."""

from __future__ import annotations

import re
from collections.abc import Container

from auditor import lazy
from auditor.formats.pointer import locate_all
from auditor.formats.records import Record
from auditor.trace import positions
from auditor.trace.ledger import Ledger
from auditor.trace.positions import Mark, Positions

_LINE_START = lazy.compile(rb"^([ \t]*)", re.M)
LINED_BYTES = 8 << 20
"""Pretty-printed records beyond this have one position for all their lines."""


class Marking:
    """Keeps the positions of the lines that will be asked for: all, or those given, and every database cell."""

    def __init__(self, ledger: Ledger, lines: Container[int] | None) -> None:
        self.positions = Positions()
        self._ledger = ledger
        self._lines = lines

    def skips(self, line: int) -> bool:
        """Tell whether nobody asks for a line."""
        return self._lines is not None and line not in self._lines

    def wants(self, record: Record) -> bool:
        """Tell whether anybody may ask for the position of this record."""
        lines = self._lines
        if lines is None or record.cell:
            return True
        if record.lines == 1:
            return record.line in lines
        return any(line in lines for line in range(record.line, record.line + record.lines))

    def settle(self, record: Record, marks: list[tuple[str, Mark]], tail: bool) -> None:
        """Write down a record's lines; `marks` are those of its events, by pointer, `tail` that only its first line is
        the event's."""
        main = next((mark for _, mark in marks if mark.call), marks[0][1])
        if len(marks) > 1 and any(mark != main for _, mark in marks):
            main = Mark(main.session, main.turn, 0, main.role, main.timestamp, main.copied)
        if len(marks) > 1 and record.lines > 1 and len(record.data) <= LINED_BYTES:
            self._settle_lines(record, marks, main)
            return
        self.positions.add(record.line, main, record.cell)
        if len(marks) > 1:
            for pointer, mark in marks:
                self.positions.add_part(pointer, mark)
        elif main.call:
            self._printed(marks[0][0], main)
        rest = Mark(main.session, main.turn, 0, 0, main.timestamp) if tail else main
        for line in range(record.line + 1, record.line + record.lines):
            self.positions.add(line, rest)

    def _settle_lines(self, record: Record, marks: list[tuple[str, Mark]], main: Mark) -> None:
        """Pretty-printed records: a line belongs to the event whose part of the document it stands in."""
        starts = [found.end(1) for found in _LINE_START.finditer(record.data)][: record.lines]
        parts = dict(marks)
        lines = locate_all(record.data, [(start, start + 1) for start in starts])
        for line, pointer in enumerate(lines, record.line):
            while pointer and pointer not in parts:
                pointer = pointer.rpartition("/")[0]
            self.positions.add(line, parts.get(pointer, main))

    def _printed(self, pointer: str, mark: Mark) -> None:
        """Give each printed value of a code-mode output to the nested call it shows."""
        call = self._ledger.calls[mark.call - 1].root
        if call.tool != "code" or not call.nested or mark.role != positions.code("tool"):
            return
        for index, shown in enumerate(call.prints, 1):
            if shown is not None and shown < len(call.nested):
                number = self._ledger.number(call.nested[shown])
                part = Mark(mark.session, mark.turn, number, mark.role, mark.timestamp, mark.copied)
                self.positions.add_part(f"{pointer}/output/{index}", part)
