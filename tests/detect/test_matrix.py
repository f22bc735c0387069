"""The encoding matrix: every rule, example and spelling, at exact bytes; with and without the prefilter."""

from __future__ import annotations

from functools import cache

import pytest

from auditor.detect import selftest
from auditor.detect.engine import Engine
from auditor.detect.rules import Rule, RuleSet, load
from auditor.detect.spellings import SPELLINGS

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


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_prefilter_loses_nothing(spelling: str) -> None:
    for rule in RULES:
        for example in (*rule.examples, *rule.counter_examples):
            if spelling == "wrap" and _breaks_an_anchor(example.text):
                continue
            text = SPELLINGS[spelling](example.text, 0, len(example.text)).text
            fast = [(match.kind, match.secret, match.secret_start) for match in _engine().scan(text)]
            slow = [(match.kind, match.secret, match.secret_start) for match in _engine().scan(text, prefilter=False)]
            assert fast == slow, f"{rule.id} in {spelling}"
