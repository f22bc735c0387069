"""Follows a CODEX_HOME and tells of a credential as it is written, for those who don't install hooks.

What stood there before is not told (`auditor scan` does that). A file is read from where it ended last time; one that
was rewritten, and a database's write-ahead log, from its start. A value is told once per file.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from watchfiles import Change, watch

from auditor.codex.increment import whole_lines
from auditor.detect.engine import Engine
from auditor.detect.known_mask import KnownMask
from auditor.detect.names import NameMask
from auditor.formats.dialect import OPAQUE

LIMIT = 64 << 20
"""Bytes of one file looked at per change."""

_STEP_MS = 100
_BINARY = (".sqlite", ".sqlite-shm", ".lock", ".zst", ".gz")


@dataclass(frozen=True, slots=True)
class Leak:
    """One credential that was written just now."""

    path: Path
    kind: str
    mask: str
    shown: str
    """The path below the watched folder, as it may be told: it may hold the value too."""


@dataclass(slots=True)
class Watcher:
    """Offsets of the files of one folder, and what was told already."""

    home: Path
    engine: Engine
    key: bytes = field(repr=False)
    _ends: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _told: set[tuple[Path, str]] = field(default_factory=set)
    _known: KnownMask = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._known = KnownMask((), self.key)

    def start(self) -> None:
        """Take what is there for known."""
        for path in self.home.rglob("*"):
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                self._ends[path] = (status.st_ino, status.st_size)

    def follow(self, stop: threading.Event | None = None) -> Iterator[Leak]:
        """Yield leaks until `stop` is set (or for ever)."""
        changes = watch(self.home, step=_STEP_MS, debounce=_STEP_MS * 3, stop_event=stop, raise_interrupt=False)
        for batch in changes:
            for kind, name in sorted(batch, key=lambda one: one[1]):
                if kind != Change.deleted:
                    yield from self._looked(Path(name))

    def _looked(self, path: Path) -> Iterator[Leak]:
        """A new folder may hold files from before it could be watched: each day's first session comes like that."""
        if path.is_dir() and not path.is_symlink():
            names: list[str] = []
            with suppress(OSError):  # gone again
                names = sorted(os.listdir(path))
            for name in names:
                yield from self._looked(path / name)
        elif not path.name.endswith(_BINARY):
            yield from self.look(path)

    def look(self, path: Path) -> Iterator[Leak]:
        """Yield what is new in one file; a file that cannot be read is left to the audit, which tells of it."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError:
            return
        try:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode):
                yield from self._new(path, descriptor, status)
        finally:
            os.close(descriptor)

    def _new(self, path: Path, descriptor: int, status: os.stat_result) -> Iterator[Leak]:
        inode, end = self._ends.get(path, (0, 0))
        log = path.name.endswith("-wal")
        start = end if inode == status.st_ino and end <= status.st_size and not log else 0
        for lines in whole_lines(descriptor, start, LIMIT, rest=log):
            start += len(lines)
            for match in self.engine.scan(lines, opaque_keys=OPAQUE, confidence="medium"):
                fingerprint = match.secret.fingerprint(self.key)
                if (path, fingerprint) not in self._told:
                    self._told.add((path, fingerprint))
                    mask = self._known.learn(match.kind, match.secret)
                    yield Leak(path, match.kind, mask, self._shown(path))
        self._ends[path] = (status.st_ino, start)

    def _shown(self, path: Path) -> str:
        """A new mask of names each time: what was learned since may stand in a name that was clean before."""
        return NameMask(self.engine, self._known, self.key).text(str(path.relative_to(self.home)))
