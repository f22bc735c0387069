"""`auditor ledger`: what hooks saw, and saying what became of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.cli import run
from auditor.codex import place, spool
from auditor.codex.ledger import Ledger

ONE, TWO = "3fa9c2" + "0" * 58, "3fa9d7" + "0" * 58


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "auditor"


@pytest.fixture
def seen() -> None:
    with Ledger() as book, book.change():
        book.see([(ONE, "postgres-url"), (TWO, "jwt")], 1795446942.0)


def test_an_empty_ledger_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ledger", "list"]) == 0
    assert "0 incidents, 0 failed hooks, 0 sessions waiting" in capsys.readouterr().out


@pytest.mark.usefixtures("seen")
def test_open_ones_are_findings_until_they_are_dealt_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ledger", "list"]) == 1
    assert "3fa9c2000000  postgres-url" in capsys.readouterr().out
    assert run(["ledger", "resolve", "3FA9C2"]) == 0
    assert run(["ledger", "accept", "3fa9d7", "--reason", "test database"]) == 0
    capsys.readouterr()
    assert run(["ledger", "list"]) == 0
    assert run(["ledger", "list", "--all", "--json"]) == 0
    said = capsys.readouterr().out
    found = json.loads(said[said.index("{") :])
    assert [(one["status"], one["note"]) for one in found["incidents"]] == [
        ("rotated", ""),
        ("accepted", "test database"),
    ]


@pytest.mark.usefixtures("seen")
@pytest.mark.parametrize(
    "words",
    [
        ["resolve", "3fa9"], ["resolve", "beef"], ["resolve", "3"], ["resolve"], ["resolve", "3fa9c2", "--failures"],
        ["accept", "", "--reason", "x"], ["accept", "3fa9c2"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_names_no_single_incident_changes_nothing(words: list[str]) -> None:
    assert run(["ledger", *words]) == 2
    with Ledger() as book:
        assert len(book.incidents("open")) == 2


def test_failed_hooks_are_listed_until_somebody_looked(capsys: pytest.CaptureFixture[str]) -> None:
    spool.leave(place.spool(), "gap", {"event": "Stop", "problem": "OSError", "where": "x.py:1"})
    assert run(["ledger", "list"]) == 1
    assert "failed: Stop: OSError" in capsys.readouterr().out
    assert run(["ledger", "resolve", "--failures"]) == 0
    assert run(["ledger", "list"]) == 0


def test_a_ledger_that_cannot_be_used_is_an_error(state: Path) -> None:
    (state / "ledger.sqlite").mkdir(parents=True)
    assert run(["ledger", "list"]) not in (0, 1)
