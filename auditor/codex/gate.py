"""A quick "there is nothing in it": the prefilter's compiled database alone, without the rest of the detector.

Loading the detector costs a tenth of a second and more; most texts hold nothing that looks like a credential, and the
compiled database can say so by itself. Whatever is unclear (no copy, another version of anything) is "not clean": then
the detector is asked. The prefilter never loses a match (tests/detect/test_prefilter.py), so neither does this.

The copy in the state folder is private and begins with what decides it: rules and code, by name, size and time. The
rest is Vectorscan's own form, which carries a checksum and its version and platform.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import auditor
from auditor.codex import place

if TYPE_CHECKING:
    import hyperscan

    from auditor.detect.engine import Engine

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
    with suppress(Exception):
        if _stored() is not None:
            return
        import hyperscan

        body = hyperscan.dumpb(engine._prefilter._database)
        temporary = f"{_path()}.{os.getpid()}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_origin() + body)
        os.rename(temporary, _path())


@cache
def _database() -> hyperscan.Database | None:
    with suppress(Exception):  # absent, damaged, of another version: not known
        body = _stored()
        if body is not None:
            import hyperscan

            database = hyperscan.loadb(body, hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
            return database
    return None


def _stored() -> bytes | None:
    """The compiled database of these very rules and this code, or nothing."""
    try:
        descriptor = os.open(_path(), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        content = file.read()
    origin = _origin()
    return content[len(origin) :] if content.startswith(origin) else None


def _path() -> str:
    return os.path.join(place.state(), "gate.bin")


@cache
def _origin() -> bytes:
    """What decides the database: rules and our code, as names, sizes and times of the files."""
    package = os.path.dirname(os.path.abspath(auditor.__file__))
    folders = [os.path.join(package, name) for name in ("decode", "detect", os.path.join("rules", "credentials"))]
    folders.append(os.path.join(os.path.dirname(package), "rules", "credentials"))
    facts = [fact for folder in folders for fact in _facts(folder)]
    return repr((auditor.__version__, package, facts)).encode() + b"\n"


def _facts(folder: str) -> list[tuple[str, int, int]]:
    try:
        with os.scandir(folder) as entries:
            found = [(one.name, one.stat()) for one in entries if one.name.endswith((".py", ".toml"))]
    except OSError:
        return []
    return sorted((name, status.st_size, status.st_mtime_ns) for name, status in found)
