"""`mixed[:drop]`: letters and digits both occur, as in generated values; a word, a date or a number lacks one."""

from __future__ import annotations

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_LETTER, _DIGIT = lazy.compile(rb"[A-Za-z]"), lazy.compile(rb"[0-9]")


def check(candidate: Candidate, verdict: str = "hold") -> Verdict | None:
    """HOLD or DROP values without a letter or without a digit; long ones of mixed case pass without a digit."""
    secret = candidate.secret
    if _LETTER.search(secret) and (_DIGIT.search(secret) or (len(secret) >= 12 and secret.lower() != secret)):
        return None
    return Verdict(verdict)
