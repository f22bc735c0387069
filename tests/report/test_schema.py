from __future__ import annotations

from typing import Any

import jsonschema
import orjson
import pytest
from click.testing import CliRunner

from auditor.cli.app import group
from auditor.errors import UsageProblem, VerificationFailed
from auditor.report import canonical, json, jsonl
from auditor.report.schema import schema
from tests.report import sample

DOCUMENTS = pytest.mark.parametrize("build", [sample.leaking, sample.clean, sample.nothing])


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@DOCUMENTS
def test_documents_agree_with_it(build: Any) -> None:
    document = orjson.loads(json.render(build()))
    assert not list(jsonschema.Draft202012Validator(schema()).iter_errors(document))
    assert canonical.fault_in(document) == ""
    assert canonical.checked(document, "x") == document


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("incidents", 0, "severity"), "awful", "/incidents/0/severity is none of its known values"),
        (("incidents", 0, "occurrences", 0, "place", "line"), "7", "/incidents/0/occurrences/0/place/line is not"),
        (("summary",), [], "/summary is not of type object"),
        (("summary", "incidents"), True, "/summary/incidents is not of type integer"),
        (("steps", 0, "exit_code"), None, ""),
        (("summary", "by_kind", "jwt"), "x", "/summary/by_kind/["),
    ],
)
def test_our_own_checker_and_a_real_validator_agree(path: tuple[Any, ...], value: Any, fault: str) -> None:
    document: Any = orjson.loads(json.render(sample.leaking()))
    at = document
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    assert canonical.fault_in(document).startswith(fault)
    assert bool(canonical.fault_in(document)) == (not jsonschema.Draft202012Validator(schema()).is_valid(document))


def test_missing_member_is_named() -> None:
    document: Any = orjson.loads(json.render(sample.clean()))
    del document["summary"]["bytes"]
    assert canonical.fault_in(document) == "/summary/bytes is missing"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d.update(schema_version="2.0"), UsageProblem),
        (lambda d: d.pop("schema_version"), UsageProblem),
        (lambda d: d.pop("incidents"), UsageProblem),
        (lambda d: d.update(title="another"), VerificationFailed),
        (lambda d: d["incidents"].pop(), VerificationFailed),
    ],
)
def test_foreign_and_changed_documents_are_refused(change: Any, problem: type[Exception], tmp_path: Any) -> None:
    document = orjson.loads(json.render(sample.leaking()))
    change(document)
    path = tmp_path / "d.json"
    path.write_bytes(orjson.dumps(document))
    with pytest.raises(problem):
        canonical.read(path)


def test_run_is_not_part_of_the_digest() -> None:
    document = sample.leaking()
    changed = {**document, "run": {"generated": "", "arguments": []}}
    assert canonical.content_digest(changed) == document["content_digest"]  # type: ignore[arg-type]


def test_jsonl_lines_tell_their_type_and_end_with_the_summary() -> None:
    lines = [orjson.loads(line) for line in jsonl.render(sample.leaking()).splitlines()]
    assert lines[0]["type"] == "report"
    assert lines[-1]["type"] == "summary"
    assert sum(line["type"] == "incident" for line in lines) == 4
    assert {line["type"] for line in lines} >= {"source", "gap", "session", "step", "check", "control", "suppression"}


def test_verb_prints_it() -> None:
    result = CliRunner().invoke(group, ["schema"])
    assert result.exit_code == 0
    assert orjson.loads(result.stdout_bytes) == schema()
