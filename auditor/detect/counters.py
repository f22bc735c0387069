"""What a scan could not do, or did not report: the caller turns it into gaps and coverage."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from auditor.model import GapReason


@dataclass(slots=True)
class Counters:
    """Counts since the last `Engine.take_counters`."""

    rejected: Counter[str] = field(default_factory=Counter)
    """Matches held for placeholders, masks or samples, by check."""
    below: int = 0
    """Matches below the asked confidence, not returned."""
    timeouts: Counter[str] = field(default_factory=Counter)
    """Extractions stopped by the time limit, by rule."""
    limits: Counter[GapReason] = field(default_factory=Counter)
    """Encoded texts not decoded: `decode-depth-limit`, `expansion-limit`; and `time-limit` for the timeouts."""
    opaque: int = 0
    """Hits inside opaque fields, not looked at."""
