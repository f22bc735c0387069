"""The kept prefilter: used as it is, and not at all where anything about it is unclear."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.codex import gate
from auditor.detect.engine import Engine
from auditor.detect.rules import load
from tests.codex.payloads import URL

CLEAN = b"INFO  [alembic.runtime.migration] Running upgrade 1 -> 2\n"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    gate._database.cache_clear()
    gate._origin.cache_clear()
    gate.remember(Engine(load()))
    return tmp_path / "auditor" / "gate.bin"


def test_it_tells_clean_from_suspicious(kept: Path) -> None:
    assert gate.clean(CLEAN)
    assert not gate.clean(CLEAN + URL.encode())
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", ["absent", "cut", "flipped", "other"])
def test_what_is_unclear_is_not_clean(kept: Path, damage: str) -> None:
    content = kept.read_bytes()
    middle = len(content) // 2
    changed = {
        "absent": b"",
        "cut": content[:-9],
        "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "other": content.replace(b".toml", b".tomk", 1),
    }[damage]
    kept.write_bytes(changed)
    assert not gate.clean(CLEAN)


def test_another_rule_makes_it_anew(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept.read_bytes()
    monkeypatch.setattr(gate, "_origin", lambda: b"other rules\n")
    assert not gate.clean(CLEAN)
    gate.remember(Engine(load()))
    assert kept.read_bytes() != before
    gate._database.cache_clear()
    assert gate.clean(CLEAN)
