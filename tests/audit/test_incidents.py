"""Folding of finds into incidents and occurrences."""

from __future__ import annotations

from auditor.audit.incidents import Placed, fold
from auditor.model import Found, Kind, Place, Position


def _found(path: str, line: int, *, kind: Kind = "postgres-url", value: str = "aa" * 16, host: str = "h") -> Found:
    return Found(
        rule=f"rule-{kind}",
        kind=kind,
        confidence="high",
        fingerprint=value,
        credential=f"{value}-{host}",
        mask=f"postgresql://app:[REDACTED:{kind}:aaaa]@{host}/db",
        length_class="16-31",
        place=Place(path, line, 10, 40),
        encoding=("json",),
        parts={"host": host},
    )


def _at(session: str, call: str, role: str, time: str) -> Position:
    return Position(session=session, turn="t1", call_id=call, role=role, timestamp=time)  # type: ignore[arg-type]


def test_copies_of_one_output_are_one_occurrence_with_several_places() -> None:
    output = _at("s1", "c1", "tool", "2026-01-01T00:00:01Z")
    incidents = fold(
        [
            Placed(_found("db.sqlite", 0), output),
            Placed(_found("r.jsonl", 9), output),
            Placed(_found("r.jsonl", 8), output),
        ],
        {},
    )
    (incident,) = incidents
    (occurrence,) = incident["occurrences"]
    assert (occurrence["place"]["path"], occurrence["place"]["line"]) == ("r.jsonl", 8)
    assert [place["path"] for place in occurrence["copies"]] == ["r.jsonl", "db.sqlite"]


def test_argument_and_output_of_one_call_are_two_occurrences() -> None:
    incidents = fold(
        [
            Placed(_found("r.jsonl", 8), _at("s1", "c1", "assistant", "2026-01-01T00:00:00Z")),
            Placed(_found("r.jsonl", 9), _at("s1", "c1", "tool", "2026-01-01T00:00:01Z")),
        ],
        {},
    )
    assert [one["role"] for one in incidents[0]["occurrences"]] == ["assistant", "tool"]


def test_one_value_under_two_rules_is_one_incident_of_the_stronger_kind() -> None:
    where = _at("s1", "c1", "tool", "")
    incidents = fold(
        [
            Placed(_found("r.jsonl", 8, kind="neon-password", host="one"), where),
            Placed(_found("r.jsonl", 8, kind="postgres-url", host="two"), where),
        ],
        {"rule-postgres-url": "Postgres URL"},
    )
    (incident,) = incidents
    assert incident["kind"] == "postgres-url"
    assert incident["title"] == "Postgres URL"
    assert incident["rules"] == ["rule-neon-password", "rule-postgres-url"]
    assert incident["parts"]["host"] == ["one", "two"]


def test_order_of_input_does_not_matter() -> None:
    items = [
        Placed(_found("r.jsonl", 8), _at("s1", "c1", "tool", "2026-01-01T00:00:01Z")),
        Placed(_found("a.log", 3), Position()),
        Placed(_found("r.jsonl", 4, value="bb" * 16), _at("s1", "c0", "tool", "2026-01-01T00:00:00Z")),
    ]
    assert fold(items, {}) == fold(reversed(items), {})
