"""What holds bytes of a log shows none of them: a representation may end in a traceback or a log."""

from __future__ import annotations

from auditor.decode import escapes
from auditor.detect.counters import Counters
from auditor.detect.engine import Engine
from auditor.detect.explore import Explorer
from auditor.detect.prefilter import Exhaustive
from auditor.detect.rules import load
from auditor.intake.chunk import Chunk

SECRET = "npg_FakeQ7w8e9r0t1"
TEXT = b'{"a":"x\\npostgresql://app:%s@db.example.com/shop"}' % SECRET.encode()


def test_no_representation_holds_a_credential() -> None:
    rules = load()
    finder = Exhaustive(rules.rules)
    findings = Explorer(rules.rules, finder, frozenset(), 2.0, Counters()).run(TEXT, finder.hits(TEXT))
    matches = Engine(rules).scan(TEXT)
    assert findings
    assert matches
    for one in (findings, findings[0].fragment, matches, escapes.decode(TEXT, 6, len(TEXT) - 2), Chunk(TEXT, 0, 1)):
        assert SECRET not in repr(one)
