"""What the documentation shows is read by the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auditor.compliance import read_settings
from auditor.compliance.conditions import CODES
from auditor.compliance.frameworks import load, read
from auditor.evidence.suppressions import read as read_suppressions

DOCS = Path(__file__).parents[2] / "docs"


def blocks(name: str) -> list[str]:
    return re.findall(r"```toml\n(.*?)```", (DOCS / name).read_text("utf-8"), re.S)


def written(folder: Path, text: str) -> Path:
    path = folder / "sample.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_declarations_shown_are_valid(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, blocks("compliance.md")[0]))
    assert settings.labels[0].environment == "production"
    assert settings.declarations[0].validity == "rotated"


def test_the_control_map_shown_is_valid(tmp_path: Path) -> None:
    assert read(written(tmp_path, blocks("compliance.md")[1])).controls[0].id == "H-1"


def test_the_suppression_shown_is_valid(tmp_path: Path) -> None:
    text = blocks("evidence.md")[0].replace('# or fingerprint = "…", at least 12 digits', "")
    assert read_suppressions(written(tmp_path, text))[0].ticket == "OPS-1"


def test_every_framework_and_option_is_named() -> None:
    text = (DOCS / "compliance.md").read_text("utf-8") + (DOCS / "evidence.md").read_text("utf-8")
    for one in load():
        assert f"`{one.id}`" in text
    for option in ("--compliance", "--suppressions", "--baseline", "--redaction-manifest", "--trust-project-config", "--sign",
                   "--originals", "--inputs", "--key"):  # fmt: skip
        assert option in text


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_condition_says_what_it_means(code: str) -> None:
    assert len(CODES[code]) > 10
