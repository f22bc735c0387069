"""Extraction: a rule's pattern on a decoded fragment, around its anchors; then its checks.

Invariants: work per anchor is bounded by the window; a timeout is counted and ends this rule on this window only; a
window never crosses from one JSON record into another.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from auditor import lazy
from auditor.decode import entities, escapes, percent
from auditor.decode.fragment import FILLER, Fragment
from auditor.decode.layer import Span
from auditor.decode.terminal import indent
from auditor.detect.candidate import Candidate, Verdict
from auditor.detect.counters import Counters
from auditor.detect.rules import Rule
from auditor.model import Confidence
from auditor.secret import MARKER_PATTERN

if TYPE_CHECKING:  # imported where a pattern is compiled: most texts need none, and it takes a tenth of a start
    import regex

BEFORE, AFTER = 1_024, 8_192
"""How far a match may begin before its anchor, and reach behind it, in bytes of decoded text."""
CLOSE, SURE = 384, 64
"""What is searched behind an anchor first: most places are nothing, and a pattern without a literal start is slow. A
match that ends surely before the end of this, or none that more text could complete, is the answer."""
_WIDTH = 40
"""A broken line shorter than this is taken for an ended one."""
_RECORD = lazy.compile(rb'[ \t]{0,64}(?:\{[ \t]{0,8}"|\[[ \t]{0,8}[{"\[])')
_MARKER = lazy.compile(MARKER_PATTERN.encode())
"""What redaction leaves: never a credential again, whatever the rule."""
_LAYOUT = lazy.compile(rb"[\s|]|\xe2\x94[\x82\x83]|\xe2\x95\x91")
"""What stands inside a marker where a terminal or a table broke it: blanks and borders."""
_SPREAD = 512
"""Bytes that a marker is at most long, blanks and borders inside of it included."""
_NOT_BREAK = lazy.compile(rb"[^\r\n]")
_BACKSLASH = lazy.compile(rb"\\([\s\S])")
_JOINT = lazy.compile(rb"""'(\\'|"'")'|"'|'\"""")
"""Where quoted pieces of a shell's word meet: with a quote between them (the first two forms), or nothing."""


class Judged(NamedTuple):
    """A rule's match in a fragment, judged."""

    rule: Rule
    order: int
    fragment: Fragment
    candidate: Candidate
    value: bytes
    """The credential: what was matched, or what a check took out of it (`basic`, `encoded`)."""
    facts: Mapping[str, str]
    """Public parts that checks told."""
    rejected_by: str


class Finding(Judged):
    """What is told of a finding is made when it is asked for: most are held back, and few of those meet another."""

    def __repr__(self) -> str:
        return f"Finding({self.rule.id}, {self.local})"

    @property
    def confidence(self) -> Confidence:
        """What is held back is of low confidence."""
        return "low" if self.rejected_by else self.rule.confidence

    @property
    def local(self) -> Span:
        """Where the secret stands in the fragment."""
        return self.candidate.secret_start, self.candidate.secret_end

    @property
    def parts(self) -> Mapping[str, str]:
        """Public parts of the credential, as text."""
        return {**_parts(self.candidate), **self.facts}

    @property
    def encoding(self) -> tuple[str, ...]:
        """Names of the layers around the secret, from the outside in."""
        candidate, layers = self.candidate, self.fragment.layers
        written = candidate.text[candidate.secret_start : candidate.secret_end]
        percented = self.rule.unescape == "percent" and written != candidate.secret
        return (*layers, "percent") if percented else layers

    @property
    def unwrapped(self) -> bool:
        """Whether a check took the value out of what is written."""
        return self.value != self.candidate.secret

    @property
    def joined(self) -> bool:
        """Whether the secret itself was put together over a line wrap."""
        return self.fragment.layer == "wrap" and _joined(self.fragment, *self.local)

    @cached_property
    def whole(self) -> Span:
        """The match in the chunk."""
        return self.fragment.span(self.candidate.start, self.candidate.end)

    @cached_property
    def secret(self) -> Span:
        """The secret in the chunk."""
        return self.fragment.span(*self.local)

    @property
    def region(self) -> Span:
        """A part of the chunk that holds the secret."""
        return self.fragment.region if self.fragment.parent else self.local

    def filler(self) -> bytes:
        """Return what to write over the secret at equal length so that all layers still decode."""
        start, end = self.local
        return self.fragment.respell(start, end, _NOT_BREAK.sub(FILLER, self.fragment.data[start:end]))


Place = tuple[int, "regex.Match[bytes]"]
"""Where a match begins, and the match."""


def windows(text: bytes, places: Sequence[int], records: int = 0) -> Iterator[tuple[int, int]]:
    """Return the parts of a text to search for anchors at `places` (ascending), merged where they meet."""
    low = high = -1
    for start, end in _around(text, places, BEFORE, records):
        if start > high:
            if high >= 0:
                yield low, high
            low = start
        high = max(high, end)
    if high >= 0:
        yield low, high


def _around(text: bytes, places: Sequence[int], before: int, records: int) -> Iterator[tuple[int, int]]:
    """The window of each place; inside a JSON record it ends with the record, or so many records behind it."""
    line = line_end = -1
    for place in places:
        if records or place > line_end:
            line, line_end = _record(text, place, records)
        end = min(len(text), place + AFTER)
        yield max(0, place - before, line), min(end, line_end) if line >= 0 else end


def _record(text: bytes, place: int, more: int) -> tuple[int, int]:
    """The JSON record on whose line a place is, with `more` behind it; for other lines (-1, end of the line)."""
    line = text.rfind(b"\n", 0, place) + 1
    end = place - 1
    for _ in range(more + 1):
        end = text.find(b"\n", end + 1)
        if end < 0:
            end = len(text)
            break
    return (line, end) if _RECORD.match(text, line) else (-1, end)


def matches(rule: Rule, text: bytes, places: Sequence[int], timeout: float, counters: Counters) -> Iterator[Place]:
    """Yield the pattern's matches around `places` (ascending); a place where the time limit hits yields no more."""
    search = _in_windows if rule.lead is None else _at_places
    return search(rule, text, places, timeout, counters)


def _in_windows(rule: Rule, text: bytes, places: Sequence[int], timeout: float, counters: Counters) -> Iterator[Place]:
    for start, end in windows(text, places, rule.records):
        last = places[bisect_left(places, end) - 1]
        try:
            for match in _in_window(rule.regex, text, start, min(end, last + CLOSE), end, timeout):
                yield _begin(match), match
        except TimeoutError:
            counters.timed_out(rule.id)


def _begin(match: regex.Match[bytes]) -> int:
    """Where what was found begins: a pattern that looks at what stands before it says so by its group `begin`."""
    return match.start("begin") if "begin" in match.re.groupindex else match.start()


def _in_window(
    pattern: regex.Pattern[bytes], text: bytes, start: int, close: int, end: int, timeout: float
) -> Iterator[regex.Match[bytes]]:
    """Search up to `close`; where a match may need what follows, search on to `end`."""
    while close < end:
        match = pattern.search(text, start, close, partial=True, timeout=timeout)
        if match is None:
            return
        if match.partial or match.end() > close - SURE:
            break
        yield match
        start = max(match.end(), match.start() + 1)
    yield from pattern.finditer(text, start, end, timeout=timeout)


def _at_places(rule: Rule, text: bytes, places: Sequence[int], timeout: float, counters: Counters) -> Iterator[Place]:
    """Matches that hold their anchor and begin at most `lead` bytes before it: no search behind the anchor."""
    assert rule.lead is not None
    pattern, done = rule.near, 0
    for place, (low, end) in zip(places, _around(text, places, rule.lead, rule.records), strict=True):
        start = max(low, rule.first(text, place))
        try:
            while done <= place and (match := pattern.match(text, max(start, done), end, timeout=timeout)):
                done = match.end()
                if place < done:
                    yield match.start("begin"), match
        except TimeoutError:
            counters.timed_out(rule.id)


def judge(rule: Rule, order: int, fragment: Fragment, begin: int, match: regex.Match[bytes]) -> Finding | None:
    """Return what a match means once the rule's checks have seen it, or nothing if one of them drops it."""
    candidate = _candidate(rule, fragment.data, begin, match)
    facts: dict[str, str] = {}
    value = candidate.secret
    rejected = "redacted" if _is_redacted(candidate) else ""
    for check in () if rejected else rule.checks:
        verdict = check(candidate)
        if verdict is Verdict.DROP:
            return None
        value = check.value(candidate) or value
        if verdict is Verdict.HOLD:
            rejected = check.name
            break
        facts.update(check.facts(candidate))
    return Finding(rule, order, fragment, candidate, value, facts, rejected)


def _is_redacted(candidate: Candidate) -> bool:
    """Whether a value is a marker, or begins inside of one: a cut or a line break before it may make it look like a
    part of something else."""
    if _MARKER.search(candidate.secret):
        return True
    text, start = candidate.text, candidate.secret_start
    opening = text.rfind(b"[", max(0, start - _SPREAD), start + 1)
    closing = text.find(b"]", max(opening, 0), opening + _SPREAD) + 1
    return 0 <= opening <= start < closing and bool(_MARKER.fullmatch(_LAYOUT.sub(b"", text[opening:closing])))


def _joined(fragment: Fragment, start: int, end: int) -> bool:
    """Whether a span was put together over a line that a terminal broke, not over one that just ended: it is long, and
    what follows is indented more than it."""
    assert fragment.parent is not None
    assert fragment.map is not None
    text = fragment.parent.data
    at = text.find(b"\n", fragment.map.start(start), fragment.map.end(end))
    line = text.rfind(b"\n", max(0, at - BEFORE), max(0, at)) + 1
    return at - line > _WIDTH and indent(text, at + 1) > indent(text, line) + 1


def _candidate(rule: Rule, text: bytes, begin: int, match: regex.Match[bytes]) -> Candidate:
    start, end = match.span("secret")
    named = match.groupdict().items()
    groups = {name: _unescape(rule, value) for name, value in named if value is not None and name != "begin"}
    if rule.unescape in ("", "shell") and b"\\" in groups["secret"] and text[start - 1 : start] == b'"':
        groups["secret"] = escapes.unescape(groups["secret"])
    return Candidate(rule.id, rule.kind, groups["secret"], groups, text, begin, match.end(), start, end)


def _unescape(rule: Rule, value: bytes) -> bytes:
    match rule.unescape:
        case "percent":
            return percent.unescape(value)
        case "entities":
            return entities.unescape(value)
        case "backslash":
            return _BACKSLASH.sub(rb"\1", value)
        case "doubled":
            return value.replace(b"''", b"'")
        case "shell":
            return _JOINT.sub(lambda joint: b"'" if joint[1] else b"", value)
    return value


def _parts(candidate: Candidate) -> dict[str, str]:
    """The public groups as text; whatever equals the secret stays out."""
    return {
        name: value.decode("utf-8", "replace")
        for name, value in candidate.groups.items()
        if name != "secret" and candidate.secret not in value
    }
