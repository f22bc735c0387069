"""Where to look: places of anchors, plain or encoded, in one pass over raw bytes.

Two finders with one interface. `Prefilter` is Hyperscan over every anchor and its encoded twins: nearly all bytes of a
log end here. `Exhaustive` uses no twins and no guards: every anchor and every place a layer could be taken off. A scan
with either must give the same matches; the tests hold them to it.
"""

from __future__ import annotations

import marshal
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from auditor.decode.base64 import aligned
from auditor.decode.layer import ANY_CASE, caseless, core, literal_pattern
from auditor.decode.layers import LAYERS
from auditor.decode.packed import MAGIC
from auditor.detect.compiled import cached, database
from auditor.detect.guards import expand
from auditor.detect.rules import Rule

_BACK = 4_096
"""How far before the end of a guard its anchor may stand, in bytes: farther than any shipped guard reaches."""


class Hit(NamedTuple):
    """A place worth a look. With `layer`, something encoded is around it; else an anchor of `rules` begins there."""

    place: int
    layer: str
    rules: tuple[int, ...]


class Finder(Protocol):
    """Finds places in any text, raw or decoded, in ascending order."""

    def hits(self, text: bytes) -> list[Hit]: ...


class _Target:
    """What a pattern of the database means."""

    __slots__ = ("anchors", "ignore_case", "layer", "rules", "size")

    def __init__(self) -> None:
        self.layer = ""
        self.rules: list[int] = []
        self.anchors: tuple[bytes, ...] = ()
        """Of a guard: one of them stands before the end of the match."""
        self.size = 0
        self.ignore_case = False


class Prefilter:
    """Hyperscan over anchors, guards and twins. Not thread-safe: one per process."""

    def __init__(self, rules: Sequence[Rule], *, words: Sequence[bytes] = (), cache: bool = True) -> None:
        """Compile the rules, or take them from the cache; `seen` becomes true when a text holds one of `words`."""

        def build() -> tuple[list[str], bytes]:
            targets = _targets(rules)
            return list(targets), _dump(targets.values())

        if cache:
            self._database, table = cached(_identity(rules), build, words)
        else:
            patterns, table = build()
            self._database = database(patterns, words)
        self._targets = _load(table)
        self._words = len(self._targets)
        self.seen = False
        self._ends: list[tuple[int, int]] = []
        self._scan = self._database.scan

    def hits(self, text: bytes) -> list[Hit]:
        """Return the hits of a text."""
        ends = self._ends
        self._scan(text, match_event_handler=self._note)
        if not ends:
            return []
        found = {self._hit(text, target, end) for target, end in ends}
        ends.clear()
        return sorted(found)

    def _note(self, target: int, start: int, end: int, flags: int, context: object) -> None:
        if target < self._words:
            self._ends.append((target, end))
        else:
            self.seen = True

    def _hit(self, text: bytes, target: int, end: int) -> Hit:
        layer, rules, anchors, size, ignore_case = self._targets[target]
        if not anchors:
            return Hit(end - (size or 1), layer, rules)
        low = max(0, end - _BACK)
        before = text[low:end].lower() if ignore_case else text[low:end]
        anchor = max(map(before.rfind, anchors))
        return Hit(low + anchor if anchor >= 0 else end - 1, layer, rules)  # an escaped anchor is at the guard's end


def _identity(rules: Sequence[Rule]) -> bytes:
    """What decides the database."""
    return repr([(rule.anchors, rule.guards, rule.ignore_case) for rule in rules]).encode()


def _dump(targets: Iterable[_Target]) -> bytes:
    return marshal.dumps([(one.layer, tuple(one.rules), one.anchors, one.size, one.ignore_case) for one in targets])


def _load(table: bytes) -> list[tuple[str, tuple[int, ...], tuple[bytes, ...], int, bool]]:
    rows: list[tuple[str, tuple[int, ...], tuple[bytes, ...], int, bool]] = marshal.loads(table)  # noqa: S302 - our own
    return rows


def _targets(rules: Sequence[Rule]) -> dict[str, _Target]:
    """Every pattern once, with what it means; encoded twins only where no shorter one finds them too."""
    targets: dict[str, _Target] = defaultdict(_Target)
    for index, rule in enumerate(rules):
        for guard in chain.from_iterable(map(expand, rule.guards)):
            target = targets[caseless(guard, rule.ignore_case)]
            target.rules.append(index)
            anchors = {anchor.lower() if rule.ignore_case else anchor for anchor in rule.anchors}
            target.anchors, target.ignore_case = tuple(sorted({*target.anchors, *anchors})), rule.ignore_case
        for anchor in () if rule.guards else rule.anchors:
            target = targets[literal_pattern(anchor, rule.ignore_case)]
            target.size = len(anchor)
            target.rules.append(index)
    for name in LAYERS:
        for pattern in _shortest(_twins(name, rules)):
            targets[pattern].layer = name
    return targets


def _twins(name: str, rules: Sequence[Rule]) -> set[str]:
    """The patterns of one layer for all anchors."""
    found = {twin for rule in rules for anchor in rule.anchors for twin in LAYERS[name].twins(anchor, rule.ignore_case)}
    if name == "base64":
        found |= {aligned(magic)[0] for magic in MAGIC}
    if name == "percent":  # behind a guard, a plain word may have its equals sign encoded
        guarded = ((anchor, rule.ignore_case) for rule in rules if rule.guards for anchor in rule.anchors)
        found |= {literal_pattern(core(anchor) + b"%", ignore_case) for anchor, ignore_case in guarded}
    return found


def _shortest(patterns: Iterable[str]) -> list[str]:
    """Leave out what holds another pattern: where it is found, so is the other."""
    kept: list[tuple[bool, str]] = []
    for pattern in sorted(patterns, key=lambda one: (len(one), one)):
        anycase, body = pattern.startswith(ANY_CASE), pattern.removeprefix(ANY_CASE)
        if not any(short in body and (short_anycase or not anycase) for short_anycase, short in kept):
            kept.append((anycase, body))
    return [caseless(body, anycase) for anycase, body in kept]


class Exhaustive:
    """Every anchor and every place where a layer might be taken off; slow, for tests and for doubt."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._anchors: dict[re.Pattern[bytes], list[int]] = defaultdict(list)
        for index, rule in enumerate(rules):
            for anchor in rule.anchors:
                flags = re.IGNORECASE if rule.ignore_case else 0
                self._anchors[re.compile(re.escape(anchor), flags)].append(index)

    def hits(self, text: bytes) -> list[Hit]:
        """Return the hits of a text."""
        return sorted({*self._plain(text), *self._encoded(text)})

    def _plain(self, text: bytes) -> Iterator[Hit]:
        for anchor, rules in self._anchors.items():
            for match in anchor.finditer(text):
                yield Hit(match.start(), "", tuple(rules))

    def _encoded(self, text: bytes) -> Iterator[Hit]:
        for name in ("escapes", "percent", "base64", "hex", "html"):
            for place in LAYERS[name].seeds(text):
                yield Hit(place, name, ())
