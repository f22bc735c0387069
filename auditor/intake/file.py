"""A file as a source: text, compressed text or a database, told by its first bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from auditor.intake.chunk import Chunk
from auditor.intake.damage import Damage
from auditor.intake.digest import Digest
from auditor.intake.opening import Opened, opened
from auditor.intake.settings import DEFAULTS, Settings
from auditor.intake.source import Ledger, shown
from auditor.intake.sqlite_magic import DATABASE
from auditor.intake.stored import Stored
from auditor.intake.text import Text
from auditor.model import Gap, SourceReport

STREAMS = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
"""Where a shell puts a pipe that was given as a file name. Any other pipe or device could block or never end."""
Status = Literal["examined", "partial", "failed"]


class FileSource:
    """A named file. It is opened when `chunks` begins, so that a list of many costs nothing and can cross processes."""

    replayable = True

    def __init__(self, name: str, *, explicit: bool = False, settings: Settings = DEFAULTS) -> None:
        """Name a file.

        Args:
            name: path, undecodable bytes as surrogates.
            explicit: the user named it: a link is followed, a pipe of `/dev/fd` is read.
            settings: limits and digest.
        """
        self.name = name
        self.path = shown(name)
        self.layers: tuple[str, ...] = ()
        self.kind = "file"
        self._explicit = explicit
        self._settings = settings
        self._start()

    def __repr__(self) -> str:
        return f"FileSource({self.path!r})"

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """See `Source`."""
        return tuple(self._ledger.gaps)

    def chunks(self) -> Iterator[Chunk]:
        """See `Source`."""
        self._start()
        stream = self._explicit and self.name.startswith(STREAMS)
        try:
            with opened(self.name, follow=self._explicit, stream=stream) as file:
                self._mode = f"{stat.S_IMODE(file.status.st_mode):04o}"
                self._read_any = True
                yield from self._examine(file)
        except Damage as damage:
            self._ledger.gap(damage)

    def reports(self, dialect: str = "") -> tuple[SourceReport, ...]:
        """See `Source`."""
        status: Status = "examined" if not self.gaps else "partial" if self._read_any else "failed"
        report = SourceReport(
            self.path,
            dialect or self.kind,
            self._digest.size,
            self._ledger.records,
            str(self._digest) if self._read_any else "",
            status,
            self._mode,
            self._size,
        )
        return (report, *self._companions)

    def _start(self) -> None:
        self._ledger = Ledger(self.path)
        self._digest = Digest(self._settings.digest)
        self._mode = ""
        self._size = 0
        self._read_any = False
        self._companions: list[SourceReport] = []

    def _examine(self, file: Opened) -> Iterator[Chunk]:
        size = file.status.st_size if stat.S_ISREG(file.status.st_mode) else 0
        self._size = size
        stored = Stored(file.descriptor, self._digest, size or None)
        if size and stored.head().startswith(DATABASE):
            yield from self._database(stored, size)
            return
        text = Text(stored, self.name, self._settings, self._ledger)
        for chunk in text.chunks():
            self.layers = text.layers
            yield chunk
        self.layers = text.layers
        self._check(file)

    def _database(self, stored: Stored, size: int) -> Iterator[Chunk]:
        from auditor.intake.sqlite import Database  # hooks that read one transcript never need it

        self.kind = "sqlite"
        wal = Path(self.name + "-wal")
        database = Database(
            self.name, size + (wal.stat().st_size if wal.is_file() else 0), self._settings, self._ledger
        )
        yield from database.chunks(stored)
        self._companions = database.companions

    def _check(self, file: Opened) -> None:
        """Compare with what was opened: growth is an append and fine, anything else was a rewrite under our eyes."""
        if not stat.S_ISREG(file.status.st_mode):
            return
        before, after = file.status, os.fstat(file.descriptor)
        if after.st_size < before.st_size:
            raise Damage("changed-during-scan", "it became shorter")
        if after.st_size == before.st_size and after.st_mtime_ns != before.st_mtime_ns:
            raise Damage("changed-during-scan", "it was rewritten")
        try:
            named = os.stat(self.name, follow_symlinks=self._explicit)  # noqa: PTH116 (three times faster)
        except OSError:
            raise Damage("changed-during-scan", "it was removed; what was open was examined") from None
        if (named.st_dev, named.st_ino) != (before.st_dev, before.st_ino):
            raise Damage("changed-during-scan", "it was replaced by another file")
