"""detect-secrets as a second opinion: its plugins look at the decoded text of records, beside our own rules.

Opt-in (`auditor scan --detect-secrets`), since it does less than 1 MB/s. Only `analyze_string` of chosen plugins is
used: no filters (they drop lines with an allow pragma, or with a call in them), no verification (it asks the provider
over the network), and no `PotentialSecret`, which would make a plain SHA-1. Left out: the entropy plugins (every call
id is one), the plugin for IP addresses, and that for private keys, which names the header line only.
Source: Yelp/detect-secrets 1.5.0, detect_secrets/plugins.

Invariants: work is linear, since a plugin never sees more than `WINDOW` characters; what our own rules matched, or hold
for a placeholder, is not reported again.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from auditor import lazy
from auditor.decode.fragment import FILLER, Fragment
from auditor.decode.layer import Span
from auditor.decode.layers import LAYERS
from auditor.detect.candidate import Candidate, CheckCall, Verdict
from auditor.model import CONFIDENCES, KINDS, Confidence, Kind, Match
from auditor.secret import Secret

PACK = "detect-secrets"
WINDOW, OVERLAP = 2_048, 512
"""Characters a plugin sees at once; a longer line is cut into windows that overlap."""
MAX_DEPTH = 4
"""Strings inside strings that are followed."""
LEAST = 6
_TOKEN = lazy.compile(rb'"((?:[^"\\\n]|\\[^\n])*+)(?:"|\\?$)([ \t]*:)?', re.M)
_MARKER = lazy.compile(rb"\[REDACTED\b")
_LINE = lazy.compile(rb"[^\r\n]+")
_HELD = ("mask", "template", "sample")
_NAMED = (*_HELD, "digest", "number", "identifier", "entropy:2.8")


@dataclass(frozen=True, slots=True)
class PluginRule:
    """What a plugin's finds are called here."""

    plugin: str
    kind: Kind = "generic-secret"
    confidence: Confidence = "medium"
    checks: tuple[str, ...] = _HELD

    @property
    def id(self) -> str:
        """`GitHubTokenDetector` is `detect-secrets-git-hub-token`."""
        words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", self.plugin.removesuffix("Detector"))
        return f"{PACK}-{'-'.join(words).lower()}"

    @property
    def title(self) -> str:
        return f"Found by detect-secrets ({self.plugin})"


RULES: Sequence[PluginRule] = (
    PluginRule("ArtifactoryDetector"),
    PluginRule("AWSKeyDetector", "aws-access-key"),
    PluginRule("AzureStorageKeyDetector"),
    PluginRule("BasicAuthDetector", "basic-auth"),
    PluginRule("CloudantDetector"),
    PluginRule("DiscordBotTokenDetector"),
    PluginRule("GitHubTokenDetector", "github-token"),
    PluginRule("GitLabTokenDetector", "gitlab-token"),
    PluginRule("IbmCloudIamDetector"),
    PluginRule("IbmCosHmacDetector"),
    PluginRule("JwtTokenDetector", "jwt"),
    PluginRule("KeywordDetector", confidence="low", checks=_NAMED),
    PluginRule("MailchimpDetector"),
    PluginRule("NpmDetector", "npm-token"),
    PluginRule("OpenAIDetector", "openai-key"),
    PluginRule("PypiTokenDetector"),
    PluginRule("SendGridDetector"),
    PluginRule("SlackDetector", "slack-token"),
    PluginRule("SoftlayerDetector"),
    PluginRule("SquareOAuthDetector"),
    PluginRule("StripeDetector", "stripe-key"),
    PluginRule("TelegramBotTokenDetector"),
    PluginRule("TwilioKeyDetector"),
)


def version() -> str:
    """Return the version of detect-secrets."""
    from importlib.metadata import version as installed

    return installed("detect-secrets")


def digest() -> str:
    """Return a digest of what is used of it: the version and the table of rules."""
    return "sha256:" + hashlib.sha256(f"{version()} {RULES!r}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Plugin:
    rule: PluginRule
    checks: tuple[CheckCall, ...]
    detector: Any


@dataclass(slots=True)
class _Text:
    """One decoded text; `left` are spans that are looked at decoded, or not at all."""

    fragment: Fragment
    left: list[Span] = field(default_factory=list)

    def covers(self, start: int, end: int) -> bool:
        """Tell whether a span touches one that is left to others."""
        at = bisect_right(self.left, (end - 1, len(self.fragment.data))) - 1
        return at >= 0 and self.left[at][1] > start


class Bridge:
    """Runs the plugins. One per process: detect-secrets keeps its settings in globals."""

    def __init__(self) -> None:
        from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

        classes: Iterable[Any] = get_mapping_from_secret_type_to_class().values()
        known = {one.__name__: one for one in classes}
        self._plugins = [
            _Plugin(rule, tuple(map(_check, rule.checks)), known[rule.plugin]())
            for rule in RULES
            if rule.plugin in known
        ]

    def scan(self, data: bytes, ours: Sequence[Match], opaque_keys: frozenset[bytes] = frozenset()) -> list[Match]:
        """Return what the plugins find in a chunk beside our own matches, in order of place; never raises on input."""
        found = [match for text in _texts(Fragment(data), opaque_keys) for match in self._in_text(text)]
        return _free(found, [(match.start, match.end) for match in ours])

    def _in_text(self, text: _Text) -> Iterator[Match]:
        seen: set[tuple[str, int, int]] = set()
        for start, end in _windows(text):
            window = text.fragment.data[start:end]
            for plugin, value in self._values(window.decode("utf-8", "surrogateescape")):
                for at in _all(window, value):
                    place = (plugin.rule.id, start + at, start + at + len(value))
                    if place not in seen and not text.covers(*place[1:]):
                        seen.add(place)
                        yield from _judged(plugin, text.fragment, *place[1:])

    def _values(self, window: str) -> Iterator[tuple[_Plugin, bytes]]:
        for plugin in self._plugins:
            for value in dict.fromkeys(plugin.detector.analyze_string(window)):
                encoded = (value or "").encode("utf-8", "surrogateescape")
                if len(encoded) >= LEAST and not _MARKER.search(encoded):
                    yield plugin, encoded


def _check(written: str) -> CheckCall:
    name, *arguments = written.split(":")
    return CheckCall(name, tuple(arguments))


def _texts(fragment: Fragment, opaque_keys: frozenset[bytes]) -> Iterator[_Text]:
    """The text itself, and every string in it whose escapes hide what it says."""
    text, key = _Text(fragment), b""
    children: list[Fragment] = []
    for token in _TOKEN.finditer(fragment.data):
        if token[2] is not None:
            key = token[1]
            continue
        opaque, key = key in opaque_keys, b""
        child = None if opaque or b"\\" not in token[1] else fragment.child(LAYERS["json"], *token.span(1))
        if opaque or child:
            text.left.append(token.span(1))
        if child and child.depth <= MAX_DEPTH:
            children.append(child)
    yield text
    for child in children:
        yield from _texts(child, opaque_keys)


def _windows(text: _Text) -> Iterator[Span]:
    for line in _LINE.finditer(text.fragment.data):
        for start in range(line.start(), max(line.end() - OVERLAP, line.start() + 1), WINDOW - OVERLAP):
            end = min(start + WINDOW, line.end())
            at = bisect_right(text.left, (start, len(text.fragment.data))) - 1
            if at < 0 or text.left[at][1] < end:
                yield start, end


def _all(window: bytes, value: bytes) -> Iterator[int]:
    at = window.find(value)
    while at >= 0:
        yield at
        at = window.find(value, at + len(value))


def _judged(plugin: _Plugin, fragment: Fragment, start: int, end: int) -> Iterator[Match]:
    value = fragment.data[start:end]
    rule = plugin.rule
    candidate = Candidate(rule.id, rule.kind, value, {"secret": value}, fragment.data, start, end, start, end)
    held = ""
    for check in plugin.checks:
        verdict = check(candidate)
        if verdict is Verdict.DROP:
            return
        held = held or (check.name if verdict is Verdict.HOLD else "")
    span = fragment.span(start, end)
    yield Match(
        rule=rule.id,
        kind=rule.kind,
        confidence="low" if held else rule.confidence,
        secret=Secret(value),
        start=span[0],
        end=span[1],
        secret_start=span[0],
        secret_end=span[1],
        encoding=fragment.layers,
        rejected_by=held,
        filler=fragment.respell(start, end, FILLER * len(value)),
    )


def _free(found: Iterable[Match], taken: Iterable[Span]) -> list[Match]:
    """Return matches that overlap nothing taken and no better one, in order of place."""
    spans = sorted(taken)
    kept: list[Match] = []
    for match in sorted(found, key=_preference):
        at = bisect_right(spans, (match.start, match.end))
        before = at > 0 and spans[at - 1][1] > match.start
        if not before and not (at < len(spans) and spans[at][0] < match.end):
            spans.insert(at, (match.start, match.end))
            kept.append(match)
    return sorted(kept, key=lambda match: match.start)


def _preference(match: Match) -> tuple[int, int, int, int]:
    return -CONFIDENCES.index(match.confidence), KINDS.index(match.kind), match.start - match.end, match.start
