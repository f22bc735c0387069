"""The detector: bytes in, matches out. See "decode and detect" in docs/architecture.md.

Invariants: never raises on any input; spans are exact bytes of the given chunk; the same chunk gives the same matches,
with the prefilter or without; work is linear in the chunk.
"""

from __future__ import annotations

from collections.abc import Sequence

from auditor.decode.packed import MAGIC
from auditor.detect.counters import Counters
from auditor.detect.explore import Explorer
from auditor.detect.extract import Finding
from auditor.detect.merge import merge
from auditor.detect.prefilter import Exhaustive, Finder, Prefilter
from auditor.detect.rules import RuleSet
from auditor.model import CONFIDENCES, Confidence, Match
from auditor.secret import Secret, marker

TIMEOUT = 2.0
"""Seconds one rule may spend on one window; bounded patterns need microseconds."""


class Engine:
    """Finds credentials. Holds a compiled database and scratch space: one per process, not shared between threads."""

    def __init__(
        self, rules: RuleSet, *, words: Sequence[bytes] = (), cache: bool = True, timeout: float = TIMEOUT
    ) -> None:
        """Make an engine. `words` are literals that callers want to know of, found in the same pass: `take_seen`."""
        self.rules = rules
        self._timeout = timeout
        self._prefilter = Prefilter(rules.rules, words=words, cache=cache)
        self._exhaustive: Exhaustive | None = None
        self._counters = Counters()

    def scan(
        self,
        data: bytes,
        *,
        opaque_keys: frozenset[bytes] = frozenset(),
        confidence: Confidence = "low",
        prefilter: bool = True,
        own: range | None = None,
        cell: bool = False,
    ) -> list[Match]:
        """Return the matches of a chunk (whole lines, or a window of a longer line) in order of place.

        `opaque_keys` are names of object members whose strings are never matched; `confidence` is the least to return:
        held placeholders are `low`. With `own`, only what begins there is returned and counted: the rest is
        another chunk's too. A `cell` of a database may be compressed or UTF-16; of files their reader takes that off.
        """
        finder = self._prefilter if prefilter else self._slow()
        hits = finder.hits(data)
        binary = cell and (data.startswith(MAGIC) or b"\0" in data)
        if not hits and not binary:
            return []
        explorer = Explorer(self.rules.rules, finder, opaque_keys, self._timeout, self._counters, binary=binary)
        least = CONFIDENCES.index(confidence)
        findings = merge(explorer.run(data, hits))
        if own is not None and len(own) < len(data):
            findings = [finding for finding in findings if finding.whole[0] in own]
        self._counters.rejected.update(finding.rejected_by for finding in findings if finding.rejected_by)
        kept = [finding for finding in findings if CONFIDENCES.index(finding.confidence) >= least]
        self._counters.below += len(findings) - len(kept)
        return list(map(_match, kept))

    def clean(self, data: bytes) -> bool:
        """Return whether the prefilter sees nothing at all in a chunk; then there is nothing to scan."""
        return not self._prefilter.hits(data)

    def mask(self, text: bytes, key: bytes) -> bytes:
        """Return a text with the secret part of every match of at least medium confidence replaced by its marker."""
        if self.clean(text):
            return text
        for match in reversed(self.scan(text, confidence="medium")):
            mark = marker(match.kind, match.secret.fingerprint(key)).encode()
            text = text[: match.secret_start] + mark + text[match.secret_end :]
        return text

    def take_counters(self) -> Counters:
        """Return what was counted since the last call, and start anew."""
        counters, self._counters = self._counters, Counters()
        return counters

    def take_seen(self) -> bool:
        """Return whether texts scanned since the last call held one of the `words`."""
        seen, self._prefilter.seen = self._prefilter.seen, False
        return seen

    def _slow(self) -> Finder:
        self._exhaustive = self._exhaustive or Exhaustive(self.rules.rules)
        return self._exhaustive


def _match(finding: Finding) -> Match:
    return Match(
        rule=finding.rule.id,
        kind=finding.rule.kind,
        confidence=finding.confidence,
        secret=Secret(finding.value),
        start=finding.whole[0],
        end=finding.whole[1],
        secret_start=finding.secret[0],
        secret_end=finding.secret[1],
        encoding=finding.encoding,
        parts=finding.parts,
        rejected_by=finding.rejected_by,
        filler=finding.filler(),
    )
