"""What a scan could not do, or did not report: the caller turns it into gaps and coverage."""

from __future__ import annotations

from collections import Counter

from auditor.model import GapReason


class Counters:
    """Counts since the last `Engine.take_counters`."""

    __slots__ = ("below", "limits", "opaque", "rejected", "timeouts")

    def __init__(self) -> None:
        self.rejected: Counter[str] = Counter()
        """Matches held for placeholders, masks or samples, by check."""
        self.below = 0
        """Matches below the asked confidence, not returned."""
        self.timeouts: Counter[str] = Counter()
        """Extractions stopped by the time limit, by rule."""
        self.limits: Counter[GapReason] = Counter()
        """Encoded texts not decoded: `decode-depth-limit`, `expansion-limit`; and `time-limit` for the timeouts."""
        self.opaque = 0
        """Hits inside opaque fields, not looked at."""

    def timed_out(self, rule: str) -> None:
        """Count an extraction that the time limit stopped."""
        self.timeouts[rule] += 1
        self.limits["time-limit"] += 1
