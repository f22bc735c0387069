"""Sessions that Codex knows of and whose transcript is not there: deleted, moved away, or never handed over.

The names come from the prompt history, the index of thread names and the state databases; transcripts are known by the
id in their name and, where names do not tell, by the first record. (openai/codex: message-history/src/lib.rs,
rollout/src/session_index.rs, state/migrations/)
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from auditor import lazy
from auditor.intake.damage import Damage
from auditor.intake.digest import Digest
from auditor.intake.file import FileSource
from auditor.intake.layers import peel
from auditor.intake.opening import opened
from auditor.intake.settings import DEFAULTS, Settings
from auditor.intake.snapshot import snapshot
from auditor.intake.source import shown
from auditor.intake.stored import Stored
from auditor.model import Gap

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ID = lazy.compile(_UUID)
_META_ID = lazy.compile(rf'"(?:id|session_id)"\s*:\s*"({_UUID})"'.encode())
_HEAD = 256 << 10
"""Bytes of a transcript in which its first record has its id."""
_INDEXES = (("history.jsonl", "session_id"), ("session_index.jsonl", "id"))
_THREADS = "SELECT id FROM threads"


class Transcripts:
    """Collects the transcripts seen on a walk, and tells which named sessions have none."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._names: list[str] = []

    def see(self, name: str) -> None:
        """Note a file of the walk."""
        base = name.rpartition("/")[2]
        if base.startswith(("rollout-", ".rollout-")):
            self._ids.update(_ID.findall(base))
            self._names.append(name)

    def missing(self, folders: Iterable[Path], settings: Settings = DEFAULTS) -> Iterator[Gap]:
        """Yield a gap for each session that is named below `folders` (CODEX_HOME first) and has no transcript."""
        places = list(folders)
        named = _named(places, settings)
        if any(session not in self._ids for session in named):
            self._ids.update(*map(_first_ids, self._names))
        for session in sorted(named.keys() - self._ids):
            witnesses = ", ".join(sorted(named[session]))
            yield Gap(
                shown(str(places[0])), "missing-session", f"{session} is named in {witnesses}, without transcript"
            )


def _named(folders: Iterable[Path], settings: Settings) -> dict[str, set[str]]:
    """Session id → names of the files that know it."""
    found: dict[str, set[str]] = defaultdict(set)
    for folder in folders:
        for name, member in _INDEXES:
            for session in _indexed(folder / name, member, settings):
                found[session].add(name)
        for database in sorted(folder.glob("state_*.sqlite")):
            for session in _threads(database, settings):
                found[session].add(database.name)
    return found


def _indexed(path: Path, member: str, settings: Settings) -> Iterator[str]:
    for chunk in FileSource(str(path), explicit=True, settings=settings).chunks():
        for line in chunk.data[chunk.overlap :].split(b"\n") if not chunk.partial else ():
            try:
                value = orjson.loads(line).get(member)
            except (orjson.JSONDecodeError, AttributeError):
                continue  # the scan of the file itself tells of broken lines
            if isinstance(value, str) and _ID.fullmatch(value):
                yield value


def _threads(path: Path, settings: Settings) -> list[str]:
    try:
        with snapshot(str(path), busy_milliseconds=settings.busy_milliseconds) as database:
            rows = [row[0].decode(errors="replace") for row in database.execute(_THREADS) if isinstance(row[0], bytes)]
    except (sqlite3.Error, Damage, OSError):
        return []  # another schema, or unreadable: the scan of the database itself says so
    return [session for session in rows if _ID.fullmatch(session)]


def _first_ids(name: str) -> list[str]:
    """The id in the first record counts, since names may carry another one, or two."""
    try:
        with opened(name, follow=False) as file:
            reader, _ = peel(Stored(file.descriptor, Digest(), file.status.st_size or None), name, DEFAULTS)
            head = reader.read(_HEAD)
    except Damage:
        return []  # the scan of the file itself says so
    return [match.decode() for match in _META_ID.findall(head[: head.find(b"\n")])]
