"""Enrichment as a whole: pure, idempotent, deterministic, quick with many incidents, and in the document's shape."""

from __future__ import annotations

import copy

import orjson
import pytest

from auditor.compliance import Settings, enrich
from auditor.compliance.expressions import parse
from auditor.report.canonical import fault_in
from tests.compliance.documents import document, incident
from tests.report import sample

SETTINGS = Settings(regulated=frozenset({"personal-data", "card-data", "ephi"}))


def canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def test_pure_and_idempotent() -> None:
    before = sample.leaking()
    kept = copy.deepcopy(before)
    once = enrich(before, SETTINGS)
    assert before == kept
    assert canonical(enrich(once, SETTINGS)) == canonical(once) == canonical(enrich(kept, SETTINGS))


@pytest.mark.parametrize("build", [sample.leaking, sample.clean, sample.nothing])
def test_shape_agrees_with_the_schema(build: object) -> None:
    assert fault_in(enrich(build(), SETTINGS)) == ""  # type: ignore[operator]


def test_many_incidents_cost_no_square() -> None:
    many = [incident(id=f"inc-{n:012x}", fingerprint=f"{n:032x}") for n in range(2000)]
    enriched = enrich(document(*many), SETTINGS)
    assert len(enriched["incidents"]) == 2000
    assert max(len(one["incidents"]) for one in enriched["controls"]) == 2000


@pytest.mark.parametrize(
    ("text", "codes", "holds"),
    [
        ("A", {"A"}, True),
        ("A+B", {"A"}, False),
        ("A/B", {"B"}, True),
        ("A+B/C", {"A", "C"}, True),
        ("A+B/C", {"B", "C"}, False),
        ("CHECK:tests-run+A", {"CHECK:tests-run", "A"}, True),
    ],
)
def test_expressions(text: str, codes: set[str], holds: bool) -> None:
    assert parse(text).holds(codes) is holds


@pytest.mark.parametrize("text", ["", "+", "A+", "A//B", "a", "A B", "A&B", "(A)", "CHECK:", "CHECK:X"])
def test_malformed_expressions_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a condition expression"):
        parse(text)
