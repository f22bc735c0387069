"""`verifier`: a stored password hash of PostgreSQL, not a password (`postgres-verifier` names those)."""

from __future__ import annotations

import re

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_VERIFIER = lazy.compile(rb"SCRAM-SHA-256\$.{1,300}|md5[0-9a-f]{32}", re.DOTALL)


def check(candidate: Candidate) -> Verdict | None:
    """DROP hashes (PostgreSQL documentation, `pg_authid.rolpassword`)."""
    return Verdict.DROP if _VERIFIER.fullmatch(candidate.secret) else None
