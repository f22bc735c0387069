"""`number`: a count, a limit, a date, a version or a truth value stands where a secret could."""

from __future__ import annotations

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_NUMBER = lazy.compile(
    rb"[-+]?[0-9][0-9_,.]{0,40}(?:[kKmMgGeE%]|ms|px|rem|em|s|m|h|d)?"
    rb"|v?[0-9]{1,4}(?:[.-][0-9]{1,6}){1,4}(?:[-T.:][0-9:.Z+-]{1,20})?"
)


def check(candidate: Candidate) -> Verdict | None:
    """DROP numbers of fewer than 20 digits, versions and times."""
    secret = candidate.secret
    return Verdict.DROP if len(secret) < 20 + secret.count(b".") * 8 and _NUMBER.fullmatch(secret) else None
