"""Which transcripts can hold events of a period, told without opening them.

Only rollouts are left out: their name says when the session began (local time, so a day is allowed either way), their
modification time when it was last written. Everything else is read whatever its dates: a token in a configuration has
no date. (openai/codex: rollout/src/recorder.rs)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auditor import lazy
from auditor.intake.file import FileSource
from auditor.intake.source import Source
from auditor.model import SourceReport

_ROLLOUT = lazy.compile(r"(?:^|/)rollout-(\d{4}-\d{2}-\d{2})(?:T(\d{2})-(\d{2})-(\d{2}))?-[^/]*\.jsonl?(?:\.zst)?$")
_ZONES = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` to `until`, both aware and inclusive; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def excludes(self, source: Source) -> bool:
        """Tell whether a source is a transcript that lies outside of the period as a whole."""
        if not isinstance(source, FileSource) or not (match := _ROLLOUT.search(source.name)):
            return False
        began, ended = _began(match), _ended(source.name)
        too_late = self.until and began and began - _ZONES > self.until
        too_early = self.since and ended and ended < self.since
        return bool(too_late or too_early)


def skipped(source: Source) -> SourceReport:
    """Return the account of a source that the user's own choice leaves out."""
    return SourceReport(source.path, "unread", 0, 0, "", "skipped")


def _began(match: re.Match[str]) -> datetime | None:
    day, *clock = match.groups()
    try:
        return datetime.fromisoformat(f"{day}T{':'.join(part or '00' for part in clock)}").replace(tzinfo=UTC)
    except ValueError:
        return None


def _ended(name: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(Path(name).stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return None
