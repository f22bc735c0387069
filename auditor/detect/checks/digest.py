"""`digest`: a checksum or an id by its own label: `sha256:…`, `h1:…=` of `atlas.sum`, a UUID, a commit."""

from __future__ import annotations

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_LABELLED = lazy.compile(rb"(?i)(?:sha(?:1|224|256|384|512)|md5|blake[23]b?|h1)[:-][A-Za-z0-9+/=_-]{16,200}")
_UUID = lazy.compile(rb"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def check(candidate: Candidate, *kinds: str) -> Verdict | None:
    """DROP labelled digests; with `digest:uuid` UUIDs too."""
    if _LABELLED.fullmatch(candidate.secret) or ("uuid" in kinds and _UUID.fullmatch(candidate.secret)):
        return Verdict.DROP
    return None
