from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import junitparser
import pytest

from auditor.report import junit
from tests.report import documents, sample, schemas


@documents.EVERY
def test_valid_and_read_by_junitparser(build: Any) -> None:
    rendered = junit.render(build())
    schemas.junit().validate(rendered.decode())
    read = junitparser.JUnitXml.fromstring(rendered)
    for suite in read:
        assert suite.tests == len(list(suite))
        assert suite.failures == sum(isinstance(r, junitparser.Failure) for case in suite for r in case.result)


def test_a_clean_run_shows_what_was_looked_for() -> None:
    document = sample.clean()
    document["rules"] = [{"id": name} for name in ("neon-url", "jwt")]  # type: ignore[typeddict-item]
    cases = [case.get("name") for case in ET.fromstring(junit.render(document)).iter("testcase")]
    assert cases.count("jwt") == cases.count("neon-url") == 3


def test_results() -> None:
    read = junitparser.JUnitXml.fromstring(junit.render(sample.leaking()))
    results = {(type(r).__name__, r.type) for suite in read for case in suite for r in case.result}
    assert {("Failure", "critical"), ("Failure", "high"), ("Skipped", "accepted"), ("Error", "permission")} <= results
    assert ("Failure", "lint-before-apply") in results


def test_too_many_cases_are_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "CASES", 3)
    names = [case.get("name") for case in ET.fromstring(junit.render(sample.clean())).iter("testcase")]
    assert "all rules" in names
