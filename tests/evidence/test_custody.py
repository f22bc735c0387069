"""Custody: names what made the report, and no host, path or value."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import orjson
import pytest

from auditor.cli.app import invoke
from auditor.evidence.custody import PACKAGES, custody

KEY = b"\0" * 32


def test_host_is_a_keyed_hash() -> None:
    one = custody(KEY)
    assert one == custody(KEY)
    assert one["host"] != custody(b"\1" * 32)["host"]
    assert platform.node() not in orjson.dumps(one).decode() or not platform.node()
    assert one["packages"] == {name: version(name) for name in PACKAGES}


def test_named_files_are_kept_by_digest(tmp_path: Path) -> None:
    path = tmp_path / "private-name.toml"
    path.write_text("")
    made = custody(KEY, {"compliance": path, "baseline": tmp_path / "none"})
    assert made["configuration"]["compliance"].startswith("sha256:e3b0c442")
    assert made["configuration"]["baseline"] == ""
    assert "private-name" not in orjson.dumps(made).decode()


def test_a_scan_has_it_in_run_and_not_in_the_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_text("{}\n")
    (tmp_path / "c.toml").write_text("")
    invoke(["scan", "logs", "-q", "-f", "json=a.json"])
    invoke(["scan", "logs", "-q", "-f", "json=b.json", "--compliance", "c.toml"])
    one, other = (orjson.loads((tmp_path / name).read_bytes()) for name in ("a.json", "b.json"))
    assert (one["run"]["custody"]["configuration"], "compliance" in other["run"]["custody"]["configuration"]) == (
        {},
        True,
    )
    assert one["content_digest"] == other["content_digest"]
