"""From places to findings: take layers off around each hit, run rules where nothing is left to take off.

A hit inside a structural JSON string with escapes is judged in the decoded string only; the raw spelling would give
wrong values. Everything else is judged as it stands and, where a layer applies, decoded too; `merge` picks one.
Work is linear: regions are decoded once, however many hits they hold, and all decoding together has a budget.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from auditor import lazy
from auditor.decode.fragment import Fragment
from auditor.decode.json_string import REACH, Token, Tokens, window
from auditor.decode.layer import FAR, NEAR, Layer, Span
from auditor.decode.layers import BINARY, LAYERS
from auditor.detect import extract
from auditor.detect.counters import Counters
from auditor.detect.extract import Finding
from auditor.detect.prefilter import Finder, Hit
from auditor.detect.rules import Rule

MAX_DEPTH = 12
"""Layers of encoding that are followed."""
_EXPANSION, _FLOOR = 32, 8 << 20
"""Decoding budget of a scan: so many times the chunk, but at least the floor in bytes."""
_MARGIN = NEAR // 2
"""Hits this near to a cut end are decoded again with what follows."""
_ESCAPE = 6
"""A percent escape that stands before an anchor, escaped once or twice more, begins at most so many bytes before it."""
_PERCENT = lazy.compile(rb"%(?:25)*+[0-9A-Fa-f]{0,2}\Z")
_ENCODED = lazy.compile(rb"[\w.@:/+-]{0,64}+%[0-9A-Fa-f]{2}")
_MEDIA = (b"data:image/", b"data:audio/", b"data:video/", b"data:font/")


class Explorer:
    """One scan of one chunk."""

    def __init__(
        self,
        rules: tuple[Rule, ...],
        finder: Finder,
        opaque_keys: frozenset[bytes],
        timeout: float,
        counters: Counters,
        *,
        binary: bool = False,
    ) -> None:
        """Prepare; with `binary` the chunk as a whole may be compressed or UTF-16."""
        self.findings: list[Finding] = []
        self._rules = rules
        self._finder = finder
        self._opaque_keys = opaque_keys
        self._timeout = timeout
        self._counters = counters
        self._binary = binary
        self._budget = 0
        self.spent = 0
        """Bytes decoded so far: the measure of work."""

    def run(self, chunk: bytes, hits: list[Hit]) -> list[Finding]:
        """Return every finding of a chunk with these hits, not yet merged."""
        self._budget = max(_FLOOR, _EXPANSION * len(chunk))
        self._explore(Fragment(chunk), hits)
        return self.findings

    def _explore(self, fragment: Fragment, hits: list[Hit]) -> None:
        visit = _Visit(fragment, self._enter)
        plan: dict[int, list[int]] = defaultdict(list)
        for name in self._below(fragment):
            visit.peel(name, 0)
        for hit in hits:
            token = visit.tokens.at(hit.place)
            if token and self._is_opaque(fragment.data, token):
                self._counters.opaque += 1
                continue
            if token and token.escaped:
                visit.decode(token, hit.place)
                if token.structural:
                    self._plan(plan, hit, across=True)
                    continue
            else:
                visit.peel("repr", hit.place) or visit.peel("escapes", hit.place)
            if hit.layer:
                visit.peel(hit.layer, hit.place)
                continue
            visit.reflow(hit.place)
            self._plan(plan, hit)
        for rule, places in plan.items():
            self._extract(fragment, visit.tokens, rule, places)

    def _below(self, fragment: Fragment) -> tuple[str, ...]:
        """Layers that a fragment may be as a whole."""
        return BINARY if fragment.layer == "base64" or (self._binary and not fragment.parent) else ()

    def _plan(self, plan: dict[int, list[int]], hit: Hit, *, across: bool = False) -> None:
        """Note a place for its rules; `across`: for those alone whose matches end in another record."""
        for rule in hit.rules:
            if not across or self._rules[rule].records:
                plan[rule].append(hit.place)

    def _is_opaque(self, text: bytes, token: Token) -> bool:
        return token.key in self._opaque_keys or text.startswith(_MEDIA, token.start)

    def _enter(self, parent: Fragment, layer: Layer, span: Span) -> bool:
        """Explore what is below a layer; return whether the layer is there."""
        if self.spent + span[1] - span[0] > self._budget:
            self._counters.limits["expansion-limit"] += 1
            return False
        child = parent.child(layer, *span)
        self.spent += span[1] - span[0] + len(child.data if child else b"")
        if child is None:
            return False
        if child.depth > MAX_DEPTH:
            self._counters.limits["decode-depth-limit"] += 1
            return False
        if 0 < layer.limit <= len(child.data):
            self._counters.limits["expansion-limit"] += 1
        hits = self._finder.hits(child.data)
        if hits or any(LAYERS[name].locate(child.data, 0) for name in self._below(child)):
            self._explore(child, hits)
        return True

    def _extract(self, fragment: Fragment, tokens: Tokens, order: int, places: list[int]) -> None:
        rule = self._rules[order]
        for begin, match in extract.matches(rule, fragment.data, places, self._timeout, self._counters):
            token = tokens.at(begin)
            if token and (token.structural or self._is_opaque(fragment.data, token)):
                continue
            held = match.start() if rule.lead is None else match.starts("begin")[0]
            if not _counts(fragment, rule, held, match.end()):
                continue
            finding = extract.judge(rule, order, fragment, begin, match)
            if finding:
                self.findings.append(finding)


class _Visit:
    """What was already decoded around the hits of one fragment."""

    def __init__(self, fragment: Fragment, enter: Callable[[Fragment, Layer, Span], bool]) -> None:
        self.tokens = Tokens(fragment.data)
        self._fragment = fragment
        self._enter = enter
        self._done: dict[str, tuple[int, bool]] = {}
        """Of each layer: up to where it was tried, and whether it was there."""
        self._marks: dict[bytes, bool] = {}

    def peel(self, name: str, place: int) -> bool:
        """Take a layer off around a place; return whether it was there. What was tried is not tried again."""
        end, present = self._done.get(name, (-1, False))
        if place < end:
            return present
        layer = LAYERS[name]
        if not self._holds(layer.mark):
            return False
        return self.enter(layer, layer.locate(self._fragment.data, place), place)

    def _holds(self, mark: bytes) -> bool:
        if mark not in self._marks:
            self._marks[mark] = mark in self._fragment.data
        return self._marks[mark]

    def decode(self, token: Token, place: int) -> None:
        """Explore a JSON string, of a long one the part around a place."""
        if place < self._done.get("json", (-1, False))[0]:
            return  # finding the part costs more than a hit may
        start, end = window(self._fragment.data, token, place)
        self.enter(LAYERS["json"], [(start, end)], place, REACH // 2 if end < token.end else 0)

    def enter(self, layer: Layer, spans: list[Span], place: int, margin: int = 0) -> bool:
        """Explore the spans of a layer around a place; return whether one held anything to decode. What lies `margin`
        before the end of the first is explored again, with what follows it, when a place there is asked for."""
        end, present = self._done.get(layer.name, (-1, False))
        if place < end or not spans:
            return present and place < end
        tried = [self._enter(self._fragment, layer, span) for span in spans]
        present = any(tried)
        end = spans[0][1]
        margin = margin or (_MARGIN if end - place in (NEAR, FAR) else 0)
        self._done[layer.name] = (max(place + 1, end - margin), present)
        return present

    def reflow(self, place: int) -> None:
        """Undo what terminals and markup did to the text around an anchor."""
        self.peel("ansi", place)
        self.peel("html", place)
        text = self._fragment.data
        if self._holds(b"%") and (_PERCENT.search(text, max(0, place - 27), place) or _ENCODED.match(text, place)):
            self.peel("percent", place)
        if "wrap" not in self._fragment.layers:
            self.peel("wrap", place)


def _counts(fragment: Fragment, rule: Rule, start: int, end: int) -> bool:
    """Whether a match is new here: percent layers must have changed its anchor, joined lines lie inside it."""
    needs = [one for one in _upward(fragment) if one.layer == "wrap" or not LAYERS[one.layer].whole]
    return not needs or any(
        all(_changed(fragment, one, (start, end) if one.layer == "wrap" else anchor) for one in needs)
        for anchor in _anchors(fragment.data, rule, start, end)
    )


def _upward(fragment: Fragment) -> Iterator[Fragment]:
    while fragment.parent:
        yield fragment
        fragment = fragment.parent


def _changed(fragment: Fragment, above: Fragment, span: Span) -> bool:
    """Whether the layer of a fragment above changed what became `span` of this one."""
    for one in _upward(fragment):
        if one is above:
            return one.touched(*span) if one.layer == "wrap" else one.touched(*span, before=_ESCAPE, after=1)
        assert one.map is not None
        span = one.map.start(span[0]), one.map.end(span[1])
    return False


def _anchors(text: bytes, rule: Rule, start: int, end: int) -> Iterator[Span]:
    """Where the rule's anchors stand in a match; the match itself if it holds none (what is told by a header)."""
    part = text[start:end].lower() if rule.ignore_case else text[start:end]
    none = True
    for anchor in rule.anchors:
        at = part.find(anchor.lower() if rule.ignore_case else anchor)
        if at >= 0:
            none = False
            yield start + at, start + at + len(anchor)
    if none:
        yield start, end
