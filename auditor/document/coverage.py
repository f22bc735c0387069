"""What was examined and what was not: sources, gaps, and the equations between their counts."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class PlaceDict(TypedDict):
    """See `auditor.model.Place`."""

    path: str
    line: int
    byte_start: int
    byte_end: int
    pointer: str


class SourceDict(TypedDict):
    path: str
    format: str
    bytes: int
    records: int
    digest: str
    status: str
    mode: str
    size: NotRequired[int]
    """Bytes in scope when it was opened; absent when nothing told (standard input)."""


class GapDict(TypedDict):
    path: str
    reason: str
    detail: str


class Equation(TypedDict):
    """`total` of something must be the sum of `parts`; computed by `auditor.evidence.coverage`."""

    name: str
    total: int
    parts: dict[str, int]
    holds: bool


class PeriodDict(TypedDict):
    """The period that was asked for, both ends inclusive; an empty end is open."""

    since: str
    until: str


class Coverage(TypedDict):
    sources: list[SourceDict]
    gaps: list[GapDict]
    rejected: dict[str, int]
    """Matches held for placeholders, by check name."""
    counts: NotRequired[dict[str, int]]
    """What the pipeline counted: `places` found, `records_parsed`, `records_raw`, `records_not_examined`."""
    period: NotRequired[PeriodDict]
    """Absent when all times were asked for; `counts` tells how many finds lie outside."""
    equations: NotRequired[list[Equation]]
