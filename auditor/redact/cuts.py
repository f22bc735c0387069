"""What to cut out of a text and what to write there: credentials a rule finds, and values learned before.

A value that was cut once is cut wherever it stands later, in any encoding, also where no rule would fire; the same
value has the same marker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from auditor.detect.engine import Engine
from auditor.formats.dialect import OPAQUE
from auditor.model import Match
from auditor.redact.cover import encoded
from auditor.redact.learned import Found, Learned
from auditor.secret import MARKER_DIGITS, Secret, marker

HOLD = 64 << 10
"""Bytes held back where a credential could still grow: more than any is long, in any encoding."""

LEARNED_MIN = 8
"""Shorter values are cut only where a rule finds them: cutting every `admin` would make text useless."""

MOST = 1 << 14
"""Values remembered at most: above it all are forgotten, so that a hostile stream cannot grow memory without end."""


class Cut(NamedTuple):
    """One span to replace."""

    start: int
    end: int
    text: bytes
    """What takes its place: the marker, or inside base64 and hex the encoding of as many stars."""
    secret: Secret
    marker: bytes


class Cutter:
    """Finds cuts and remembers values. Not shared between threads."""

    def __init__(
        self,
        engine: Engine,
        key: bytes,
        *,
        strict: bool = False,
        opaque_keys: frozenset[bytes] = OPAQUE,
        learned: Iterable[tuple[str, Secret]] = (),
        most: int = MOST,
        on_cut: Callable[[str, bytes], None] | None = None,
    ) -> None:
        """See `auditor.redact.stream.Redactor`."""
        self.engine = engine
        self._key, self._strict, self._on_cut = key, strict, on_cut
        self._opaque_keys = opaque_keys
        self._markers: dict[Secret, bytes] = {}
        self._owners: dict[bytes, Secret] = {}
        self._learned = Learned()
        self._utf16 = False
        self._most = most
        for kind, secret in learned:
            self._marker(kind, secret)

    def expect_utf16(self) -> None:
        """Cut remembered values from base64 of UTF-16 too: a text was seen, or may come, that has such."""
        self._utf16 = True
        self._learned.expect_utf16()

    def matches(self, data: bytes) -> list[Match]:
        """Return what the rules find in a text, in order; nothing of it is remembered yet."""
        return self.engine.scan(data, opaque_keys=self._opaque_keys, confidence="medium")

    def cuts(self, data: bytes, matches: Iterable[Match] | None = None) -> list[Cut]:
        """Return the spans of a text to replace, in order and apart. Values of its `matches` (those given, or all) are
        remembered."""
        found = [self._matched(match, data) for match in (self.matches(data) if matches is None else matches)]
        if self._learned:
            found += [self._known(data, one) for one in self._learned.find(data)]
        return list(_apart(found))

    def redact(self, data: bytes) -> bytes:
        """Return a text with its credentials cut."""
        return spliced(data, self.cuts(data), 0, len(data))

    def redact_cell(self, data: bytes) -> bytes:
        """Return a database's cell with its credentials cut; one that is compressed becomes its marker."""
        matches = self.engine.scan(data, opaque_keys=self._opaque_keys, confidence="medium", cell=True)
        return spliced(data, self.cuts(data, matches), 0, len(data))

    def _matched(self, match: Match, data: bytes) -> Cut:
        written = data[match.secret_start : match.secret_end]
        if "utf16" in match.encoding:
            self.expect_utf16()
        mark = self._marker(match.kind, match.secret, written)
        if self._strict:
            return Cut(match.start, match.end, mark, match.secret, mark)
        text = encoded(written, match.secret.reveal()) or mark
        return Cut(match.secret_start, match.secret_end, text, match.secret, mark)

    def _known(self, data: bytes, found: Found) -> Cut:
        start, end, secret = found.start, found.end, found.secret
        mark = self._markers[secret]
        before = data[max(0, start - 64) : start]
        if (len(before) - len(before.rstrip(b"\\"))) % 2:  # `\npg_…`: its first letter belongs to an escape
            start += 1
        return Cut(start, end, encoded(data[start:end], secret.reveal()) or mark, secret, mark)

    def _marker(self, kind: str, secret: Secret, written: bytes = b"") -> bytes:
        """The marker of a value: one per value, whatever rule found it first."""
        known = self._markers.get(secret)
        if known is None:
            if len(self._markers) >= self._most:
                self._forget()
            known = self._markers[secret] = self._unused(kind, secret.fingerprint(self._key))
            self._owners[known] = secret
            if len(secret) >= LEARNED_MIN:
                self._learned.add(secret)
            if self._on_cut and written:
                dense = b"\\" in written or encoded(written, secret.reveal())
                self._on_cut(known.decode(), secret.reveal() if dense else written)
        return known

    def _forget(self) -> None:
        self._markers.clear()
        self._owners.clear()
        self._learned = Learned()
        if self._utf16:
            self._learned.expect_utf16()

    def _unused(self, kind: str, fingerprint: str) -> bytes:
        """The shortest marker no other value has: four digits, more only where two values share them."""
        sizes = range(MARKER_DIGITS, len(fingerprint) + 1)
        marks = (marker(kind, fingerprint, size).encode() for size in sizes)
        return next(mark for mark in marks if mark not in self._owners)


def spliced(data: bytes, cuts: Iterable[Cut], start: int, end: int) -> bytes:
    """Return `data[start:end]` with its cuts made; where a cut's beginning already left, its rest is replaced too."""
    parts: list[bytes] = []
    at = start
    for cut in cuts:
        if start < cut.end and cut.start < end:
            parts += (data[at : max(start, cut.start)], cut.text)
            at = cut.end
    if not parts and at == 0 and end == len(data):
        return data
    parts.append(data[at:end])
    return b"".join(parts)


def grows(text: bytes, matches: list[Match]) -> bool:
    """Return whether the last match is of a value over several lines (a private key) that may go on behind the text."""
    last = matches[-1] if matches else None
    return last is not None and b"\n" in text[last.start : last.end] and not text[last.secret_end :].strip()


def _apart(cuts: list[Cut]) -> Iterator[Cut]:
    """Cuts in order; of those that overlap the first keeps its marker and grows over the others."""
    current: Cut | None = None
    for cut in sorted(cuts, key=lambda one: (one.start, -one.end)):
        if current and cut.start < current.end:
            current = _grown(current, cut)
            continue
        if current:
            yield current
        current = cut
    if current:
        yield current


def _grown(first: Cut, second: Cut) -> Cut:
    """One cut over two that overlap. Base64 that goes on decoding has no symbol less for it."""
    kept = all(len(cut.text) == cut.end - cut.start for cut in (first, second))
    rest = second.text[first.end - second.start :] if kept else b""
    return first._replace(end=max(first.end, second.end), text=first.text + rest)
