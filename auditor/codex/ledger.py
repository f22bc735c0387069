"""What hooks and the worker remember between processes: one SQLite file in the state folder.

Holds cursors, jobs, incidents by keyed fingerprint, and gaps; never a credential. Every change is one transaction, so
that `kill -9` leaves the state before or after it; parallel processes wait for each other a few seconds at most. A file
that is no database any more is put aside and that is itself a gap.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from auditor.codex import place

STATUSES = ("open", "rotated", "accepted")
TRIES = 3
"""A job that ended its worker this often is given up, and is a gap."""

_WAIT_SECONDS = 5.0
_PAUSE_SECONDS = 0.005
_SCHEMA = """
CREATE TABLE IF NOT EXISTS cursors (path TEXT PRIMARY KEY, inode INTEGER, offset INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audited (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY, note TEXT UNIQUE, session TEXT, transcript TEXT, home TEXT,
  redact INTEGER, status TEXT DEFAULT 'queued', tries INTEGER DEFAULT 0, at REAL, done REAL, report TEXT DEFAULT '');
CREATE TABLE IF NOT EXISTS incidents (fingerprint TEXT PRIMARY KEY, kind TEXT, first_seen REAL, last_seen REAL,
  status TEXT DEFAULT 'open', note TEXT DEFAULT '') WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gaps (id INTEGER PRIMARY KEY, note TEXT UNIQUE, at REAL, event TEXT, problem TEXT,
  place TEXT, status TEXT DEFAULT 'open');
"""


class Job(NamedTuple):
    """One session to audit."""

    id: int
    session: str
    transcript: str
    home: str
    redact: bool


class Incident(NamedTuple):
    """One credential that was seen; times are seconds since 1970."""

    fingerprint: str
    kind: str
    first_seen: float
    last_seen: float
    status: str
    note: str


class Failure(NamedTuple):
    """One hook or job that failed; names and places of ours only."""

    id: int
    at: float
    event: str
    problem: str
    place: str


class Ledger:
    """An open ledger; use it as a context manager."""

    def __init__(self, path: str = "", *, check: bool = False) -> None:
        """Open or make the ledger.

        Args:
            path: where; the default is in the state folder.
            check: read all of it, so that one damaged in its middle is put aside too; hooks have no time for that.

        Raises:
            sqlite3.OperationalError: it cannot be opened, or others kept it locked too long.
        """
        self._path = path or os.path.join(place.state(), "ledger.sqlite")
        damaged = False
        with _alone(f"{self._path}.lock"):
            try:
                self._base = _open(self._path, check)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                damaged = True
                os.replace(self._path, f"{self._path}.damaged-{time.time_ns()}")
                self._base = _open(self._path, check)
        if damaged:
            self.add_gap("ledger", "DatabaseError", "put aside, began anew")

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """All changes of the body, or none."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    def cursor(self, path: str) -> tuple[int, int]:
        """Return inode and offset up to which a transcript was looked at; zeros when never."""
        row = self._base.execute("SELECT inode, offset FROM cursors WHERE path = ?", (path,)).fetchone()
        return (row[0], row[1]) if row else (0, 0)

    def move_cursor(self, path: str, inode: int, offset: int) -> None:
        """Remember how far a transcript was looked at."""
        self._base.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)", (path, inode, offset))

    def see(self, found: Iterable[tuple[str, str]], at: float) -> list[str]:
        """Note credentials (fingerprint, kind); return the kinds of those that are new."""
        return [kind for fingerprint, kind in found if self._see(fingerprint, kind, at)]

    def _see(self, fingerprint: str, kind: str, at: float) -> bool:
        row = self._base.execute("SELECT status FROM incidents WHERE fingerprint = ?", (fingerprint,)).fetchone()
        if row is None:
            self._base.execute(
                "INSERT INTO incidents (fingerprint, kind, first_seen, last_seen) VALUES (?, ?, ?, ?)",
                (fingerprint, kind, at, at),
            )
            return True
        self._base.execute(
            "UPDATE incidents SET last_seen = max(last_seen, ?) WHERE fingerprint = ?", (at, fingerprint)
        )
        return False

    def incidents(self, status: str = "") -> list[Incident]:
        """Return incidents of a status, or all, oldest first."""
        rows = self._base.execute(
            "SELECT fingerprint, kind, first_seen, last_seen, status, note FROM incidents "
            "WHERE ? IN ('', status) ORDER BY first_seen, fingerprint",
            (status,),
        )
        return [Incident(*row) for row in rows]

    def mark(self, prefix: str, status: str, note: str) -> list[str]:
        """Give incidents whose fingerprint begins so a status; return their fingerprints."""
        known = [one.fingerprint for one in self.incidents() if one.fingerprint.startswith(prefix)]
        if len(known) == 1:
            self._base.execute(
                "UPDATE incidents SET status = ?, note = ? WHERE fingerprint = ?", (status, note, known[0])
            )
        return known

    def add_gap(
        self, event: str, problem: str, where: str, *, note: str | None = None, at: float | None = None
    ) -> None:
        """Note a failure once per note."""
        self._base.execute(
            "INSERT OR IGNORE INTO gaps (note, at, event, problem, place) VALUES (?, ?, ?, ?, ?)",
            (note, time.time() if at is None else at, event, problem, where),
        )

    def failures(self) -> list[Failure]:
        """Return failures that nobody resolved, oldest first."""
        rows = self._base.execute(
            "SELECT id, at, event, problem, place FROM gaps WHERE status = 'open' ORDER BY at, id"
        )
        return [Failure(*row) for row in rows]

    def resolve_failures(self) -> int:
        """A person looked at the failures; return how many there were."""
        return self._base.execute("UPDATE gaps SET status = 'resolved' WHERE status = 'open'").rowcount

    def add_job(self, note: str, content: Mapping[str, object]) -> None:
        """Queue a job once per note."""
        self._base.execute(
            "INSERT OR IGNORE INTO jobs (note, session, transcript, home, redact, at) VALUES (?, ?, ?, ?, ?, ?)",
            (note, *(str(content.get(name, "")) for name in ("session", "transcript", "home")),
             int(content.get("redact") is True), content.get("at", 0.0)),
        )  # fmt: skip

    def next_job(self) -> Job | None:
        """Return the oldest queued job and count the try; one that was tried too often is given up."""
        while True:
            row = self._base.execute(
                "SELECT id, session, transcript, home, redact, tries FROM jobs "
                "WHERE status = 'queued' ORDER BY id LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            with self.change():
                self._base.execute("UPDATE jobs SET tries = tries + 1 WHERE id = ?", (row[0],))
                if row[5] >= TRIES:
                    self._base.execute("UPDATE jobs SET status = 'failed' WHERE id = ?", (row[0],))
                    self.add_gap("SessionEnd", "worker died", f"job {row[0]}", note=f"job-{row[0]}")
            if row[5] < TRIES:
                return Job(row[0], row[1], row[2], row[3], bool(row[4]))

    def end_job(self, job: int, status: str, report: str = "") -> None:
        """A job is `done` or `failed`."""
        self._base.execute(
            "UPDATE jobs SET status = ?, report = ?, done = ? WHERE id = ?", (status, report, time.time(), job)
        )

    def queued(self) -> int:
        """Return how many jobs wait."""
        return int(self._base.execute("SELECT count(*) FROM jobs WHERE status = 'queued'").fetchone()[0])

    def last_run(self) -> tuple[float, str] | None:
        """Return time and report of the job that ended last."""
        row = self._base.execute(
            "SELECT done, report FROM jobs WHERE status = 'done' ORDER BY done DESC LIMIT 1"
        ).fetchone()
        return (row[0], row[1]) if row else None

    def was_audited(self, path: str, size: int, mtime_ns: int) -> bool:
        """Tell whether a file was audited as it is."""
        row = self._base.execute("SELECT size, mtime_ns FROM audited WHERE path = ?", (path,)).fetchone()
        return bool(row == (size, mtime_ns))

    def set_audited(self, path: str, size: int, mtime_ns: int) -> None:
        """Remember the state of a file that was audited."""
        self._base.execute("INSERT OR REPLACE INTO audited VALUES (?, ?, ?)", (path, size, mtime_ns))


def exists() -> bool:
    """Tell whether there is a ledger or a note at all, without making one."""
    folder = place.state()
    return os.path.exists(os.path.join(folder, "ledger.sqlite")) or os.path.isdir(os.path.join(folder, "spool"))


def absorb(ledger: Ledger, folder: str = "") -> int:
    """Move the notes of hooks into the ledger; return how many. Killed in between, it goes on without doubles."""
    from auditor.codex import spool

    count = 0
    for path, kind, content in spool.notes(folder or place.spool()):
        note = os.path.basename(path)
        with ledger.change():
            if kind == "job":
                ledger.add_job(note, content)
            else:
                at = content.get("at")
                names = [str(content.get(name, ""))[:80] for name in ("event", "problem", "where")]
                ledger.add_gap(*names, note=note, at=at if isinstance(at, float | int) else None)
        os.unlink(path)
        count += 1
    return count


@contextmanager
def _alone(path: str) -> Iterator[None]:
    """One process at a time opens the ledger.

    Two that change a new file to WAL meet, and SQLite asks no busy handler there: it says "locked" at once
    (sqlite3_busy_handler: not invoked where waiting could deadlock). The kernel drops the lock with its process.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + _WAIT_SECONDS
        while not _taken(descriptor):
            if time.monotonic() > until:
                raise sqlite3.OperationalError("another process keeps the ledger from being opened")
            time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: str, check: bool) -> sqlite3.Connection:
    _make(path)
    base = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
    try:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")
        if check and base.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
        if not base.execute("SELECT count(*) FROM sqlite_master WHERE name = 'gaps'").fetchone()[0]:
            base.executescript("BEGIN IMMEDIATE;" + _SCHEMA + "COMMIT;")
    except BaseException:
        base.close()
        raise
    return base


def _make(path: str) -> None:
    """Private from birth, never through a link. What is there is not opened: closing it would drop SQLite's locks."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
