"""First pass over one source: chunks in, finds out. The only place where a `Match` becomes a `Found`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from auditor.audit.mask import display
from auditor.detect.engine import Engine
from auditor.detect.known_mask import hint
from auditor.formats import codex_login
from auditor.formats.dialect import Dialect
from auditor.formats.pointer import locate_all
from auditor.formats.records import bounds
from auditor.formats.registry import DIALECTS, HEAD_BYTES, detect
from auditor.intake import Chunk, Source
from auditor.model import Confidence, Found, Match, Place
from auditor.secret import Secret

if TYPE_CHECKING:
    from auditor.audit.split import Split
    from auditor.detect.secrets_bridge import Bridge

LONGEST_RECORD = 8 << 20
"""Bytes of a record whose JSON pointers are worth a walk over it."""


LOGIN = "login"
"""Reason for not reporting what Codex keeps in its own login files: it belongs there, while nobody else can read it."""
Label = Callable[[Secret], tuple[str, ...]]
"""Says of a value, in the process that found it, what a caller wants to know (is it in an old baseline?)."""


@dataclass(slots=True)
class Examination:
    """What the first pass learned of one source."""

    dialect: str = "plain"
    found: list[Found] = field(default_factory=list)
    migrates: bool = False
    """A session in which a migration tool was called."""
    below: int = 0
    """Matches below the asked confidence."""
    rejected: Counter[str] = field(default_factory=Counter)
    limits: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Examiner:
    """An engine with what it takes to name what it finds. One per process."""

    engine: Engine
    """Made with `auditor.trace.activity.words`, which tell sessions that run migrations."""
    key: bytes = field(repr=False)
    confidence: Confidence = "low"
    """The least of what is found; less is counted."""
    label: Label | None = None
    bridge: Bridge | None = None
    """A second opinion, if it was asked for."""

    def examine(self, source: Source) -> Examination:
        """Read a source once and return its finds in order of place; never raises for what it holds."""
        result = Examination()
        split: Split | None = None
        for chunk, matches in self._scan(source, result):
            result.found += self._found(source.path, chunk, matches, DIALECTS[result.dialect])
            if DIALECTS[result.dialect].pieces:
                split = split or self._split(source.path)
                split.take(chunk)
        if split:
            result.found = split.among(result.found)
        if codex_login.belongs(result.dialect, source.reports()[0].mode):
            result.found = [found._replace(confidence="low", rejected_by=LOGIN) for found in result.found]
            result.rejected[LOGIN] += len(result.found)
        result.migrates = self.engine.take_seen() and DIALECTS[result.dialect].family == "codex"
        counters = self.engine.take_counters()
        result.below = counters.below
        result.rejected += counters.rejected
        result.limits.update({str(reason): count for reason, count in counters.limits.items()})
        return result

    def _split(self, path: str) -> Split:
        from auditor.audit.split import Split  # few sources are streams

        return Split(path, lambda text: self.engine.scan(text, confidence=self.confidence), self._safe)

    def _scan(self, source: Source, result: Examination) -> Iterator[tuple[Chunk, list[Match]]]:
        dialect: Dialect | None = None
        for chunk in source.chunks():
            if dialect is None:
                is_database = source.kind == "sqlite"
                dialect = DIALECTS["sqlite"] if is_database else detect(chunk.data[:HEAD_BYTES], source.path)
                result.dialect = dialect.name
            yield chunk, self._matches(chunk, dialect.opaque_keys, result)

    def _matches(self, chunk: Chunk, opaque_keys: frozenset[bytes], result: Examination) -> list[Match]:
        own = chunk.own if self.bridge is None else None
        ours = self.engine.scan(
            chunk.data, opaque_keys=opaque_keys, confidence=self.confidence, own=own, cell=bool(chunk.cell)
        )
        if self.bridge is None:
            return ours
        more = self.bridge.scan(chunk.data, ours, opaque_keys)
        result.rejected.update(match.rejected_by for match in more if match.rejected_by)
        return [match for match in sorted([*ours, *more], key=lambda one: one.start) if match.start in chunk.own]

    def _found(self, path: str, chunk: Chunk, matches: Sequence[Match], dialect: Dialect) -> list[Found]:
        places = _places(path, chunk, matches, dialect)
        return [self._safe(match, place) for match, place in zip(matches, places, strict=True)]

    def _safe(self, match: Match, place: Place) -> Found:
        fingerprint = match.secret.fingerprint(self.key)
        return Found(
            rule=match.rule,
            kind=match.kind,
            confidence=match.confidence,
            fingerprint=fingerprint,
            credential=_credential(match.secret, match.parts).fingerprint(self.key),
            mask=display(match, fingerprint),
            length_class=match.secret.length_class(),
            place=place,
            encoding=match.encoding,
            parts=dict(match.parts),
            rejected_by=match.rejected_by,
            labels=self.label(match.secret) if self.label else (),
            hint=hint(match.secret, self.key),
        )


def _credential(secret: Secret, parts: Mapping[str, str]) -> Secret:
    """The credential as a whole: value, user, host and database, so that reuse across hosts shows."""
    names = ("user", "host", "database")
    return Secret(secret.reveal() + b"\x00" + "\x00".join(parts.get(name, "") for name in names).encode())


def _places(path: str, chunk: Chunk, matches: Sequence[Match], dialect: Dialect) -> list[Place]:
    places: list[Place] = []
    line, counted = chunk.line, 0
    for start, end, group in _by_record(chunk.data, matches, dialect):
        line += chunk.data.count(b"\n", counted, start)
        counted = start
        beheaded = dialect.whole and chunk.offset > 0
        pointers = [""] * len(group) if beheaded else _pointers(chunk, start, end, group)
        for match, pointer in zip(group, pointers, strict=True):
            inner = chunk.data.count(b"\n", start, match.start)
            number = line + inner if chunk.line else 0
            places.append(Place(path, number, chunk.offset + match.start, chunk.offset + match.end, pointer))
    return places


def _by_record(data: bytes, matches: Sequence[Match], dialect: Dialect) -> Iterator[tuple[int, int, list[Match]]]:
    """Group matches (in order) by the record they start in; `start:end` of the record comes with each group."""
    group: list[Match] = []
    start = end = -1
    for match in matches:
        if match.start >= end or not group:
            if group:
                yield start, end, group
            (start, end), group = bounds(data, match.start, dialect), []
        group.append(match)
    if group:
        yield start, end, group


def _pointers(chunk: Chunk, start: int, end: int, group: Sequence[Match]) -> list[str]:
    """Pointers into the record; for a database cell below the cell's own name."""
    if chunk.cell:
        spans = [(match.start, match.end) for match in group]
        inner = locate_all(chunk.data, spans) if len(chunk.data) <= LONGEST_RECORD else [""] * len(group)
        return [f"{chunk.cell}#{pointer}" if pointer else chunk.cell for pointer in inner]
    if chunk.partial or end - start > LONGEST_RECORD:
        return [""] * len(group)
    spans = [(match.start - start, match.end - start) for match in group]
    return locate_all(chunk.data[start:end], spans)
