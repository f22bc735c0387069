"""The control maps: ids exist, conditions are used, every kind of credential touches what it must."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from auditor.compliance import Settings, enrich
from auditor.compliance.conditions import CODES
from auditor.compliance.frameworks import ControlMap, load, read
from auditor.compliance.settings import Label
from auditor.errors import UsageProblem
from auditor.model import KINDS
from tests.compliance.documents import check, document, incident, occurrence, session, source, spread
from tests.compliance.pinned import AGENT_MIGRATION, IDS

MAPS = {one.id: one for one in load()}
EVERYTHING = Settings(
    regulated=frozenset({"card-data", "ephi", "personal-data"}),
    labels=(Label("*", "production"),),
    tracked=frozenset({"s/rollout.jsonl"}),
    detection_hours=1,
    now="2027-01-01T00:00:00Z",
)
MUST_TOUCH = (
    "soc2",
    "iso27001",
    "nist-800-53",
    "cwe",
    "owasp-llm",
    "owasp-mcp",
    "owasp-nhi",
    "owasp-agentic",
    "owasp-asvs",
)


def test_pinned_lists_have_the_sizes_of_their_standards() -> None:
    sizes = {name: len(IDS[name]) for name in ("iso27001", "nist-csf", "cis")}
    assert sizes == {"iso27001": 93, "nist-csf": 106, "cis": 153}
    assert sum(one.startswith("CC") for one in IDS["soc2"]) == 33


def test_every_framework_asked_for_has_a_map() -> None:
    assert set(MAPS) == set(IDS)


@pytest.mark.parametrize("name", sorted(MAPS))
def test_ids_exist_in_their_version(name: str) -> None:
    assert {one.id for one in MAPS[name].controls} <= IDS[name]


@pytest.mark.parametrize("name", sorted(MAPS))
def test_rows_are_complete(name: str) -> None:
    for one in MAPS[name].controls:
        assert one.when, one.id
        assert one.evidence, one.id
        assert "breach" not in one.why.lower() or name in ("gdpr", "hipaa", "soc2"), one.id
        assert not {"compliant", "non-compliant", "certified", "passed"} & set(one.why.lower().split()), one.id


def test_oscal_ids_are_lower_case_with_dots() -> None:
    ids = {one.id: one.oscal_id for one in MAPS["nist-800-53"].controls}
    assert (ids["IA-5(7)"], ids["AU-9(3)"], ids["AC-6"]) == ("ia-5.7", "au-9.3", "ac-6")
    assert all(ids.values())


def test_every_condition_is_used() -> None:
    used = {code for one in MAPS.values() for control in one.controls for code in control.codes}
    used |= {one.requires for one in MAPS.values()}
    assert set(CODES) <= used
    checks = {code.split(":")[1] for code in used if ":" in code}
    assert checks == AGENT_MIGRATION


@pytest.mark.parametrize(("kind", "framework"), list(product(KINDS, MUST_TOUCH)))
def test_every_kind_touches_a_primary_control(kind: str, framework: str) -> None:
    (one,) = enrich(document(incident(kind=kind)))["incidents"]
    assert any(name.startswith(f"{framework}/") for name in one["controls"])


@pytest.mark.parametrize("kind", KINDS)
def test_at_most_three_primary_controls_per_framework(kind: str) -> None:
    worst = incident(
        kind=kind,
        parts={"user": ["neondb_owner"], "host": ["a.example.com", "b.example.com"]},
        origin={"cause": "command-literal"},
        exposure={"to_model": True, "to_tools": ["neon"]},
        spread=[spread(kind) for kind in ("command", "mcp-argument", "file", "commit")],
    )
    (one,) = enrich(document(worst, coverage={"sources": [source(mode="0644")]}), EVERYTHING)["incidents"]
    assert max(Counter(name.split("/")[0] for name in one["controls"]).values()) <= 3
    assert {name.split("/")[0] for name in one["controls"]} >= {
        *MUST_TOUCH,
        "pci-dss",
        "hipaa",
        "gdpr",
        "cis",
        "nist-csf",
    }


def test_cwe_532_comes_first_among_weaknesses() -> None:
    (one,) = enrich(document(incident()))["incidents"]
    assert one["controls"][0] == "cwe/CWE-532"


def status(doc_controls: object, framework: str, number: str, role: str) -> str:
    return next(
        one["status"]
        for one in doc_controls  # type: ignore[attr-defined]
        if (one["framework"], one["id"], one["role"]) == (framework, number, role)
    )


def test_a_clean_run_is_evidence_of_operation_and_never_more() -> None:
    controls = enrich(document())["controls"]
    assert status(controls, "nist-800-53", "AU-13", "operation") == "evidence"
    assert status(controls, "soc2", "CC6.1", "weakness") == "no-indicator-in-scope"
    assert {one["status"] for one in controls} == {"evidence", "no-indicator-in-scope"}


def test_nothing_examined_is_evidence_of_nothing() -> None:
    controls = enrich(document(coverage={"sources": []}))["controls"]
    assert {one["status"] for one in controls} == {"no-indicator-in-scope"}


def test_regulated_frameworks_speak_only_when_declared() -> None:
    silent = enrich(document(incident()))
    assert not {"pci-dss", "hipaa", "gdpr"} & {one["framework"] for one in silent["controls"]}
    assert {one["id"] for one in silent["frameworks"] if not one["in_scope"]} == {"pci-dss", "hipaa", "gdpr"}
    declared = enrich(document(incident()), Settings(regulated=frozenset({"personal-data"})))
    assert status(declared["controls"], "gdpr", "Art. 33(1)", "obligation") == "assessment-required"
    assert "hipaa" not in {one["framework"] for one in declared["controls"]}


def test_workflow_checks_are_controls() -> None:
    controls = enrich(document(checks=[check("lint-before-apply", "violated"), check("tests-run", "followed")]))[
        "controls"
    ]
    assert status(controls, "agent-migration", "lint-before-apply", "weakness") == "indicator-found"
    assert status(controls, "agent-migration", "tests-run", "weakness") == "no-indicator-in-scope"
    assert status(controls, "agent-migration", "tests-run", "operation") == "evidence"
    assert status(controls, "agent-migration", "dev-url-scope", "operation") == "no-indicator-in-scope"


@pytest.mark.parametrize("held", [{"suppressed": "s-1"}, {"rejected_by": "placeholder", "confidence": "low"}])
def test_suppressed_and_held_incidents_touch_nothing(held: dict[str, str]) -> None:
    enriched = enrich(document(incident(**held)))
    assert enriched["incidents"][0]["controls"] == []
    assert not any(one["incidents"] for one in enriched["controls"])


def test_matrix_names_every_touching_incident_and_its_conditions() -> None:
    one = incident(occurrences=[occurrence(session="s1", role="tool")])
    controls = enrich(document(one, sessions=[session()]))["controls"]
    row = next(control for control in controls if (control["framework"], control["id"]) == ("soc2", "CC6.7"))
    assert row["incidents"] == ["inc-abababababab"]
    assert row["conditions"] == ["SECRET_TO_MODEL"]


def test_frameworks_can_be_chosen() -> None:
    chosen = enrich(document(incident()), Settings(frameworks=frozenset({"soc2"})))
    assert {one["framework"] for one in chosen["controls"]} == {"soc2"}
    with pytest.raises(UsageProblem, match="no control map `soc3`"):
        enrich(document(), Settings(frameworks=frozenset({"soc3"})))


HEAD = """[framework]
id = "house"
title = "House rules"
version = "1"
id_pattern = 'H-\\d'
reviewed_on = 2026-11-23
source_note = "ours"
"""
ROW = """
[[control]]
id = "H-1"
title = "No secrets"
role = "weakness"
relation = "primary"
when = ["SECRET_AT_REST"]
why = "ours"
evidence = ["incidents"]
"""


def house(folder: Path, text: str) -> ControlMap:
    path = folder / "house.toml"
    path.write_text(text)
    return read(path)


def test_a_house_map_can_be_added(tmp_path: Path) -> None:
    house(tmp_path, HEAD + ROW)
    enriched = enrich(document(incident()), Settings(control_files=(tmp_path / "house.toml",)))
    assert "house/H-1" in enriched["incidents"][0]["controls"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (HEAD + ROW.replace("H-1", "X-1"), "not of this framework's form"),
        (HEAD + ROW.replace("SECRET_AT_REST", "SECRET_SOMEWHERE"), "unknown condition"),
        (HEAD + ROW.replace("SECRET_AT_REST", "SECRET_AT_REST+"), "no condition"),
        (HEAD + ROW.replace('"weakness"', '"finding"'), "`role` is none of"),
        (HEAD + ROW.replace('"primary"', '"main"'), "`relation` is none of"),
        (HEAD + ROW + ROW, "stands twice"),
        (HEAD + ROW.replace('why = "ours"', f'why = "{"x" * 201}"'), "longer than 200"),
        (HEAD + ROW + "wy = 1\n", "unknown key `wy`"),
        (HEAD.replace("2026-11-23", '"soon"') + ROW, "must be a date"),
        (HEAD.replace("id_pattern", "#") + ROW, "`id_pattern` is required"),
        ("not toml", "not TOML"),
    ],
)
def test_broken_maps_are_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UsageProblem, match=complaint):
        house(tmp_path, text)


def test_two_maps_of_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD + ROW)
    (tmp_path / "b.toml").write_text(HEAD + ROW)
    with pytest.raises(UsageProblem, match="two control maps"):
        load([tmp_path / "a.toml", tmp_path / "b.toml"])
