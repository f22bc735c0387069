"""Guards in the prefilter's engine mean what they mean elsewhere.

Vectorscan 5.4 loses matches of some alternations when text stands before them (a list of prefixes with optional tails
did so behind 16 bytes), so every guard is compared with Python's `re` on every example, at several distances.
"""

from __future__ import annotations

import json
import re

import hyperscan
import pytest

from auditor.detect.engine import Engine
from auditor.detect.guards import expand
from auditor.detect.prefilter import Prefilter
from auditor.detect.rules import Rule, load

GUARDED = [rule for rule in load() if rule.guards]
PREFILTER, ENGINE = Prefilter(load().rules), Engine(load())
DISTANCES = (0, 16, 17, 33, 65)


@pytest.mark.parametrize("rule", GUARDED, ids=lambda rule: rule.id)
def test_guards_fire_wherever_they_stand(rule: Rule) -> None:
    patterns = [pattern.encode() for guard in rule.guards for pattern in expand(guard)]
    patterns = [b"(?i)" + pattern for pattern in patterns] if rule.ignore_case else patterns
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    ids = list(range(len(patterns)))
    database.compile(expressions=patterns, ids=ids, elements=len(patterns), flags=hyperscan.HS_FLAG_DOTALL)
    compiled = [re.compile(pattern, re.DOTALL) for pattern in patterns]
    for text in _texts(rule):
        for distance in DISTANCES:
            here = b"a " * (distance // 2) + b"\n" * (distance % 2) + text
            assert _fired(database, here) == {one for one in ids if compiled[one].search(here)}, here


@pytest.mark.parametrize(
    ("text", "looked_at"),
    [
        ("PGPASSWORD=Fake1234", True), ("PGPASSWORD: 'Fake1234'", True), ('{\\"PGPASSWORD\\": \\"Fake1234\\"}', True),
        ("PGPASSWORD=$PGPASSWORD", False), ("PGPASSWORD=${PGPASSWORD:?}", False), ("TOKEN: $TOKEN", False),
        ('curl -H \\"Authorization: Bearer $TOKEN\\" https://example.com', False), ("token_count: 12", False),
    ],
)  # fmt: skip
def test_variables_are_passed_over(text: str, looked_at: bool) -> None:
    assert bool(PREFILTER.hits(text.encode())) is looked_at


LONG_URL = "postgres://" + "u" * 120 + ":" + "p" * 290 + "@" + "h" * 240 + ":5432," + "h.b," * 70 + "h.c/" + "d" * 120
HEADERS = "".join(f'  -H "X-Name-{number}: v" \\\n' for number in range(16))
SPREAD = (
    "DB_PASSWORD    = FakeQ7w8e9r0t1u\n",
    "SESSION_SECRET\t\t: q8FakeZ3v1Lm7Xw2Rk9T\n",
    LONG_URL + "?" + "a=b&" * 140 + "password=FakeQ7w8e9r0t1\n",
    "curl https://api.example.com/items \\\n" + HEADERS + "  -u admin:FakeQ7w8e9r0t1u https://example.com\n",
)


@pytest.mark.parametrize("depth", range(4))
@pytest.mark.parametrize("text", SPREAD, ids=["blanks", "tabs", "url", "curl"])
def test_what_guards_ask_for_may_stand_as_far_as_patterns_look(text: str, depth: int) -> None:
    for _ in range(depth):
        text = json.dumps({"text": text})
    found = [(one.rule, one.start, one.end) for one in ENGINE.scan(text.encode(), confidence="medium")]
    assert found
    slow = ENGINE.scan(text.encode(), confidence="medium", prefilter=False)
    assert found == [(one.rule, one.start, one.end) for one in slow]


def _texts(rule: Rule) -> list[bytes]:
    """Examples and counter-examples, plain, in JSON, and in JSON in JSON."""
    texts = [one.text for one in (*rule.examples, *rule.counter_examples)]
    once = [json.dumps(text.decode()).encode() for text in texts]
    return [*texts, *once, *(json.dumps(text.decode()).encode() for text in once)]


def _fired(database: hyperscan.Database, text: bytes) -> set[int]:
    fired: set[int] = set()
    database.scan(text, match_event_handler=lambda number, *_: fired.add(number))
    return fired
