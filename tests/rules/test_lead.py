"""A rule's `lead` is long enough: trying the pattern at its anchors finds what a search of the whole window finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.detect import extract
from auditor.detect.counters import Counters
from auditor.detect.rules import Rule, load

RULES = load().rules

LED = [rule for rule in RULES if rule.lead is not None]
FIXTURES = Path(__file__).parents[2] / "fixtures"
BLOCK = 1 << 16


def _spans(rule: Rule, text: bytes) -> list[tuple[int, int]]:
    counters = Counters()
    found = list(extract.matches(rule, text, _places(rule, text), 20.0, counters))
    assert not counters.timeouts
    return [(begin, match.end()) for begin, match in found]


def _places(rule: Rule, text: bytes) -> list[int]:
    flags = re.IGNORECASE if rule.ignore_case else 0
    return sorted({one.start() for anchor in rule.anchors for one in re.finditer(re.escape(anchor), text, flags)})


def _same(rule: Rule, text: bytes) -> None:
    assert _spans(rule, text) == _spans(rule._replace(lead=None), text), rule.id


def _texts() -> Iterator[bytes]:
    for rule in RULES:
        yield from (example.text for example in rule.examples)
        yield from (counter.text for counter in rule.counter_examples)


@pytest.mark.parametrize("rule", LED, ids=lambda rule: rule.id)
def test_examples_of_every_rule(rule: Rule) -> None:
    for text in _texts():
        _same(rule, text)
        _same(rule, b"export const x = 1; " * 60 + text + b"\n" + text)


@pytest.mark.parametrize("rule", LED, ids=lambda rule: rule.id)
def test_sessions(rule: Rule) -> None:
    for path in sorted((FIXTURES / "codex_home").rglob("*.jsonl")):
        data = path.read_bytes()
        for start in range(0, len(data), BLOCK):
            _same(rule, data[start : start + BLOCK].replace(b"\\n", b"\n").replace(b'\\"', b'"'))


NAMES = [
    "POSTGRES",
    "DATABASE_",
    "LIQUIBASE_COMMAND_",
    "MY",
    "LONG_PREFIX_OF_A_NAME_",
    "webhook",
    "registration_",
    "user",
    "X-",
    "api_",
]
VALUES = (
    "=",
    ": ",
    '="',
    "': '",
    " => ",
    "npg_FakeQ7w8e9r0",
    "Bearer ",
    "_FILE",
    "_KEY",
    "\n",
    ";",
    "postgres://a:b@c/d",
)


@given(st.sampled_from(LED), st.data())
def test_names_and_values_in_any_order(rule: Rule, data: st.DataObject) -> None:
    anchors = [anchor.decode() for anchor in rule.anchors]
    words = data.draw(st.lists(st.sampled_from([*anchors, *NAMES, *VALUES]), max_size=12))
    _same(rule, "".join(words).encode())
