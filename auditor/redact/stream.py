"""The stream filter: bytes in, bytes out, credentials cut.

A line leaves as soon as its newline (or carriage return) arrives; a line that never ends passes through with bounded
hold-back. Bytes outside the cut spans are never changed. A value that was cut once is cut wherever it stands later, in
any encoding, also where no rule would fire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from auditor.detect.engine import Engine
from auditor.formats.dialect import OPAQUE
from auditor.model import Match
from auditor.redact.cover import encoded
from auditor.redact.learned import Learned
from auditor.secret import MARKER_DIGITS, Secret, marker

HOLD = 64 << 10
"""Bytes of an unfinished line held back: more than any credential in any encoding is long."""

LIMIT = 1 << 20
"""An unfinished line longer than this starts to leave."""

CONTEXT = 4 << 10
"""Bytes of an unfinished line that already left and are still looked at: the key before a value."""

LEARNED_MIN = 8
"""Shorter values are cut only where a rule finds them: cutting every `admin` would make text useless."""

MOST = 1 << 14
"""Values remembered at most: above it all are forgotten, so that a hostile stream cannot grow memory without end."""

_PROMPT_ENDS = (b": ", b"? ", b"> ", b"$ ", b"# ", b":", b"?", b"]", b")")


@dataclass(frozen=True, slots=True)
class Cut:
    """One span to replace."""

    start: int
    end: int
    text: bytes
    """What takes its place: the marker, or inside base64 and hex the encoding of as many stars."""
    secret: Secret
    marker: bytes


class Redactor:
    """Cuts credentials out of a byte stream, however it is split into chunks.

    >>> from auditor.detect.rules import load
    >>> redactor = Redactor(Engine(load()), key=b"k" * 32)
    >>> out = redactor.feed(b"DATABASE_URL=postgresql://app:npg_FakeQ7w8e9r0@ep-fake-1.us-east-2.aws.neon.tech/shop\\n")
    >>> out.startswith(b"DATABASE_URL=postgresql://app:[REDACTED:") and b"npg_" not in out
    True
    >>> redactor.flush()
    b''
    """

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
        """Make a filter.

        Args:
            engine: the detector; not shared with other threads.
            key: fingerprint key (32 bytes); the same value gets the same marker under the same key.
            strict: cut whole credentials (the URL with host and user), not only their secret part.
            opaque_keys: JSON keys whose strings rules do not look into (ciphertext, inline media).
            learned: kinds and values known beforehand (a first pass over files).
            most: values remembered at most; above it the memory starts anew.
            on_cut: called once per marker with it and the value as it was written in the text (percent-encoded
                inside a URL, but free of JSON escapes and base64).
        """
        self._engine, self._key, self._strict, self._on_cut = engine, key, strict, on_cut
        self._opaque_keys = opaque_keys
        self._markers: dict[Secret, bytes] = {}
        self._owners: dict[bytes, Secret] = {}
        self._learned = Learned()
        self._most = most
        self._line = b""
        self._left = 0
        for kind, secret in learned:
            self._marker(kind, secret)

    def feed(self, data: bytes) -> bytes:
        """Take bytes; return what may leave: all whole lines, and the start of a line over `LIMIT`."""
        text = self._line + data if self._line else data
        end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        if end:
            out = self._redacted(text[:end], self._left)
            self._line, self._left = text[end:], 0
        else:
            out, self._line = b"", text
        return out + self._overlong() if len(self._line) - self._left > LIMIT else out

    def idle(self) -> bytes:
        """Return an unfinished line that is plainly a prompt, so that people see what they are asked."""
        waiting = self._line[self._left :]
        if not waiting.endswith(_PROMPT_ENDS) or not self._engine.clean(self._line):
            return b""
        self._left = len(self._line)
        return waiting

    def flush(self) -> bytes:
        """Input ended: return the rest."""
        out = self._redacted(self._line, self._left)
        self._line, self._left = b"", 0
        return out

    def redact(self, data: bytes) -> bytes:
        """Return a whole text with its credentials cut."""
        return self._redacted(data, 0)

    def cuts(self, data: bytes) -> list[Cut]:
        """Return the spans of a whole text that `redact` replaces, in order and apart."""
        matches = self._engine.scan(data, opaque_keys=self._opaque_keys, confidence="medium")
        found = [self._cut(match, data) for match in matches]
        if self._learned:
            found += [self._known(data, one.start, one.end, one.secret) for one in self._learned.find(data)]
        return list(_apart(found))

    def _known(self, data: bytes, start: int, end: int, secret: Secret) -> Cut:
        mark = self._markers[secret]
        before = data[max(0, start - 64) : start]
        if (len(before) - len(before.rstrip(b"\\"))) % 2:  # `\npg_…`: its first letter belongs to an escape
            start += 1
        return Cut(start, end, encoded(data[start:end], secret.reveal()) or mark, secret, mark)

    def _overlong(self) -> bytes:
        """The line's start leaves, but for what a credential could still grow from."""
        border = len(self._line) - HOLD
        for cut in self.cuts(self._line):
            if cut.start < border < cut.end:
                border = cut.start
        out = self._spliced(self._line, self._left, border)
        keep = max(0, border - CONTEXT)
        self._line, self._left = self._line[keep:], border - keep
        return out

    def _redacted(self, data: bytes, left: int) -> bytes:
        if not left and not self._learned and self._engine.clean(data):
            return data
        return self._spliced(data, left, len(data))

    def _spliced(self, data: bytes, start: int, end: int) -> bytes:
        """`data[start:end]` with its cuts made; cuts that begin before `start` already left."""
        parts: list[bytes] = []
        for cut in self.cuts(data):
            if cut.end <= start or cut.start >= end:
                continue
            if cut.start >= start:
                parts += (data[start : cut.start], cut.text)
            start = max(start, cut.end)
        parts.append(data[start:end])
        return b"".join(parts)

    def _cut(self, match: Match, data: bytes) -> Cut:
        written = data[match.secret_start : match.secret_end]
        mark = self._marker(match.kind, match.secret, written)
        if self._strict:
            return Cut(match.start, match.end, mark, match.secret, mark)
        text = encoded(written, match.secret.reveal()) or mark
        return Cut(match.secret_start, match.secret_end, text, match.secret, mark)

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

    def _unused(self, kind: str, fingerprint: str) -> bytes:
        """The shortest marker no other value has: four digits, more only where two values share them."""
        sizes = range(MARKER_DIGITS, len(fingerprint) + 1)
        marks = (marker(kind, fingerprint, size).encode() for size in sizes)
        return next(mark for mark in marks if mark not in self._owners)


def _apart(cuts: list[Cut]) -> Iterable[Cut]:
    """Cuts in order; of those that overlap the first keeps its marker and grows over the others."""
    current: Cut | None = None
    for cut in sorted(cuts, key=lambda one: (one.start, -one.end)):
        if current and cut.start < current.end:
            current = replace(current, end=max(current.end, cut.end))
            continue
        if current:
            yield current
        current = cut
    if current:
        yield current
