"""Shipped patterns do linear work: no nested quantifiers, and growth on hostile text, rule by rule."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from re import _parser as parser  # type: ignore[attr-defined]  # the tree of a pattern; nothing public gives it
from typing import Any

import pytest

from auditor.detect import extract
from auditor.detect.counters import Counters
from auditor.detect.rules import Rule, load

RULES = load().rules
REPEATS = (parser.MAX_REPEAT, parser.MIN_REPEAT, parser.POSSESSIVE_REPEAT)
ROUNDS = 8
"""A group that holds a quantifier may go round so many times: header lines of a PEM key, pairs of a cookie."""
SMALL, LARGE = 8_192, 32_768
NOTHING_LOST = 0.4
"""CPU seconds below which growth is not worth a look."""
FILLERS = (
    b"a", b"A1b2", b"0", b" ", b"'", b'"', b"\\", b":", b"@", b"/", b"=", b";", b"-", b"_", b".", b"\n", b"a:b@",
    b"=a ", b"| a ", b"%41", b"$", b"{",
)  # fmt: skip


def nested(pattern: str) -> list[str]:
    """Return the repeats of a pattern that hold another one of varying length and go round more than `ROUNDS` times."""
    plain = re.sub(r"\(\?P<\w+>", "(?:", re.sub(r"\(\?P=\w+\)", "x", pattern)).replace(r"\z", r"\Z")
    return list(_nested(parser.parse(plain.encode()), ""))


def _nested(tree: Any, around: str) -> Iterator[str]:
    for kind, argument in tree:
        here = around
        if kind in REPEATS:
            low, high, _ = argument
            if around and high > 1 and high != low:
                yield f"{{{low},{high}}} inside {around}"
            here = f"{{{low},{high}}}" if high > ROUNDS else around
        for child in _children(argument):
            yield from _nested(child, here)


def _children(argument: Any) -> Iterator[Any]:
    if isinstance(argument, parser.SubPattern):
        yield argument
    elif isinstance(argument, list | tuple):
        for one in argument:
            yield from _children(one)


@pytest.mark.parametrize(
    ("pattern", "bad"),
    [
        ("(?:a{1,9}){1,9}", True), ("(?:a{1,3}b?){0,50}", True), ("(?P<secret>(?:x|y{2,9}){1,20})", True),
        ("(?:a{1,9}){1,3}", False), ("(?:[^x]|\\\\.){1,99}", False), ("(?:a{4}){1,99}", False), ("a{1,9}b{1,9}", False),
        ("(?=[^x]{0,500}(?:ab){1,9})", False),
    ],
)  # fmt: skip
def test_the_detector_sees_nested_quantifiers(pattern: str, bad: bool) -> None:
    assert bool(nested(pattern)) is bad


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_nested_quantifiers(rule: Rule) -> None:
    assert nested(rule.pattern) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_work_grows_with_the_text(rule: Rule) -> None:
    """Four times the text, at most about four times the work; CPU time of this thread, and only where it is felt."""
    for small, large in zip(_hostile(rule, SMALL), _hostile(rule, LARGE), strict=True):
        spent = _cost(rule, large)
        if spent > NOTHING_LOST:
            assert spent < 8 * max(_cost(rule, small), 0.02), large[:60]


def _hostile(rule: Rule, size: int) -> Iterator[bytes]:
    """Texts that begin like a match and never end like one, and anchors without anything."""
    example = rule.examples[0]
    at = example.text.find(example.secret)
    head = example.text[: at if at > 0 else len(example.text) // 2]
    for filler in FILLERS:
        yield head + filler * (size // len(filler))
        yield (rule.anchors[0] + filler) * (size // len(rule.anchors[0] + filler))
    yield head * (size // len(head))


def _cost(rule: Rule, text: bytes) -> float:
    where = text.lower() if rule.ignore_case else text
    anchors = [anchor.lower() if rule.ignore_case else anchor for anchor in rule.anchors]
    places = sorted(found.start() for anchor in anchors for found in re.finditer(re.escape(anchor), where))
    counters = Counters()
    before = time.thread_time()
    for _ in extract.matches(rule, text, places, 20.0, counters):
        pass
    assert not counters.timeouts
    return time.thread_time() - before
