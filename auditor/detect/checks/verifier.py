"""`verifier`: what a password was hashed or encrypted to, not a password.

`postgres-verifier` names PostgreSQL's hashes. Others tell themselves by how they begin: `$argon2id$`, `$2b$`, `$6$`,
`pbkdf2_sha256$`, `encrypted:` (dotenvx), `AgBy…` (kubeseal: a version and the length of a 4096-bit RSA block).
"""

from __future__ import annotations

import re

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_VERIFIER = lazy.compile(
    rb"SCRAM-SHA-256\$.{1,300}|md5[0-9a-f]{32}"
    rb"|\$(?:argon2(?:id|i|d)|2[abxy]|[1567]|y|gy|apr1|scrypt|pbkdf2(?:-sha[0-9]{1,3})?)\$[A-Za-z0-9./+=,$-]{20,600}"
    rb"|(?:pbkdf2_sha(?:1|256|512)|bcrypt_sha256|scrypt)\$[A-Za-z0-9./+=,$-]{20,600}"
    rb"|encrypted:[A-Za-z0-9+/=_-]{40,8192}|Ag[A-C][A-Za-z0-9+/]{40,8192}={0,2}",
    re.DOTALL,
)


def check(candidate: Candidate) -> Verdict | None:
    """DROP hashes (PostgreSQL documentation, `pg_authid.rolpassword`) and ciphertexts."""
    return Verdict.DROP if _VERIFIER.fullmatch(candidate.secret) else None
