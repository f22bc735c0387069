from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.document import Document
from auditor.report import oscal
from tests.report import documents, hostile, sample, schemas


def results(document: Document) -> Any:
    return orjson.loads(oscal.render(document))["assessment-results"]


def _uuids(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["uuid"]] if "uuid" in value else []
        return own + [found for item in value.values() for found in _uuids(item)]
    return [found for item in value for found in _uuids(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("build", [b for n, b in documents.BUILDERS.items() if n != "many"])
def test_valid_and_identifiers_are_unique(build: Callable[[], Document]) -> None:
    rendered = oscal.render(build())
    assert not hostile.UNSAFE.search(rendered.decode())
    assert schemas.faults("oscal_assessment-results_schema", orjson.loads(rendered)) == []
    found = _uuids(orjson.loads(rendered))
    assert len(found) == len(set(found))


def test_roles() -> None:
    (result,) = results(sample.leaking())["results"]
    assert {one["target"]["status"]["state"] for one in result["findings"]} == {"not-satisfied"}
    assert "ia-5.7_obj" in {one["target"]["target-id"] for one in result["findings"]}
    assert {method for one in result["observations"] for method in one["methods"]} == {"EXAMINE", "TEST"}
    assert any(one["title"].startswith("Assessment required: gdpr") for one in result["risks"])
    assert b'"satisfied"' not in oscal.render(sample.leaking())


def test_clean_has_observations_and_no_finding() -> None:
    (result,) = results(sample.clean())["results"]
    assert "findings" not in result
    assert "risks" not in result
    assert result["observations"]


def test_references_lead_somewhere() -> None:
    (result,) = results(sample.leaking())["results"]
    observed, risks = ({one["uuid"] for one in result[name]} for name in ("observations", "risks"))
    for finding in result["findings"]:
        assert {one["observation-uuid"] for one in finding["related-observations"]} <= observed
        assert {one["risk-uuid"] for one in finding["related-risks"]} <= risks


@pytest.mark.parametrize(
    ("framework", "number", "name"),
    [
        ("nist-800-53", "IA-5(7)", "ia-5.7"),
        ("nist-800-53", "AU-13", "au-13"),
        ("soc2", "CC6.1", "soc2_cc6.1"),
        ("hipaa", "164.308(a)(1)(ii)(A)", "hipaa_164.308-a-.1-ii-a"),
        ("gdpr", "Art. 33(1)", "gdpr_art.-33.1"),
    ],
)
def test_control_ids(framework: str, number: str, name: str) -> None:
    assert oscal.control_id({"framework": framework, "id": number}) == name


@pytest.mark.parametrize("name", ["leaking", "clean", "nothing"])
def test_trestle_reads_it(name: str, python_home: Callable[[str], Path], tmp_path: Path) -> None:
    home = python_home("readers")
    path = tmp_path / "report.json"
    path.write_bytes(oscal.render(documents.BUILDERS[name]()))
    program = (
        "import sys, pathlib; from trestle.oscal.assessment_results import AssessmentResults as Results;"
        "read = Results.oscal_read(pathlib.Path(sys.argv[1]));"
        "print(len(read.results[0].observations or []), len(read.results[0].findings or []))"
    )
    done = subprocess.run(
        [home / "bin/python", "-c", program, path], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == {"leaking": ["7", "6"], "clean": ["2", "0"], "nothing": ["1", "0"]}[name]
