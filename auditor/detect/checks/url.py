"""`url`: the match is a URL with a password in it; a port, a path or prose in the password's place is not.

Also tells what a Neon host says: endpoint, branch, pooler (neon.com/docs, "Connect from any application").
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_PORT = lazy.compile(rb"[0-9]{1,5}(?:[/?#,;\s].*)?", re.DOTALL)
_NEON = lazy.compile(
    rb"(?i)(?P<name>(?:ep|br)-[a-z0-9-]{3,60}?)(?P<pooled>-pooler)?\.(?:[a-z0-9-]{1,20}\.){1,4}neon\.tech"
)


def check(candidate: Candidate) -> Verdict | None:
    """DROP `host:5432/db?mail=a@b` and the like, where the text before `@` is host, port and path."""
    if _PORT.fullmatch(candidate.secret) and not _plausible(candidate):
        return Verdict.DROP
    return None


def _plausible(candidate: Candidate) -> bool:
    """Digits alone may be a password when a user stands before them."""
    user = candidate.groups.get("user", b"")
    return candidate.secret.isdigit() and bool(user) and b"." not in user and user != b"localhost"


def facts(candidate: Candidate) -> Mapping[str, str]:
    """Return endpoint or branch of a Neon host, and whether it is the pooler."""
    match = _NEON.match(candidate.groups.get("host", b""))
    if match is None:
        return {}
    name = match["name"].decode().lower()
    known = {"endpoint" if name.startswith("ep-") else "branch": name}
    return known | ({"pooled": "true"} if match["pooled"] else {})
