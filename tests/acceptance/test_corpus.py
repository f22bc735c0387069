"""The whole corpus: every credential found once, with the origin, run, migration and spread of the labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from tests.acceptance.answers import Answers

CORPUS = Path(__file__).resolve().parents[2] / "fixtures/corpus"
LABELS: list[dict[str, Any]] = json.loads((CORPUS / "labels.json").read_text())
VALUES: dict[str, str] = json.loads((CORPUS / "values.json").read_text())
KEY = b"corpus fingerprint key of thirty"


@pytest.mark.parametrize("case", LABELS, ids=lambda case: str(case["case"]))
def test_audit_answers_as_labelled(case: dict[str, Any]) -> None:
    document = audit(ScanRequest(paths=[str(CORPUS / case["case"])], key=KEY))
    values = {label["label"]: VALUES[f"{case['case']}/{label['label']}"] for label in case["credentials"]}
    answers = Answers(case["credentials"], document, values, KEY, str(CORPUS))
    differences = [
        *answers.differences(),
        *answers.steps_differ(case["steps"]),
        *answers.versions_differ(case["versions"]),
    ]
    assert differences == []
