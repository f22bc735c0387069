"""What every source of bytes offers, and the accounting they share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from auditor.intake.chunk import Chunk
from auditor.intake.damage import Damage
from auditor.model import Gap, SourceReport


class Source(Protocol):
    """Bytes to examine. `chunks` may be called again where `replayable`; each call starts over, also the accounting."""

    path: str
    """As shown in the report: always valid Unicode, undecodable bytes as `\\xNN`."""

    @property
    def kind(self) -> str:
        """`file`, `sqlite`, `stdin`, `git-blob`; of a file known once `chunks` has begun."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Taken off before the text, from the outside in: `zstd`, `gzip`, `zlib`, `utf-16` …"""

    @property
    def replayable(self) -> bool:
        """A second pass is possible."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not examined, so far."""

    def chunks(self) -> Iterator[Chunk]:
        """Yield everything there is to examine; memory is bounded, problems become gaps, nothing is raised."""

    def reports(self, dialect: str = "") -> tuple[SourceReport, ...]:
        """Account for what was read (after `chunks` is exhausted): the source itself, then its companions (a WAL)."""


class Ledger:
    """Gaps and records of one pass."""

    __slots__ = ("_path", "gaps", "records")

    def __init__(self, path: str) -> None:
        self._path = path
        self.gaps: list[Gap] = []
        self.records = 0

    def gap(self, damage: Damage) -> None:
        """Note a gap once."""
        found = Gap(self._path, damage.reason, damage.detail)
        if found not in self.gaps:
            self.gaps.append(found)


def shown(path: str) -> str:
    """Return a path as it is shown: what is not UTF-8 in a name becomes `\\xNN`, so that it can stand in JSON."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
