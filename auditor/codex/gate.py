"""A quick "there is nothing in it": the prefilter's compiled database alone, without the rest of the detector.

Loading the detector costs a tenth of a second and more; most texts hold nothing that looks like a credential, and the
compiled database can say so by itself. Whatever is unclear (no copy, another version of anything) is "not clean": then
the detector is asked. The prefilter never loses a match (tests/detect/test_prefilter.py), so neither does this.

The copy in the state folder is private, named after everything that decides it, and carries its own digest.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import auditor
from auditor.codex import place

if TYPE_CHECKING:
    import hyperscan

    from auditor.detect.engine import Engine

_DIGEST = 32
_SMALL = 8
"""A text shorter than any anchor and its value."""


def clean(data: bytes) -> bool:
    """Tell whether nothing in the bytes can be a credential; False when that is not known."""
    if len(data) < _SMALL:
        return True
    database = _database()
    if database is None:
        return False
    hits: list[int] = []

    def note(*_event: object) -> bool:
        hits.append(1)
        return True  # one is enough

    try:
        database.scan(data, match_event_handler=note)
    except Exception:  # it ends the scan by an error when it was told to stop
        return False
    return not hits


def remember(engine: Engine) -> None:
    """Keep an engine's compiled database where the next hook finds it; failing to costs time only."""
    path = _path()
    with suppress(Exception):
        if os.path.exists(path):
            return
        import hyperscan

        body = hyperscan.dumpb(engine._prefilter._database)
        temporary = f"{path}.{os.getpid()}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(hashlib.sha256(body).digest() + body)
        os.rename(temporary, path)
        _prune(path)


@cache
def _database() -> hyperscan.Database | None:
    with suppress(Exception):  # absent, damaged, of another version: not known
        descriptor = os.open(_path(), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read()
        body = content[_DIGEST:]
        if hashlib.sha256(body).digest() == content[:_DIGEST]:
            import hyperscan

            database = hyperscan.loadb(body, hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
            return database
    return None


def _path() -> str:
    return os.path.join(place.state(), f"gate-{_identity()}.bin")


@cache
def _identity() -> str:
    """Stands for the rules and for our code that decides the database: names, sizes and times of the files."""
    package = os.path.dirname(os.path.abspath(auditor.__file__))
    folders = [os.path.join(package, name) for name in ("decode", "detect", os.path.join("rules", "credentials"))]
    folders.append(os.path.join(os.path.dirname(package), "rules", "credentials"))
    facts = [fact for folder in folders for fact in _facts(folder)]
    return hashlib.sha256(repr((auditor.__version__, facts)).encode()).hexdigest()[:_DIGEST]


def _facts(folder: str) -> list[tuple[str, int, int]]:
    try:
        with os.scandir(folder) as entries:
            found = [(one.name, one.stat()) for one in entries if one.name.endswith((".py", ".toml"))]
    except OSError:
        return []
    return sorted((name, status.st_size, status.st_mtime_ns) for name, status in found)


def _prune(kept: str) -> None:
    folder = os.path.dirname(kept)
    for name in os.listdir(folder):
        if name.startswith("gate-") and name.endswith(".bin") and name != os.path.basename(kept):
            os.unlink(os.path.join(folder, name))
