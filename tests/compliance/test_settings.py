"""The operator's declarations: read strictly, errors tell what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.compliance import Settings, read_settings
from auditor.compliance.settings import Declaration, Label
from auditor.errors import UsageProblem

FULL = """
[compliance]
regulated = ["personal-data"]
protected = ["main"]
frameworks = ["soc2", "cwe"]
detection_hours = 24
clocks = ["gdpr", "nis2"]
detected = 2026-11-23T10:00:00+02:00
as_of = 2026-11-23
control_maps = ["house.toml"]

[[compliance.labels]]
match = "ep-cool-*"
environment = "production"

[[compliance.declarations]]
credential = "inc-abababababab"
validity = "rotated"
at = 2026-11-23T12:00:00Z
by = "dba"
reference = "OPS-1"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "auditor.toml"
    path.write_text(text)
    return path


def test_everything_is_read(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, FULL), now="2026-11-23T13:00:00Z")
    assert settings == Settings(
        labels=(Label("ep-cool-*", "production"),),
        regulated=frozenset({"personal-data"}),
        protected=("main",),
        frameworks=frozenset({"soc2", "cwe"}),
        detection_hours=24,
        clocks=frozenset({"gdpr", "nis2"}),
        declarations=(Declaration("inc-abababababab", "rotated", "2026-11-23T12:00:00Z", "dba", "OPS-1"),),
        now="2026-11-23T13:00:00Z",
        detected="2026-11-23T08:00:00Z",
        as_of="2026-11-23T00:00:00Z",
        control_files=(tmp_path / "house.toml",),
    )


def test_an_empty_file_declares_nothing(tmp_path: Path) -> None:
    assert read_settings(written(tmp_path, "")) == Settings()


@pytest.mark.parametrize(
    ("text", "complaint", "hint"),
    [
        ("[compliance]\nregulatd = []", "unknown key `regulatd`", "did you mean `regulated`?"),
        ('[compliance]\nregulated = ["cards"]', "knows no `cards`", "card-data"),
        ('[compliance]\nregulated = "card-data"', "list of strings", ""),
        ("[compliance]\ndetection_hours = -1", "whole number", ""),
        ("[compliance]\ndetection_hours = true", "whole number", ""),
        ('[compliance]\nas_of = "soon"', "not a date", "2026-11-23"),
        ('[[compliance.labels]]\nmatch = "x"', "`environment` is required", ""),
        ('[[compliance.declarations]]\ncredential = "abc"\nvalidity = "revoked"', "12 digits", ""),
        (
            '[[compliance.declarations]]\ncredential = "inc-abababababab"\nvalidity = "gone"',
            "knows no `gone`",
            "revoked",
        ),
        ("[compliance", "not TOML", ""),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, complaint: str, hint: str) -> None:
    with pytest.raises(UsageProblem, match=complaint) as caught:
        read_settings(written(tmp_path, text))
    assert hint in caught.value.hint


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem):
        read_settings(tmp_path / "none.toml")


def test_labels_are_tried_in_order_whatever_the_case() -> None:
    settings = Settings(labels=(Label("EP-test-*", "test"), Label("*", "production")))
    assert settings.environment_of(["ep-TEST-1"]) == "test"
    assert settings.environment_of(["main"]) == "production"
    assert settings.environment_of([""]) == ""
