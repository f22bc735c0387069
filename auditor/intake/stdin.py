"""Standard input as a source. It can be read once; up to a limit it is kept in memory for a second pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from auditor.intake.chunk import Chunk
from auditor.intake.digest import Digest
from auditor.intake.settings import DEFAULTS, Settings
from auditor.intake.source import Ledger
from auditor.intake.stored import Stored
from auditor.intake.text import Text
from auditor.model import Gap, SourceReport

STDIN = "-"


class StdinSource:
    """What comes in on a descriptor; never spooled to disk, since it may hold credentials."""

    kind = "stdin"

    def __init__(self, descriptor: int = 0, *, settings: Settings = DEFAULTS) -> None:
        self.path = STDIN
        self.layers: tuple[str, ...] = ()
        self._descriptor = descriptor
        self._settings = settings
        self._kept: list[Chunk] | None = None
        self._done = False
        self._ledger = Ledger(self.path)
        self._digest = Digest(settings.digest)

    @property
    def replayable(self) -> bool:
        """See `Source`: true while everything read so far is still kept."""
        return not self._done or self._kept is not None

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """See `Source`."""
        return tuple(self._ledger.gaps)

    def chunks(self) -> Iterator[Chunk]:
        """See `Source`."""
        if self._done:
            yield from self._kept or ()
            return
        self._done, self._kept, size = True, [], 0
        text = Text(Stored(self._descriptor, self._digest, None), self.path, self._settings, self._ledger)
        for chunk in text.chunks():
            self.layers = text.layers
            size += len(chunk.data) - chunk.overlap
            if size > self._settings.replay_bytes:
                self._kept = None
            if self._kept is not None:
                self._kept.append(chunk)
            yield chunk

    def reports(self, dialect: str = "") -> tuple[SourceReport, ...]:
        """See `Source`."""
        status: Literal["partial", "examined"] = "partial" if self.gaps else "examined"
        digest = self._digest
        return (SourceReport(self.path, dialect or self.kind, digest.size, self._ledger.records, str(digest), status),)
