"""The encoding matrix: every rule, example and spelling, at exact bytes; with and without the prefilter."""

from __future__ import annotations

from functools import cache

import pytest

from auditor.detect import selftest
from auditor.detect.engine import Engine
from auditor.detect.rules import Rule, RuleSet, load
from auditor.detect.spellings import SPELLINGS
from auditor.secret import Secret

RULES = load()


@cache
def _engine() -> Engine:
    return Engine(RULES)


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_examples_hold_in_every_spelling(rule: Rule) -> None:
    problems = [str(one) for one in selftest.check(RuleSet(RULES.packs, (rule,)), _engine())]
    assert problems == []


def _breaks_an_anchor(text: bytes) -> bool:
    """Whether a break in the middle hides an anchor: a search begins at unbroken ones."""
    middle, plain = len(text) // 2, text.lower()
    anchors = {anchor.lower() for rule in RULES for anchor in rule.anchors}
    return any(anchor in plain[middle - len(anchor) + 1 : middle + len(anchor) - 1] for anchor in anchors)


@pytest.mark.parametrize("spelling", ["plain", "json-2", "unicode", "percent", "base64-1", "hex", "wrap"])
def test_the_prefilter_loses_nothing(spelling: str) -> None:
    """Of what is reported by default: guards may pass over placeholders that only `--confidence low` shows."""
    for rule in RULES:
        texts = [one.text for one in rule.examples]
        texts += [one.text for one in rule.counter_examples] if spelling == "plain" else []
        for text in texts:
            if spelling == "wrap" and _breaks_an_anchor(text):
                continue
            spelled = SPELLINGS[spelling](text, 0, len(text)).text
            assert _told(spelled, prefilter=True) == _told(spelled, prefilter=False), f"{rule.id} in {spelling}"


def _told(text: bytes, *, prefilter: bool) -> list[tuple[str, Secret, int]]:
    matches = _engine().scan(text, prefilter=prefilter, confidence="medium")
    return [(match.kind, match.secret, match.secret_start) for match in matches]
