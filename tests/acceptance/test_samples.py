"""The sample folders as a whole: every planted credential once, with all its places; nothing in the controls."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.document import Document
from tests.acceptance.answers import Answers

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
FOLDERS = ("codex_home", "exec_json", "mcp_logs", "older")
EXPECTED: dict[str, Any] = json.loads((FIXTURES / "expected.json").read_text())
VALUES: dict[str, str] = json.loads((FIXTURES / "values.json").read_text())
KEY = b"samples fingerprint key of 32 by"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the samples."""
    folder = tmp_path_factory.mktemp("samples")
    for name in FOLDERS:
        shutil.copytree(FIXTURES / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def document(root: Path) -> Document:
    return audit(ScanRequest(paths=[str(root)], key=KEY))


@pytest.fixture(scope="module")
def differences(document: Document, root: Path) -> list[str]:
    return Answers(EXPECTED["credentials"], document, VALUES, KEY, str(root)).differences()


@pytest.mark.parametrize("label", [credential["label"] for credential in EXPECTED["credentials"]])
def test_credential_is_told_as_planted(label: str, differences: list[str]) -> None:
    assert [text for text in differences if text.startswith(f"{label}:")] == []


def test_nothing_else_is_reported(differences: list[str]) -> None:
    assert [text for text in differences if text.startswith("an incident nobody planted")] == []


@pytest.mark.parametrize("control", EXPECTED["controls"])
def test_controls_yield_nothing(control: str, root: Path) -> None:
    assert audit(ScanRequest(paths=[str(root / control)], key=KEY))["incidents"] == []


def test_everything_was_examined(document: Document) -> None:
    assert {source["status"] for source in document["coverage"]["sources"]} == {"examined"}
