"""`mask`: somebody already hid the value: `***`, `xxxxx`, `REDACTED`, `…`; our own markers are no match at all."""

from __future__ import annotations

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_MARKER = lazy.compile(
    rb"\[REDACTED(?:_SECRET)?(?::[a-z0-9-]{1,40}){0,2}(?:\]|\Z)|REDACTED:[a-z0-9-]{1,40}:[0-9a-f]{4}"
)
_BULLETS = rb"\xe2\x80\xa2|\xe2\x97\x8f|\xc2\xb7|\xe2\x96\x88|\xe2\x80\xa6"  # bullet, disc, middle dot, block, ellipsis
_MASKED = lazy.compile(
    rb"(?i)\*{3}|(?:" + _BULLETS + rb"){2}|\xe2\x80\xa6|\.{3}|x{5}|_{5}|#{5}|\?{4}"
    rb"|redacted|masked|\bhidden\b|\bobfuscated\b|\bfiltered\b|\bremoved\b|\bomitted\b|\btruncated\b"
)
_FILLER = lazy.compile(rb"(?i)[x*.\-_#?0]{3,}")
_REPEATED = lazy.compile(rb"([\s\S])\1{11}")
_SHARE = 0.7


def check(candidate: Candidate) -> Verdict | None:
    """DROP for text that holds one of our markers or Codex's own; HOLD for other tools' masks."""
    secret = candidate.secret
    if _MARKER.search(secret):
        return Verdict.DROP
    if not secret or _MASKED.search(secret) or _FILLER.fullmatch(secret) or _REPEATED.search(secret):
        return Verdict.HOLD
    most = max(secret.count(byte) for byte in set(secret))
    return Verdict.HOLD if len(secret) >= 4 and most / len(secret) >= _SHARE else None
