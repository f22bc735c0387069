"""Compiled Hyperscan databases, kept in the user's cache folder.

A cache file is named after everything that decides its content (patterns, library version, machine) and carries the
digest of its bytes, so a damaged or foreign one is noticed and built anew. Writing is atomic and private (0600); a
cache that cannot be read or written costs time, never a result.
"""

from __future__ import annotations

import hashlib
import os
import platform
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import hyperscan

from auditor.errors import UsageProblem

_FLAGS = hyperscan.HS_FLAG_DOTALL
_MAGIC = b"auditor-hs1\n"
_DIGEST = 32


def database(patterns: Sequence[str], *, cache: bool = True) -> hyperscan.Database:
    """Return a block-mode database; ids are positions in `patterns`. Raises `UsageProblem` on a bad pattern."""
    path = _path(patterns)
    found = _load(path) if cache else None
    if found is not None:
        return found
    built = _build(patterns)
    if cache:
        _store(path, hyperscan.dumpb(built))
    return built


def cache_folder() -> Path:
    """Return the folder for cached databases (XDG Base Directory Specification, `XDG_CACHE_HOME`)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "auditor"


def _build(patterns: Sequence[str]) -> hyperscan.Database:
    built = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    sources = [pattern.encode() for pattern in patterns]
    try:
        built.compile(expressions=sources, ids=list(range(len(sources))), elements=len(sources), flags=_FLAGS)
    except hyperscan.error as error:
        raise UsageProblem(f"an anchor or guard is not a Hyperscan pattern: {_culprit(sources) or error}") from None
    return built


def _culprit(sources: Sequence[bytes]) -> str:
    """The first pattern that does not compile alone, as written."""
    for source in sources:
        try:
            hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(
                expressions=[source], ids=[0], elements=1, flags=_FLAGS
            )
        except hyperscan.error as error:
            return f"{source.decode()} ({error})"
    return ""


def _path(patterns: Sequence[str]) -> Path:
    identity = "\x00".join((version("hyperscan"), platform.machine(), platform.processor(), *patterns))
    return cache_folder() / f"prefilter-{hashlib.sha256(identity.encode()).hexdigest()[:32]}.hsdb"


def _load(path: Path) -> hyperscan.Database | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            if os.fstat(fd).st_uid != os.geteuid():
                return None
            content = file.read()
    except OSError:
        return None
    head, body = content[: len(_MAGIC) + _DIGEST], content[len(_MAGIC) + _DIGEST :]
    if head != _MAGIC + hashlib.sha256(body).digest():
        return None
    try:
        loaded = hyperscan.loadb(body, hyperscan.HS_MODE_BLOCK)
        loaded.scratch = hyperscan.Scratch(loaded)
        loaded.scan(b"", match_event_handler=lambda *_: None)
    except (hyperscan.error, ValueError):
        return None
    return loaded


def _store(path: Path, body: bytes) -> None:
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd, name = tempfile.mkstemp(dir=path.parent, prefix=".prefilter-")
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(body).digest() + body)
            os.replace(name, path)  # noqa: PTH105  (both names are plain strings here)
        except OSError:
            os.unlink(name)  # noqa: PTH108
            raise
