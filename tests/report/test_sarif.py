from __future__ import annotations

import copy
import json
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.document import Document
from auditor.report import sarif
from auditor.report.sarif_places import uri
from tests.report import documents, hostile, leaks, sample, schemas


def log(document: Document) -> Any:
    return orjson.loads(sarif.render(document))


@documents.EVERY
def test_valid(build: Callable[[], Document]) -> None:
    rendered = sarif.render(build())
    assert not hostile.UNSAFE.search(rendered.decode())
    whole = orjson.loads(rendered)
    results = whole["runs"][0]["results"]
    whole["runs"][0]["results"] = results[:60] + results[-60:]  # the validator takes 15 ms a result
    assert schemas.faults("sarif-schema-2.1.0", whole) == []


@documents.EVERY
def test_what_the_prose_of_the_standard_demands(build: Callable[[], Document]) -> None:
    run = log(build())["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    taxa = {(one["name"], taxon["id"]) for one in run["taxonomies"] for taxon in one["taxa"]}
    assert run["columnKind"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
        assert len(rule["properties"]["tags"]) <= 10
        assert all(("CWE", one["target"]["id"]) in taxa for one in rule["relationships"])
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert len(result["locations"]) == 1
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert "byteOffset" not in region
        assert len(result["relatedLocations"]) <= 99
        assert {(taxon["toolComponent"]["name"], taxon["id"]) for taxon in result["taxa"]} <= taxa
        assert result["taxa"][0]["id"] == "CWE-532"
        for place in [*result["locations"], *result["relatedLocations"]]:
            index = place["physicalLocation"]["artifactLocation"].get("index")
            assert index is None or index < len(run["artifacts"])


def test_leak_path_is_a_code_flow() -> None:
    result = log(sample.leaking())["runs"][0]["results"][0]
    (flow,) = result["codeFlows"]
    assert [len(thread["locations"]) for thread in flow["threadFlows"]] == [5, 1]
    first, second = flow["threadFlows"][0]["locations"][:2]
    assert first["importance"] == "essential"
    assert first["kinds"] == ["source", "return"]
    assert "sink" in second["kinds"]
    assert second["state"]["branch"]["text"] == "br-shy-moon-123"
    orders = [one["executionOrder"] for thread in flow["threadFlows"] for one in thread["locations"]]
    assert orders == sorted(orders)
    assert first["executionTimeUtc"] == "2026-11-20T14:03:22.120Z"


def test_severity_of_an_incident_is_a_variant_of_its_rule() -> None:
    document = sample.leaking()
    base = {"pack": "p", "title": "T", "kind": "jwt", "description": "d", "confidence": "high", "static": True}
    more = {"privileged": False, "cwe": [798], "playbook": ""}
    document["rules"] = [{"id": "neon-url", "severity": "medium", **base, **more}]  # type: ignore[typeddict-item]
    run = log(document)["runs"][0]
    assert run["results"][0]["ruleId"] == "neon-url/critical"
    scores = {rule["id"]: rule["properties"]["security-severity"] for rule in run["tool"]["driver"]["rules"]}
    assert scores["neon-url"] == "5.5"
    assert scores["neon-url/critical"] == "9.5"


def test_suppression_gaps_and_fix() -> None:
    run = log(sample.leaking())["runs"][0]
    assert run["results"][-1]["suppressions"][0]["justification"] == "throw-away container in CI"
    told = run["invocations"][0]["toolExecutionNotifications"]
    assert [one["descriptor"]["id"] for one in told] == ["truncated-tail", "permission", "missing-session"]
    (change,) = run["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"]
    assert len(change["insertedContent"]["text"]) == change["deletedRegion"]["byteLength"]


@pytest.mark.parametrize("masked", [True, False])
def test_redaction_tokens_exactly_when_an_argument_was_masked(masked: bool) -> None:
    document = sample.leaking()
    document["run"]["arguments"] = ["scan", leaks.URL if masked else "x"]
    run = log(document)["runs"][0]
    assert ("redactionTokens" in run) == masked
    assert "[REDACTED:" not in str(run["invocations"][0]["arguments"])


def test_identity_survives_new_lines_in_the_file() -> None:
    document = sample.leaking()
    moved = copy.deepcopy(document)
    for one in moved["incidents"]:
        for spot in one["occurrences"]:
            spot["place"]["line"] += 7
    first, second = (log(one)["runs"][0]["results"] for one in (document, moved))
    assert [one["partialFingerprints"] for one in first] == [one["partialFingerprints"] for one in second]


def test_too_much_is_cut_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "RESULTS", (2,))
    run = log(sample.leaking())["runs"][0]
    assert len(run["results"]) == 2
    assert "2 incidents left out" in run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]


def test_an_upload_github_would_refuse_is_cut_by_severity(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sarif.render(sample.leaking())
    monkeypatch.setattr(sarif, "SIZE", len(zlib.compress(whole)) - 1)
    monkeypatch.setattr(sarif, "RESULTS", (25_000, 3, 1))
    run = log(sample.leaking())["runs"][0]
    assert [one["level"] for one in run["results"]] == ["error", "error", "warning"]
    assert "1 incident left out" in run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("a b/c.jsonl", "a%20b/c.jsonl"),
        ("/abs/x", "file:///abs/x"),
        ("~/.codex/x", "~/.codex/x"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("C:\\x", "C%3A/x"),
        ("\ud800", "%3F"),
        ("", "-"),
    ],
)
def test_uris(path: str, shown: str) -> None:
    assert uri(path) == shown


@pytest.mark.parametrize("name", ["leaking", "clean", "nothing", "hostile-8"])
def test_multitool_reads_it(name: str, npm: Callable[[str], Path], tmp_path: Path) -> None:
    home = npm("sarif")
    path = tmp_path / "report.sarif"
    path.write_bytes(sarif.render(documents.BUILDERS[name]()))
    tool = home / "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    tool.chmod(0o755)
    environment = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    result = subprocess.run(
        [tool, "validate", path, "--output", tmp_path / "out.sarif", "--rule-kind", "Sarif;Ghas",
         "--log", "ForceOverwrite"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    out = json.loads((tmp_path / "out.sarif").read_text(encoding="utf-8-sig"))
    told = {one["ruleId"] for one in out["runs"][0].get("results", [])}
    assert result.returncode == 0, result.stderr
    # SARIF2005: no informationUri, since the project has no home page yet
    assert told <= {"SARIF2005"}, result.stdout


def test_sarif_tools_reads_it(tmp_path: Path, python_home: Callable[[str], Path]) -> None:
    home = python_home("readers")
    path = tmp_path / "report.sarif"
    path.write_bytes(sarif.render(sample.leaking()))
    done = subprocess.run([home / "bin/sarif", "summary", path], capture_output=True, text=True, check=True)
    assert "error: 2" in done.stdout
    assert "warning: 1" in done.stdout
