"""What takes long to compute, kept in the user's cache folder: the compiled prefilter, the parsed rule packs.

Files are named after everything that decides their content (a changed rule or module of ours and another interpreter
are other names) and carry the digest of their bytes, so a damaged one is noticed and made anew. Writing is atomic and
private (0600); links and other people's files are not read. A cache that cannot be used costs time, never a result.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import auditor

_MAGIC = b"auditor-cache-1\n"
_DIGEST = 32
_WAITS, _PAUSE = 300, 0.1
"""How often another process is waited for, and how many seconds each time: one that was stopped holds up nobody."""
_KEEP = 8
"""Entries of one name that are kept; the oldest go first."""


def folder() -> Path:
    """Return the cache folder (XDG Base Directory Specification, `XDG_CACHE_HOME`)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "auditor"


def key(*parts: bytes) -> str:
    """Return the name of content that is decided by `parts` and our own code."""
    digest = hashlib.sha256(_code())
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:_DIGEST]


def load(name: str, key: str) -> bytes | None:
    """Return the stored bytes, or nothing if there are none that can be trusted."""
    try:
        fd = os.open(_path(name, key), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            if os.fstat(fd).st_uid != os.geteuid():
                return None
            content = file.read()
    except OSError:
        return None
    head, body = content[: len(_MAGIC) + _DIGEST], content[len(_MAGIC) + _DIGEST :]
    return body if head == _MAGIC + hashlib.sha256(body).digest() else None


@contextmanager
def alone() -> Iterator[None]:
    """Wait while another process makes an entry: many that start at once shall make it once. Without a folder to lock,
    nobody waits."""
    fd = -1
    with suppress(OSError, RuntimeError):
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(folder(), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        _lock(fd)
    try:
        yield
    finally:
        if fd >= 0:
            os.close(fd)


def _lock(fd: int) -> None:
    import fcntl
    import time

    for _ in range(_WAITS):
        with suppress(BlockingIOError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_PAUSE)


def store(name: str, key: str, body: bytes) -> None:
    """Keep bytes; failing to is no failure."""
    import tempfile  # seldom needed, and slow to import

    path = _path(name, key)
    with suppress(OSError, RuntimeError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{name}-")
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(body).digest() + body)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink()
            raise
        _prune(path, name)


def _prune(path: Path, name: str) -> None:
    entries = sorted(
        path.parent.glob(f"{name}-{'?' * _DIGEST}.bin"), key=lambda entry: entry.lstat().st_mtime, reverse=True
    )
    for entry in entries[_KEEP:]:
        entry.unlink(missing_ok=True)


def _path(name: str, key: str) -> Path:
    return folder() / f"{name}-{key}.bin"


@cache
def _code() -> bytes:
    """Stands for the interpreter and our modules of decode and detect: version, and sizes and times of their files."""
    package = Path(__file__).parent.parent
    stats = (
        (path.name, path.stat()) for room in ("decode", "detect") for path in sorted((package / room).glob("*.py"))
    )
    return repr(
        (
            sys.implementation.cache_tag,
            auditor.__version__,
            [(name, one.st_size, one.st_mtime_ns) for name, one in stats],
        )
    ).encode()
