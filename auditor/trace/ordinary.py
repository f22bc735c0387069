"""Steps that nothing more is asked about, kept as they are reported: nearly all of a session are of this kind.

A few thousand stay as they are; from then on they are packed, so that memory hardly grows with their number.
"""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from auditor.document import StepDict
from auditor.safe.packed import BLOCK, Block, Packed, pack
from auditor.trace import step
from auditor.trace.step import Mask, Order, Step

LIGHT = 6_000
"""Steps that are not packed."""
Row = tuple[Order, StepDict]


class _Piece(NamedTuple):
    """Packed steps, with their numbers, which decide between equal times and lines."""

    first: Order
    numbers: array[int]
    block: Block

    def rows(self) -> list[Row]:
        return [(_order(row, number), row) for number, row in zip(self.numbers, self.block.rows(), strict=True)]


class Rows:
    """Ordinary steps of one session."""

    def __init__(self) -> None:
        self.pieces: list[_Piece] = []
        self.loose: list[Row] = []
        self._last: Order = (False, "", 0, 0)
        self._sorted = True

    def add(self, order: Order, row: StepDict) -> None:
        self._sorted, self._last = self._sorted and self._last <= order, order
        self.loose.append((order, row))

    def pack(self) -> None:
        rows = self.loose
        self.pieces += [_packed(rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK)]
        self.loose = []

    def settle(self) -> None:
        """Put the steps in order, which they mostly are."""
        if self._sorted:
            return
        packed, self._sorted = bool(self.pieces), True
        self.loose = sorted(self._every(), key=lambda row: row[0])
        self.pieces = []
        if packed:
            self.pack()

    def _every(self) -> Iterator[Row]:
        for piece in self.pieces:
            yield from piece.rows()
        yield from self.loose

    def among(self, others: Sequence[Row]) -> Iterator[Block | Iterable[Row]]:
        """Yield all in order, together with other steps; blocks between which none of these belong are left packed."""
        done = 0
        for number, piece in enumerate(self.pieces, 1):
            last = number == len(self.pieces) and not self.loose
            later = self.pieces[number].first if number < len(self.pieces) else self.loose[0][0] if self.loose else None
            end = len(others) if last or later is None else bisect_left(others, later, key=lambda row: row[0])
            yield piece.block if end == done else heapq.merge(piece.rows(), others[done:end], key=lambda row: row[0])
            done = end
        yield heapq.merge(self.loose, others[done:], key=lambda row: row[0])


def _packed(rows: Sequence[Row]) -> _Piece:
    return _Piece(rows[0][0], array("q", [order[-1] for order, _ in rows]), pack([row for _, row in rows]))


def _order(row: StepDict, number: int) -> Order:
    return (row["started"] == "", row["started"], row["place"]["line"], number)


class Ordinary:
    """The ordinary steps of an audit."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._rows: dict[str, Rows] = defaultdict(Rows)
        self._loose: set[str] = set()
        self._light = 0

    @property
    def sessions(self) -> set[str]:
        """Ids of the sessions that have any."""
        return set(self._rows)

    def add(self, one: Step) -> None:
        """Keep a step, as it will be reported."""
        self._rows[one.session].add(one.order, step.as_document(one, self._mask))
        self._loose.add(one.session)
        self._light += 1
        self._pack()

    def _pack(self) -> None:
        if self._light > LIGHT:
            for session in self._loose:
                self._rows[session].pack()
            self._light = 0
            self._loose.clear()

    @property
    def rows(self) -> dict[str, Rows]:
        """What is kept of each session."""
        return dict(self._rows)

    def absorb(self, rows: Mapping[str, Rows]) -> None:
        """Take in what was kept of other sessions."""
        self._rows |= rows
        self._loose |= rows.keys()
        self._light += sum(len(one.loose) for one in rows.values())
        self._pack()

    def settle(self, sessions: Iterable[str]) -> None:
        """Put the steps of sessions in order that are complete now."""
        for session in sessions:
            if session in self._rows:
                self._rows[session].settle()

    def among(self, others: Mapping[str, Sequence[Step]]) -> Sequence[StepDict]:
        """Return all steps, these and others, by session and order; a list unless there are many."""
        found: Packed[StepDict] = Packed()
        for session in sorted(self._rows.keys() | others.keys()):
            rows = sorted(others.get(session, ()), key=lambda one: one.order)
            told = [(one.order, step.as_document(one, self._mask)) for one in rows]
            for part in self._rows[session].among(told):
                if isinstance(part, Block):
                    found.add(part)
                else:
                    found.open += [row for _, row in part]
            if len(found.open) > LIGHT:
                found.close()
        return found if found.blocks else found.open
