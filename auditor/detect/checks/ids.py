"""`ids`: `1000:1000` behind `-u` are a user's and a group's number, not a user and a password."""

from __future__ import annotations

from auditor.detect.candidate import Candidate, Verdict


def check(candidate: Candidate) -> Verdict | None:
    """DROP pairs of numbers."""
    return Verdict.DROP if candidate.secret.isdigit() and candidate.groups.get("user", b"x").isdigit() else None
