"""One table per condition: what establishes it, what does not, and which evidence it names."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.compliance import Settings, enrich
from auditor.compliance.conditions import AUDIT_CONDITIONS, CONDITIONS, of_audit, of_incident
from auditor.compliance.settings import Label
from auditor.compliance.traits import Around, Case
from auditor.model import KINDS
from tests.compliance.documents import check, document, incident, occurrence, place, session, source, spread, step

FIRST = "inc-abababababab.1"
RULE = {"id": "r", "pack": "p", "title": "t", "kind": "jwt", "description": "", "severity": "medium", "confidence": "high",
        "static": False, "privileged": False, "cwe": [532], "playbook": ""}  # fmt: skip
NONE = Settings()
LATE = Settings(detection_hours=24, now="2026-11-22T10:00:00Z")
NEON = "ep-cool-sun-a1b2c3d4.c-2.us-east-2.aws.neon.tech"
POOLED = "ep-cool-sun-a1b2c3d4-pooler.us-east-2.aws.neon.tech"

Found = dict[str, list[str]]


def found(one: Any, settings: Settings = NONE, **around: Any) -> Found:
    doc = document(one, **around)
    return {ref["code"]: ref["evidence"] for ref in of_incident(Case(one, Around(doc)), settings)}


TABLE: list[tuple[str, dict[str, Any], dict[str, Any], Settings, list[str]]] = [
    # code, incident, document, settings, evidence ([] = does not hold)
    ("ANY_FINDING", {}, {}, Settings(), ["inc-abababababab"]),
    ("SECRET_AT_REST", {"occurrences": [occurrence(1), occurrence(2)]}, {}, Settings(), [FIRST, FIRST[:-1] + "2"]),
    ("STILL_PRESENT", {}, {}, Settings(), [FIRST]),
    ("STILL_PRESENT", {}, {}, Settings(rewritten=("s/rollout.jsonl",)), []),
    ("STILL_PRESENT", {"occurrences": [occurrence(copies=[place("db")])]}, {}, Settings(rewritten=("s/rollout.jsonl",)), [FIRST]),
    ("SECRET_TO_MODEL", {"exposure": {"to_model": True}}, {}, Settings(), [FIRST]),
    ("SECRET_TO_MODEL", {"occurrences": [occurrence(role="tool", session="s1")]}, {"sessions": [session()]}, Settings(), [FIRST]),
    ("SECRET_TO_MODEL", {"occurrences": [occurrence(role="tool", session="s1")]}, {"sessions": [session(kind="mcp-log")]}, Settings(), []),
    ("SECRET_TO_MODEL", {}, {}, Settings(), []),
    ("SECRET_TO_TOOL", {"spread": [spread("mcp-argument")]}, {}, Settings(), ["s1/c2"]),
    ("SECRET_TO_TOOL", {"origin": {"cause": "tool-argument"}}, {}, Settings(), [FIRST]),
    ("SECRET_TO_TOOL", {"exposure": {"to_tools": ["neon"]}}, {}, Settings(), [FIRST]),
    ("SECRET_TO_TOOL", {"spread": [spread("file")]}, {}, Settings(), []),
    ("SECRET_IN_COMMAND", {"origin": {"cause": "command-literal"}}, {}, Settings(), [FIRST]),
    ("SECRET_IN_COMMAND", {"spread": [spread("command")]}, {}, Settings(), ["s1/c2"]),
    ("SECRET_IN_COMMAND", {"origin": {"cause": "prompt"}}, {}, Settings(), []),
    ("SECRET_FROM_TOOL", {"origin": {"cause": "tool-result"}}, {}, Settings(), [FIRST]),
    ("SECRET_FROM_TOOL", {"origin": {"cause": "tool-output"}}, {}, Settings(), [FIRST]),
    ("SECRET_FROM_TOOL", {"origin": {"cause": "prompt"}}, {}, Settings(), []),
    ("SECRET_IN_ERROR", {"origin": {"cause": "tool-output", "step": "s1/c1"}}, {"steps": [step(exit_code=1)]}, Settings(), [FIRST]),
    ("SECRET_IN_ERROR", {"origin": {"cause": "tool-result", "step": "s1/c1"}}, {"steps": [step(status="failed")]}, Settings(), [FIRST]),
    ("SECRET_IN_ERROR", {"origin": {"cause": "tool-output", "step": "s1/c1"}}, {"steps": [step()]}, Settings(), []),
    ("SECRET_IN_ERROR", {"origin": {"cause": "command-literal", "step": "s1/c1"}}, {"steps": [step(exit_code=1)]}, Settings(), []),
    ("SECRET_IN_CONFIGURATION", {"origin": {"cause": "configuration"}}, {}, Settings(), [FIRST]),
    ("SECRET_IN_CONFIGURATION", {"origin": {"cause": "environment"}}, {}, Settings(), [FIRST]),
    ("SECRET_IN_CONFIGURATION", {"spread": [spread("file")]}, {}, Settings(), ["s1/c2"]),
    ("SECRET_IN_CONFIGURATION", {}, {}, Settings(), []),
    ("SECRET_IN_URL", {"kind": "postgres-url"}, {}, Settings(), [FIRST]),
    ("SECRET_IN_URL", {"kind": "jwt"}, {}, Settings(), []),
    ("SECRET_IN_QUERY", {"kind": "postgres-url", "parts": {"query": ["password"]}}, {}, Settings(), [FIRST]),
    ("SECRET_IN_QUERY", {"kind": "postgres-url"}, {}, Settings(), []),
    ("PASSWORD", {"kind": "neon-password"}, {}, Settings(), [FIRST]),
    ("PASSWORD", {"kind": "neon-api-key"}, {}, Settings(), []),
    ("KEY_MATERIAL", {"kind": "neon-api-key"}, {}, Settings(), [FIRST]),
    ("KEY_MATERIAL", {"kind": "postgres-password"}, {}, Settings(), []),
    ("PRIVATE_KEY", {"kind": "private-key"}, {}, Settings(), [FIRST]),
    ("PRIVATE_KEY", {"kind": "jwt"}, {}, Settings(), []),
    ("STATIC_CREDENTIAL", {"kind": "postgres-password"}, {}, Settings(), [FIRST]),
    ("STATIC_CREDENTIAL", {"kind": "jwt"}, {}, Settings(), []),
    ("STATIC_CREDENTIAL", {"kind": "jwt"}, {"rules": [{**RULE, "static": True}]}, Settings(), [FIRST]),
    ("PRIVILEGED", {"parts": {"user": ["neondb_owner"]}}, {}, Settings(), [FIRST]),
    ("PRIVILEGED", {"parts": {"user": "postgres"}}, {}, Settings(), [FIRST]),
    ("PRIVILEGED", {"kind": "neon-api-key"}, {}, Settings(), [FIRST]),
    ("PRIVILEGED", {}, {"rules": [{**RULE, "privileged": True}]}, Settings(), [FIRST]),
    ("PRIVILEGED", {"parts": {"user": ["app"]}}, {}, Settings(), []),
    ("SHARED_ACROSS_TARGETS", {"parts": {"host": ["a.example.com", "b.example.com"]}}, {}, Settings(), [FIRST]),
    ("SHARED_ACROSS_TARGETS", {"parts": {"host": [NEON, POOLED]}}, {}, Settings(), []),
    ("SHARED_ACROSS_TARGETS", {"parts": {"host": ["A.example.com.", "a.example.com"]}}, {}, Settings(), []),
    ("PROD_TARGET", {"parts": {"host": [POOLED]}}, {}, Settings(labels=(Label("ep-cool-sun-*", "production"),)), [FIRST]),
    ("PROD_TARGET", {"parts": {"host": [POOLED]}}, {}, Settings(labels=(Label("ep-cool-*", "test"), Label("*", "production"))), []),
    ("PROD_TARGET", {"parts": {"host": ["production.example.com"]}}, {}, Settings(), []),
    ("PROD_TARGET", {"origin": {"step": "s1/c1"}}, {"steps": [step(target={"branch": "main"})]},
     Settings(labels=(Label("main", "production"),)), [FIRST]),
    ("WIDE_READERS", {}, {"coverage": {"sources": [source(mode="0644")]}}, Settings(), ["s/rollout.jsonl"]),
    ("WIDE_READERS", {}, {"coverage": {"sources": [source(mode="0640")]}}, Settings(), ["s/rollout.jsonl"]),
    ("WIDE_READERS", {}, {"coverage": {"sources": [source(mode="0600")]}}, Settings(), []),
    ("WIDE_READERS", {}, {"coverage": {"sources": [source(mode="")]}}, Settings(), []),
    ("WIDE_READERS", {"occurrences": [occurrence(place=place("/home/u/Dropbox/x.jsonl"))]}, {}, Settings(), ["/home/u/Dropbox/x.jsonl"]),
    ("IN_VCS", {}, {}, Settings(tracked=frozenset({"s/rollout.jsonl"})), [FIRST]),
    ("IN_VCS", {"spread": [spread("commit")]}, {}, Settings(), ["s1/c2"]),
    ("IN_VCS", {"occurrences": [occurrence(place=place("git:HEAD:log.jsonl"))]}, {}, Settings(), [FIRST]),
    ("IN_VCS", {}, {}, Settings(), []),
    ("LATE_DETECTION", {}, {}, LATE, [FIRST]),
    ("LATE_DETECTION", {}, {}, Settings(detection_hours=72, now=LATE.now), []),
    ("LATE_DETECTION", {}, {}, Settings(now=LATE.now), []),
    ("LATE_DETECTION", {"exposure": {"first_seen": ""}}, {}, LATE, []),
    ("SEVERITY_HIGH", {"severity": "high"}, {}, Settings(), [FIRST]),
    ("SEVERITY_HIGH", {"severity": "critical"}, {}, Settings(), [FIRST]),
    ("SEVERITY_HIGH", {"severity": "medium"}, {}, Settings(), []),
]  # fmt: skip


@pytest.mark.parametrize(("code", "one", "around", "settings", "evidence"), TABLE,
                         ids=[f"{row[0]}-{number}" for number, row in enumerate(TABLE)])  # fmt: skip
def test_condition(
    code: str, one: dict[str, Any], around: dict[str, Any], settings: Settings, evidence: list[str]
) -> None:
    assert found(incident(**one), settings, **around).get(code, []) == evidence


def test_every_condition_has_a_row_where_it_holds() -> None:
    assert {row[0] for row in TABLE if row[4]} == {one.code for one in CONDITIONS}


AUDIT_TABLE: list[tuple[str, dict[str, Any], Settings, list[str]]] = [
    ("ANY_RUN", {}, Settings(), ["s/rollout.jsonl"]),
    ("ANY_RUN", {"coverage": {"sources": [source(bytes=0)]}}, Settings(), []),
    ("RECONSTRUCTED", {"steps": [step()]}, Settings(), ["s1/c1"]),
    ("RECONSTRUCTED", {}, Settings(), []),
    ("UNAPPROVED_CHANGE", {"checks": [check("approved-apply", "violated")]}, Settings(), ["s1/c1"]),
    ("UNAPPROVED_CHANGE", {"checks": [check("approved-apply", "followed")],
                           "steps": [step(action="apply", approval_policy="never")]}, Settings(), []),
    ("UNAPPROVED_CHANGE", {"steps": [step(action="apply", approval_policy="never")]}, Settings(), ["s1/c1"]),
    ("UNAPPROVED_CHANGE", {"steps": [step(action="apply", approval_policy="never", dry_run=True)]}, Settings(), []),
    ("UNAPPROVED_CHANGE", {"steps": [step(action="apply", approval_policy="never", status="failed")]}, Settings(), []),
    ("SCAN_GAP", {"coverage": {"gaps": [{"path": "x", "reason": "permission", "detail": ""}]}}, Settings(), ["x (permission)"]),
    ("SCAN_GAP", {}, Settings(), []),
    ("LOG_REWRITTEN", {}, Settings(rewritten=("a",)), ["a"]),
    ("LOG_REWRITTEN", {}, Settings(), []),
    ("SIGNED_REPORT", {}, Settings(signed=True), ["run"]),
    ("SIGNED_REPORT", {}, Settings(), []),
    ("REGULATED_SCOPE", {}, Settings(regulated=frozenset({"ephi"})), ["declared: ephi"]),
    ("CARD_DATA", {}, Settings(regulated=frozenset({"card-data"})), ["declared: card-data"]),
    ("CARD_DATA", {}, Settings(regulated=frozenset({"ephi"})), []),
    ("EPHI", {}, Settings(regulated=frozenset({"ephi"})), ["declared: ephi"]),
    ("PERSONAL_DATA", {}, Settings(regulated=frozenset({"personal-data"})), ["declared: personal-data"]),
    ("CHECK:tests-run", {"checks": [check("tests-run", "violated")]}, Settings(), ["s1/c1"]),
    ("CHECK:tests-run", {"checks": [check("tests-run", "followed")]}, Settings(), []),
    ("CHECKED:tests-run", {"checks": [check("tests-run", "followed")]}, Settings(), ["run-1"]),
    ("CHECKED:tests-run", {"checks": [check("tests-run", "not-applicable")]}, Settings(), []),
]  # fmt: skip


@pytest.mark.parametrize(("code", "around", "settings", "evidence"), AUDIT_TABLE,
                         ids=[f"{row[0]}-{number}" for number, row in enumerate(AUDIT_TABLE)])  # fmt: skip
def test_audit_condition(code: str, around: dict[str, Any], settings: Settings, evidence: list[str]) -> None:
    assert {ref["code"]: ref["evidence"] for ref in of_audit(document(**around), settings)}.get(code, []) == evidence


def test_every_audit_condition_has_a_row_where_it_holds() -> None:
    assert {row[0] for row in AUDIT_TABLE if row[3] and ":" not in row[0]} == {one.code for one in AUDIT_CONDITIONS}


@pytest.mark.parametrize("kind", KINDS)
def test_conditions_of_every_kind_are_computable(kind: str) -> None:
    (one,) = enrich(document(incident(kind=kind)))["incidents"]
    codes = {ref["code"] for ref in one["conditions"]}
    assert ("PASSWORD" in codes) != ("KEY_MATERIAL" in codes)
    assert all(ref["evidence"] for ref in one["conditions"])
