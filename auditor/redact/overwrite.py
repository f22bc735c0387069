"""Overwrites spans of a file in place: same inode, same length, same lines, and never half done.

Codex keeps transcripts open in append mode and stores byte offsets into them, so a replaced file or a moved line would
lose events or break a resume. A kill between two writes is healed by a redo journal: it is durable before the first
write, holds only the new bytes (masks) and keyed digests of the old ones, and is replayed by the next call.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from auditor.errors import Refused

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes from `start` by `new`; `old` is what must stand there now, of the same length."""

    start: int
    old: bytes = field(repr=False)
    new: bytes

    def __post_init__(self) -> None:
        if len(self.old) != len(self.new):
            raise ValueError("an in-place edit keeps its length")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file was when it was read: a change in between refuses the write."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        """Return the identity in a stat result."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def identity(path: Path) -> Identity:
    """Return a file's identity without following a link at its end."""
    return Identity.of(path.lstat())


def overwrite(
    path: Path, edits: Sequence[Edit], expected: Identity, journal: Journal, *, append_ok: bool = False
) -> None:
    """Write all edits, or none.

    Args:
        path: a regular file, not a link, with one name.
        edits: spans of the file as it was read.
        expected: what the file was when it was read.
        journal: where the redo record stands while writing.
        append_ok: the file may have grown since (a live session); offsets stay true.

    Raises:
        Refused: the file is a link, has other names or changed since it was read; nothing was written.
        OSError: writing failed; the old bytes were put back, or, where that failed too, the next `recover` finishes.
    """
    with _opened(path) as descriptor:
        status = os.fstat(descriptor)
        _check(path, status, expected, append_ok)
        for edit in edits:
            if os.pread(descriptor, len(edit.old), edit.start) != edit.old:
                raise Refused(f"{path}: byte {edit.start} changed since it was read", "Run again.")
        record = journal.begin(path, status, edits)
        try:
            _write(descriptor, edits)
        except OSError:
            _undo(descriptor, edits)
            journal.end(record)
            raise
        if not append_ok:
            os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))  # pickers sort by it
        journal.end(record)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as problem:
        raise Refused(f"{path}: cannot be opened for writing ({os.strerror(problem.errno or 0).lower()})") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # two of us at once would both be right, but digests would not
        yield descriptor
    finally:
        os.close(descriptor)


def _check(path: Path, status: os.stat_result, expected: Identity, append_ok: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{path}: not a regular file")
    if status.st_nlink > 1:
        raise Refused(f"{path}: has {status.st_nlink} names", "Redact it where it has one name only.")
    now = Identity.of(status)
    if (now.device, now.inode) != (expected.device, expected.inode):
        raise Refused(f"{path}: was replaced since it was read", "Run again.")
    grown = append_ok and now.size >= expected.size
    if not grown and (now.size, now.mtime_ns) != (expected.size, expected.mtime_ns):
        raise Refused(f"{path}: changed since it was read", "Wait for the session to end, or use --live.")


def _write(descriptor: int, edits: Sequence[Edit]) -> None:
    for edit in edits:
        done = 0
        while done < len(edit.new):
            done += os.pwrite(descriptor, edit.new[done:], edit.start + done)
    os.fsync(descriptor)


def _undo(descriptor: int, edits: Sequence[Edit]) -> None:
    """Put the old bytes back after a failed write."""
    _write(descriptor, [Edit(edit.start, edit.new, edit.old) for edit in edits])


class Journal:
    """A folder of redo records (0700), one per file being written; none is left after a clean end."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key

    def begin(self, path: Path, status: os.stat_result, edits: Sequence[Edit]) -> Path:
        """Make the record durable; from here on a kill is healed by `recover`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        record = self._folder / f"{status.st_dev:x}-{status.st_ino:x}-{os.getpid()}.redo"
        partial = record.with_suffix(".new")
        try:
            _write_synced(partial, self._body(path, status, edits))
            partial.rename(record)
            self._sync_folder()
        except OSError:
            partial.unlink(missing_ok=True)
            record.unlink(missing_ok=True)  # nothing was written, so nothing is to be finished
            raise
        return record

    def _body(self, path: Path, status: os.stat_result, edits: Sequence[Edit]) -> bytes:
        spans = [
            {"start": edit.start, "new": base64.b64encode(edit.new).decode(), "old": self._digest(edit.old)}
            for edit in edits
        ]
        return orjson.dumps(
            {
                "path": os.fsencode(path.absolute()).hex(),
                "device": status.st_dev,
                "inode": status.st_ino,
                "times": [status.st_atime_ns, status.st_mtime_ns],
                "edits": spans,
            }
        )

    def end(self, record: Path) -> None:
        """The file is written and synced: forget the record."""
        record.unlink(missing_ok=True)
        self._sync_folder()

    def recover(self) -> list[Path]:
        """Finish what a kill interrupted; return the files healed. Records that fit no file any more are dropped."""
        if not self._folder.is_dir():
            return []
        for leftover in self._folder.glob("*.new"):  # never became a record: nothing was written
            if not _alive(leftover):
                leftover.unlink(missing_ok=True)
        healed = [self._replay(record) for record in sorted(self._folder.glob("*.redo"))]
        return [path for path in healed if path]

    def _replay(self, record: Path) -> Path | None:
        try:
            body = orjson.loads(record.read_bytes())
        except FileNotFoundError:  # another of us ended it just now
            return None
        path = Path(os.fsdecode(bytes.fromhex(body["path"])))
        healed = None
        with suppress(Refused), _opened(path) as descriptor:
            status = os.fstat(descriptor)
            spans = [(span["start"], base64.b64decode(span["new"]), span["old"]) for span in body["edits"]]
            same = (status.st_dev, status.st_ino) == (body["device"], body["inode"])
            if same and all(self._ours(descriptor, *span) for span in spans):
                _write(descriptor, [Edit(start, new, new) for start, new, _old in spans])
                os.utime(descriptor, ns=tuple(body["times"]))
                healed = path
        self.end(record)
        return healed

    def _ours(self, descriptor: int, start: int, new: bytes, old: str) -> bool:
        """A span holds its new bytes, its old ones, or (where the kill fell) new ones followed by old ones."""
        now = os.pread(descriptor, len(new), start)
        return now[:1] == new[:1] or hmac.compare_digest(self._digest(now), old)

    def _digest(self, old: bytes) -> str:
        return hmac.new(self._key, old, hashlib.sha256).digest()[:_DIGEST_BYTES].hex()

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_synced(path: Path, body: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _alive(leftover: Path) -> bool:
    """Whether the process that writes a record (its number ends the name) still runs; then it goes on with it."""
    number = int(leftover.stem.rpartition("-")[2])
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return number != os.getpid()
