"""`opaque[:drop]`: a bearer token is random text; words (`Bearer authentication`, `Bearer token-value`) are not one."""

from __future__ import annotations

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict
from auditor.detect.checks.entropy import shannon
from auditor.detect.checks.identifier import is_name

_BITS = 2.8
_LOWER = lazy.compile(rb"[a-z._/~-]{1,200}=?")


def check(candidate: Candidate, verdict: str = "drop") -> Verdict | None:
    """DROP or HOLD words and values of little variety."""
    secret = candidate.secret
    if _LOWER.fullmatch(secret) or is_name(secret) or shannon(secret) < _BITS:
        return Verdict(verdict)
    return None
