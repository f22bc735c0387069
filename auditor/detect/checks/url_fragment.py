"""`url-fragment`: what an error text echoes is a mistyped port or a whole URL, not a piece of a password."""

from __future__ import annotations

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_PORT = lazy.compile(rb"[0-9]{1,5}[A-Za-z]?[0-9]{0,3}(?:[/?].{0,300})?|[0-9]{1,5}[^A-Za-z0-9]{1,3}")


def check(candidate: Candidate) -> Verdict | None:
    """DROP ports, URLs and option names."""
    secret = candidate.secret
    return Verdict.DROP if _PORT.fullmatch(secret) or b"://" in secret else None
