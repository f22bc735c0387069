"""Severity: facets add up, levels are what docs/severity.md says, and nothing depends on the clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.compliance import Settings, enrich
from auditor.compliance.settings import Declaration, Label
from auditor.compliance.severity import FACETS, LEVELS
from auditor.document import Incident
from tests.compliance.documents import document, incident, session, source, spread

NONE = Settings()
NEON = {"user": ["neondb_owner"], "host": ["ep-cool-sun-a1b2c3d4.us-east-2.aws.neon.tech"]}


def rated(settings: Settings = NONE, around: dict[str, Any] | None = None, **one: Any) -> Incident:
    return enrich(document(incident(**one), **(around or {})), settings)["incidents"][0]


def facet(one: Incident, name: str) -> tuple[str, int]:
    return next((each["value"], each["points"]) for each in one["severity_vector"] if each["facet"] == name)


@pytest.mark.parametrize(
    ("one", "level"),
    [
        ({"kind": "postgres-url", "parts": NEON, "exposure": {"to_model": True}}, "high"),
        ({"kind": "postgres-url", "parts": NEON, "exposure": {"to_model": True}, "spread": [spread("commit")]}, "critical"),
        ({"kind": "postgres-url", "parts": {"user": ["app"], "host": ["localhost"]}}, "medium"),
        ({"kind": "postgres-url", "parts": {"user": ["app"], "host": ["db.example.com"]}, "exposure": {"to_model": True}}, "high"),
        ({"kind": "neon-api-key", "exposure": {"to_model": True, "to_tools": ["neon"]}}, "high"),
        ({"kind": "private-key", "exposure": {"to_model": True, "to_tools": ["x"]}}, "critical"),
        ({"kind": "jwt"}, "medium"),
        ({"kind": "jwt", "parts": {"expired": ["true"]}}, "info"),
        ({"kind": "postgres-url", "parts": NEON, "confidence": "low"}, "low"),
        ({"kind": "postgres-url", "parts": NEON, "rejected_by": "placeholder"}, "low"),
    ],
)  # fmt: skip
def test_level(one: dict[str, Any], level: str) -> None:
    assert rated(**one)["severity"] == level


def test_vector_is_complete_and_adds_up_to_the_level() -> None:
    one = rated(kind="postgres-url", parts=NEON)
    assert [each["facet"] for each in one["severity_vector"]] == [name for name, _ in FACETS]
    total = sum(each["points"] for each in one["severity_vector"])
    assert one["severity"] == next(name for least, name in LEVELS if total >= least)


@pytest.mark.parametrize(
    ("name", "settings", "one", "expected"),
    [
        ("target", Settings(labels=(Label("ep-cool-*", "production"),)), {"parts": NEON}, ("labelled production", 15)),
        ("target", Settings(labels=(Label("ep-cool-*", "staging"),)), {"parts": NEON}, ("labelled staging", 4)),
        ("target", Settings(), {"parts": {"host": ["a.example.com", "b.example.com"]}}, ("2 hosts open with the same value", 13)),
        ("target", Settings(), {"parts": {"host": ["127.0.0.1"]}}, ("local", 0)),
        ("target", Settings(), {"parts": {"host": ["10.1.2.3", "localhost"]}}, ("2 hosts open with the same value", 13)),
        ("target", Settings(), {"parts": {"host": ["10.1.2.3"]}}, ("a private network", 6)),
        ("target", Settings(), {"parts": {"host": ["[::1]"]}}, ("local", 0)),
        ("target", Settings(), {"parts": NEON}, ("a Neon branch, not labelled: its password may open the parent", 10)),
        ("target", Settings(protected=("main",)), {"parts": {**NEON, "parent": ["main"]}}, ("a Neon branch of a protected parent", 4)),
        ("target", Settings(), {"parts": {"host": ["db.example.com"]}}, ("remote, not labelled", 8)),
        ("target", Settings(), {}, ("unknown", 6)),
        ("privilege", Settings(), {"parts": {"user": ["postgres"], "host": ["localhost"]}}, ("owner or administrator, local target", 5)),
        ("privilege", Settings(), {"kind": "neon-api-key"}, ("reaches the whole account", 15)),
        ("privilege", Settings(), {"parts": {"user": ["app"]}}, ("a named role", 3)),
        ("spread", Settings(), {}, ("stayed where it appeared", 0)),
        ("spread", Settings(), {"spread": [spread("command")]}, ("one kind of later use", 4)),
        ("spread", Settings(), {"spread": [spread("command"), spread("file"), spread("message")]}, ("3 kinds of later use", 7)),
        ("spread", Settings(), {"spread": [spread("sub-agent")]}, ("beyond its session", 10)),
        ("audience", Settings(), {}, ("local user", 0)),
        ("audience", Settings(), {"exposure": {"to_model": True}}, ("model provider", 8)),
        ("audience", Settings(), {"exposure": {"to_model": True, "to_tools": ["neon"]}}, ("model provider, tools", 12)),
        ("age", Settings(), {"exposure": {"first_seen": ""}}, ("unknown", 3)),
        ("age", Settings(as_of="2026-11-20T10:30:00Z"), {}, ("less than an hour", 0)),
        ("age", Settings(as_of="2026-11-21T00:00:00Z"), {}, ("less than a day", 2)),
        ("age", Settings(as_of="2026-12-01T00:00:00Z"), {}, ("less than 30 days", 5)),
        ("age", Settings(as_of="2027-06-01T00:00:00Z"), {}, ("30 days or more", 8)),
        ("validity", Settings(declarations=(Declaration("inc-abababababab", "revoked"),)), {}, ("declared revoked", -60)),
        ("validity", Settings(declarations=(Declaration("ab" * 6, "active"),)), {}, ("not checked", 0)),
    ],
)  # fmt: skip
def test_facet(name: str, settings: Settings, one: dict[str, Any], expected: tuple[str, int]) -> None:
    assert facet(rated(settings, **one), name) == expected


def test_wide_readers_count_as_audience() -> None:
    one = rated(around={"coverage": {"sources": [source(mode="0644")]}})
    assert facet(one, "audience") == ("other users", 12)


def test_age_is_measured_by_the_logs_own_times() -> None:
    assert (
        facet(rated(around={"sessions": [session()]}, exposure={"first_seen": "2026-10-01T00:00:00Z"}), "age")[1] == 8
    )
    assert facet(rated(Settings(now="2036-01-01T00:00:00Z")), "age") == ("less than an hour", 0)


def test_declared_rotation_brings_it_down() -> None:
    before = rated(kind="postgres-url", parts=NEON, exposure={"to_model": True, "to_tools": ["x"]})
    after = rated(Settings(declarations=(Declaration("abababababab", "rotated"),)), kind="postgres-url", parts=NEON,
                  exposure={"to_model": True, "to_tools": ["x"]})  # fmt: skip
    assert (before["severity"], after["severity"]) == ("critical", "low")
    assert after["validity"] == "rotated"


def test_documentation_names_every_facet_and_threshold() -> None:
    text = (Path(__file__).parents[2] / "docs" / "severity.md").read_text("utf-8")
    assert all(f"| `{name}` |" in text for name, _ in FACETS)
    assert all(f"| {level} | {least} |" in text for least, level in LEVELS)
