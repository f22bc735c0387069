"""`charset:N[:drop]`: the value mixes fewer than N of lower case, upper case, digits and other characters."""

from __future__ import annotations

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_CLASSES = tuple(lazy.compile(one) for one in (rb"[a-z]", rb"[A-Z]", rb"[0-9]", rb"[^A-Za-z0-9]"))


def check(candidate: Candidate, least: str, verdict: str = "hold") -> Verdict | None:
    """HOLD or DROP a value of fewer classes."""
    return None if sum(bool(one.search(candidate.secret)) for one in _CLASSES) >= int(least) else Verdict(verdict)
