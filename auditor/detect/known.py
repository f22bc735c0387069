"""Exact values in every spelling: what redaction cuts out and verification must not find again.

Rules see a credential in its context; a known value is found anywhere, also bare, three lines later. The spellings are
the value itself and its JSON, percent, base64 (of UTF-16 too), hex, entity and shell forms, and JSON over those up to
four levels.
Invariant: linear in the data, whatever the number of values.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape as entities
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from auditor.decode.base64 import cores
from auditor.decode.layer import literal_pattern
from auditor.decode.utf16 import wide
from auditor.detect.compiled import database
from auditor.secret import Secret

LEAST = 4
"""Shorter values are not searched for: they stand everywhere by chance."""
_JSON_DEPTH = 4


class KnownHit(NamedTuple):
    """A known value stands at `start:end` of the data; `number` is its place in the order given."""

    start: int
    end: int
    number: int


class _Target(NamedTuple):
    """What a pattern of `size` bytes stands for. Symbols beside it that hold some of the value's bits (base64 shares
    them with its neighbours) are checked by hand: as classes in the pattern they would make compiling 60 times slower.
    """

    number: int
    size: int
    before: frozenset[int] | None = None
    after: frozenset[int] | None = None

    def hit(self, data: bytes, end: int) -> KnownHit | None:
        start = end - self.size
        if self.before is not None:
            start -= 1
            if start < 0 or data[start] not in self.before:
                return None
        if self.after is not None:
            if end >= len(data) or data[end] not in self.after:
                return None
            end += 1
        return KnownHit(start, end, self.number)


class KnownValues:
    """Finds known values. Not thread-safe, not cached on disk: the database holds secrets."""

    def __init__(self, secrets: Iterable[Secret], *, utf16: bool = True) -> None:
        """Compile values. Without `utf16` base64 of that is not found: a fifth less to compile, and to look for."""
        self._patterns: dict[str, list[_Target]] = {}
        self._spell = (bytes, wide) if utf16 else (bytes,)
        for index, secret in enumerate(secrets):
            value = secret.reveal()
            if len(value) >= LEAST:
                self._add(index, value)
        self._targets = list(self._patterns.values())
        self._database = database(list(self._patterns)) if self._patterns else None
        self._patterns.clear()

    def find(self, data: bytes) -> list[KnownHit]:
        """Return where values stand, in order of place; of overlapping spellings of one place, the longest."""
        if self._database is None:
            return []
        ends: list[tuple[int, int]] = []
        self._database.scan(data, match_event_handler=lambda target, _from, end, *_: ends.append((target, end)))
        hits = {target.hit(data, end) for pattern, end in ends for target in self._targets[pattern]}
        return _longest({hit for hit in hits if hit})

    def _add(self, index: int, value: bytes) -> None:
        for form in forms(value):
            self._patterns.setdefault(literal_pattern(form), [_Target(index, len(form))])
        for bits in filter(None, (spell(value) for spell in self._spell)):
            for before, symbols, pattern, after in cores(bits):
                self._patterns.setdefault(pattern, []).append(_Target(index, symbols, before, after))
        self._patterns.setdefault(f"(?i){value.hex()}", [_Target(index, 2 * len(value))])


def forms(value: bytes) -> set[bytes]:
    """Return the text spellings of a value: percent, entities, shell quoting, and JSON over each."""
    text = value.decode("utf-8", "surrogateescape")
    percent = {quote(value, safe=""), quote(value), quote_plus(value)}
    plain = {value, value.replace(b"'", b"'\\''"), value.replace(b"'", b"''")}
    plain |= {one.encode() for spelling in percent for one in (spelling, _lower_escapes(spelling))}
    plain.add(entities(text).encode("utf-8", "surrogateescape"))
    found = set(plain)
    for _ in range(_JSON_DEPTH):
        plain = {spelled for one in plain for spelled in _json(one)}
        found |= plain
    return found


def _lower_escapes(text: str) -> str:
    head, *rest = text.split("%")
    return head + "".join(f"%{part[:2].lower()}{part[2:]}" for part in rest)


def _json(value: bytes) -> set[bytes]:
    """How JSON encoders spell a value inside a string: with slashes escaped or not, non-ASCII escaped or not."""
    import json  # see auditor.formats.envelope

    try:
        spelled = json.dumps(value.decode(), ensure_ascii=False)[1:-1].encode()
    except UnicodeDecodeError:
        return {value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')}
    found = {spelled, spelled.replace(b"/", b"\\/")}
    if not spelled.isascii():
        found.add(_ascii(spelled.decode()))
    return found


def _ascii(text: str) -> bytes:
    """Spell everything beyond ASCII as `\\uXXXX` (surrogate pairs for what needs them)."""
    return b"".join(one.encode() if one.isascii() else _units(one) for one in text)


def _units(character: str) -> bytes:
    code = character.encode("utf-16-be").hex()
    return "".join(f"\\u{code[at : at + 4]}" for at in range(0, len(code), 4)).encode()


def _longest(hits: set[KnownHit]) -> list[KnownHit]:
    kept: list[KnownHit] = []
    for hit in sorted(hits, key=lambda one: (one.start, -one.end, one.number)):
        if kept and hit.start < kept[-1].end:
            if hit.end > kept[-1].end:
                kept.append(hit)
            continue
        kept.append(hit)
    return kept
