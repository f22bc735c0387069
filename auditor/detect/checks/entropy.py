"""`entropy:BITS`: the value is too regular for a generated one (Shannon entropy of its bytes, bits per byte)."""

from __future__ import annotations

import math
from collections import Counter

from auditor.detect.candidate import Candidate, Verdict


def check(candidate: Candidate, bits: str, verdict: str = "hold") -> Verdict | None:
    """HOLD (or DROP with `entropy:BITS:drop`) a value below so many bits per byte."""
    return Verdict(verdict) if shannon(candidate.secret) < float(bits) else None


def shannon(value: bytes) -> float:
    """Return the Shannon entropy of a value in bits per byte; a value of n bytes reaches at most log2(n)."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values()) if size else 0.0
