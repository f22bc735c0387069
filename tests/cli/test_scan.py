"""`auditor scan` on the command line: what would read like a clean result and is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.cli.app import invoke


def test_a_period_in_which_nothing_lies_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "build.log").write_text("a clean line\n")
    arguments = ["scan", "--since", "2026-11-02", "--until", "2026-11-01", str(tmp_path)]
    assert invoke(arguments) == 2
    assert "--since is later" in capsys.readouterr().err
