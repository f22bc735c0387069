"""Which rollout files belong to one session: its own, those of its sub-agents and theirs, and its shell snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from auditor import lazy

_HEAD = 256 << 10
"""Bytes of a rollout's first line that are looked at: ids come before instructions."""

_PARENT = lazy.compile(rb'"parent_thread_id"\s*:\s*"([0-9a-f-]{36})"')
_THREAD = lazy.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def rollouts(home: Path) -> list[Path]:
    """Return every rollout below a CODEX_HOME, oldest name first."""
    found = [*home.glob("sessions/**/rollout-*.jsonl*"), *home.glob("archived_sessions/rollout-*.jsonl*")]
    return sorted(path for path in found if path.is_file() and not path.name.endswith(".tmp"))


def thread(path: Path) -> str:
    """Return the thread id in a rollout's name, or nothing."""
    found = _THREAD.findall(path.name)
    return str(found[-1]) if found else ""


def parent(path: Path) -> str:
    """Return the id of the thread that started this one as a sub-agent, or nothing."""
    try:
        with path.open("rb") as file:
            found = _PARENT.search(file.readline(_HEAD))
    except OSError:
        return ""
    return found[1].decode() if found else ""


def by_id(home: Path, session: str) -> Path | None:
    """Return the rollout of a thread."""
    return next((path for path in rollouts(home) if session and thread(path) == session), None)


def of(transcript: Path, home: Path) -> list[Path]:
    """Return the files of a session: the transcript first, then its sub-agents', then its shell snapshots."""
    parents: dict[str, list[Path]] = {}
    since = transcript.name
    for path in rollouts(home):
        if path.name >= since:  # names begin with the time; nobody is older than their parent
            parents.setdefault(parent(path), []).append(path)
    found = [transcript, *_below(thread(transcript), parents, {transcript})]
    ids = {thread(path) for path in found} - {""}
    snapshots = sorted(path for path in home.glob("shell_snapshots/*") if any(path.name.startswith(one) for one in ids))
    return [*found, *snapshots]


def _below(name: str, parents: dict[str, list[Path]], seen: set[Path]) -> Iterator[Path]:
    for path in parents.get(name, ()) if name else ():
        if path not in seen:
            seen.add(path)
            yield path
            yield from _below(thread(path), parents, seen)
