"""`length:LOW[:HIGH]`: the unescaped value has another length than this kind of credential."""

from __future__ import annotations

from auditor.detect.candidate import Candidate, Verdict


def check(candidate: Candidate, low: str, high: str = "1000000") -> Verdict | None:
    """DROP a value shorter than LOW or longer than HIGH bytes."""
    return None if int(low) <= len(candidate.secret) <= int(high) else Verdict.DROP
