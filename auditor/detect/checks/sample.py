"""`sample`: the value, or the value on this host, is a documented sample or a development constant."""

from __future__ import annotations

from collections.abc import Mapping

from auditor import lazy
from auditor.detect import vocabulary
from auditor.detect.candidate import Candidate, Verdict

_PREFIX = lazy.compile(rb"(?:[A-Za-z]{2,12}[_-]){1,4}")
_PADDING = lazy.compile(r"(?:1|12|123|1234|12345|123456)?[!.]?\Z")
_LEET = str.maketrans("013457@$", "oieastas")
_GENERATED = "npg_"
"""Neon generates what stands behind it."""
_SEQUENCES = (
    b"0123456789abcdefghijklmnopqrstuvwxyz",
    b"abcdefghijklmnopqrstuvwxyz0123456789",
    b"1234567890" * 8,
    b"1234567890abcdef" * 4,
    b"abc123def456ghi789",
    b"0123456789abcdef" * 4,
    b"deadbeef" * 8,
    b"cafebabe" * 8,
)
_RUN, _SHARE = 5, 0.8
_STARTS = frozenset(sequence[at : at + _RUN] for sequence in _SEQUENCES for at in range(len(sequence) - _RUN + 1))
_SHORT = 6
"""Nothing this short protects anything on a host that is nobody's."""


def check(candidate: Candidate) -> Verdict | None:
    """HOLD documented values, words that are never credentials, weak words on hosts that are nobody's, and runs."""
    secret, groups = candidate.secret, candidate.groups
    word = secret.lower().decode("utf-8", "replace").strip("\"'")
    if secret in vocabulary.DOCUMENTED or word in vocabulary.ALWAYS or vocabulary.is_sample(groups.get("host", b"")):
        return Verdict.HOLD
    if word.startswith(_GENERATED) and _is_padded(word.removeprefix(_GENERATED), vocabulary.ALWAYS):
        return Verdict.HOLD
    if _weak(word, groups) or _is_run(secret.lower()):
        return Verdict.HOLD
    return None


def _is_padded(word: str, words: frozenset[str]) -> bool:
    """Whether one of the words got what a form asks for: `Password1!`, `pa55word`, `secret123456`."""
    plain = _PADDING.sub("", word)
    return word in words or plain in words or plain.translate(_LEET) in words


def _weak(word: str, groups: Mapping[str, bytes]) -> bool:
    """Whether a weak word stands where nobody else can use it, or just repeats the user's name."""
    host, user = groups.get("host", b""), groups.get("user", b"").lower().decode("utf-8", "replace")
    if not (vocabulary.is_local(host) or vocabulary.is_reserved(host)):
        return False
    usual = _is_padded(word, vocabulary.WEAK) or _is_padded(word, vocabulary.ALWAYS)
    return usual or (bool(word) and word == user) or len(word) < _SHORT


def _is_run(secret: bytes) -> bool:
    """Whether most of a value (behind its vendor prefix) is `1234567890abcdef` and the like."""
    prefix = _PREFIX.match(secret)
    body = secret[prefix.end() :] if prefix and len(secret) - prefix.end() >= 8 else secret
    if len(body) < 8:
        return False
    covered = at = 0
    while at < len(body):
        if body[at : at + _RUN] not in _STARTS:  # nearly always
            at += 1
            continue
        length = max(_common(body[at:], sequence) for sequence in _SEQUENCES)
        covered += length
        at += length
    return covered / len(body) >= _SHARE


def _common(text: bytes, sequence: bytes) -> int:
    """Length of the longest start of `text` that stands in the sequence."""
    at = sequence.find(text[:_RUN])
    if at < 0 or len(text) < _RUN:
        return 0
    length = _RUN
    while length < len(text) and at + length < len(sequence) and text[length] == sequence[at + length]:
        length += 1
    return length
