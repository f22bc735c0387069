"""Which transcripts a period leaves out."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.intake import FileSource, StdinSource
from auditor.intake.period import Period, skipped

UUID = "0198a1b2-c3d4-7e5f-8a9b-000000000001"
WRITTEN = datetime(2026, 8, 12, tzinfo=UTC)


def day(number: int) -> datetime:
    return datetime(2026, 8, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "period", "excluded"),
    [
        (f"rollout-2026-08-11T14-03-22-{UUID}.jsonl", Period(), False),
        (f"rollout-2026-08-11T14-03-22-{UUID}.jsonl", Period(since=day(12)), False),
        (f"rollout-2026-08-11T14-03-22-{UUID}.jsonl", Period(since=day(13)), True),
        (f"rollout-2026-08-11T14-03-22-{UUID}.jsonl", Period(until=day(11)), False),  # local time may be a day off
        (f"rollout-2026-08-11T14-03-22-{UUID}.jsonl", Period(until=day(10)), True),
        (f"rollout-2026-08-11T14-03-22-{UUID}_{UUID}.jsonl.zst", Period(until=day(9)), True),
        (f"rollout-2025-07-01-{UUID}.json", Period(until=datetime(2025, 6, 1, tzinfo=UTC)), True),
        (f"rollout-2025-07-01-{UUID}.json", Period(until=day(1)), False),
        (f"rollout-2026-99-99-{UUID}.jsonl", Period(until=day(1)), False),
        ("history.jsonl", Period(since=day(20)), False),
        ("config.toml", Period(since=day(20)), False),
    ],
)
def test_period(tmp_path: Path, name: str, period: Period, excluded: bool) -> None:
    path = tmp_path / name
    path.touch()
    os.utime(path, (WRITTEN.timestamp(), WRITTEN.timestamp()))
    source = FileSource(str(path))
    assert period.excludes(source) is excluded
    assert skipped(source).status == "skipped"


def test_other_sources_are_never_left_out() -> None:
    assert not Period(since=day(20), until=day(21)).excludes(StdinSource())
    assert not Period(since=day(20)).excludes(FileSource(f"/none/rollout-2026-08-11T14-03-22-{UUID}.jsonl"))
