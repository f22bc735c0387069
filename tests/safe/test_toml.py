"""TOML files read through the cache say the same as those read without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.safe import toml

TEXT = b"""
day = 2026-11-23
time = 2026-11-23T10:00:00Z
[part]
number = 7
"""


def test_dates_are_text_also_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = toml.parsed("sample", TEXT)
    assert first == {"day": "2026-11-23", "time": "2026-11-23T10:00:00+00:00", "part": {"number": 7}}
    assert [path.name for path in tmp_path.rglob("toml-sample*")]
    monkeypatch.setattr("tomllib.loads", None)
    assert toml.parsed("sample", TEXT) == first


@pytest.mark.parametrize(
    ("data", "why"), [(b"= nonsense", "Invalid"), (b"\xff", "utf-8"), (b"number = 99999999999999999999", "64")]
)
def test_what_cannot_be_kept_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        toml.parsed("sample", data)
