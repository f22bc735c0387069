"""`--sums`: the reports can be checked without auditor."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from auditor.cli.app import invoke
from auditor.evidence.sums import listing


def test_sha256sum_reads_it(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("nothing to see\n")
    out = tmp_path / "out"
    out.mkdir()
    targets = [f"json={out / 'a.json'}", f"html={out / 'b c.html'}"]
    options = [part for one in targets for part in ("-f", one)]
    assert invoke(["scan", "-q", str(log), *options, "--sums", str(out / "SHA256SUMS")]) == 0
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=out, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout.count("OK")) == (0, 2)
    (out / "a.json").write_bytes((out / "a.json").read_bytes() + b" ")
    assert subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=out, capture_output=True, check=False).returncode == 1


def test_strange_names_are_escaped(tmp_path: Path) -> None:
    file = tmp_path / "a\nb\\c.json"
    file.write_text("{}")
    (tmp_path / "SUMS").write_bytes(listing([str(file)], tmp_path))
    assert subprocess.run(["sha256sum", "-c", "SUMS"], cwd=tmp_path, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "options", [["--sums", "S"], ["--sums", "a.json", "-f", "json=a.json"], ["--sums", "S", "-f", "json=-"]]
)
def test_sums_of_nothing_is_a_usage_error(options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke(["scan", "-q", ".", *options]) == 2
