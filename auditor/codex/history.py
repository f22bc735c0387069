"""Cuts a prompt that was stopped out of `history.jsonl`.

Codex's interface writes every prompt there when it is sent, whatever a hook says of it (seen with 0.169; nothing else
in CODEX_HOME holds it). Only entries of the session whose prompt was stopped are touched, at the same length and under
the lock that Codex takes for its own writes (openai/codex, codex-rs/message-history).
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.codex import place, spool

if TYPE_CHECKING:
    from auditor.redact.overwrite import Edit
    from auditor.redact.stream import Redactor

WAIT_SECONDS = 10.0
"""How long an entry may take to be written; `codex exec` writes none."""

_PAUSE_SECONDS = 0.1


def work() -> None:
    """Cut what the notes of hooks name; one process at a time, killed in between it is done by the next."""
    with _alone():
        for path, _kind, content in spool.notes(place.prompts()):
            try:
                _cut_when_written(Path(str(content.get("home"))) / "history.jsonl", str(content.get("session")))
            except Exception as problem:  # its text may quote the prompt
                name = type(problem).__name__
                gap = {"event": "UserPromptSubmit", "problem": name, "where": "history.jsonl holds the prompt"}
                spool.leave(place.spool(), "gap", gap)
            os.unlink(path)


def _cut_when_written(path: Path, session: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not cut(path, session) and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS)


def cut(path: Path, session: str) -> int:
    """Cut credentials out of a session's entries; return how many values.

    Raises:
        Refused: the file is a link or cannot be written.
    """
    from auditor.codex.detector import redactor
    from auditor.redact.overwrite import Journal, identity, overwrite
    from auditor.safe.files import load_key

    try:
        before, data = identity(path), path.read_bytes()
    except FileNotFoundError:
        return 0
    edits = list(_edits(data, session.encode(), redactor()))
    if edits:
        overwrite(path, edits, before, Journal(Path(place.state()) / "journal", load_key()), append_ok=True)
    return len(edits)


def _edits(data: bytes, session: bytes, redactor: Redactor) -> Iterator[Edit]:
    from auditor.redact.cover import cover
    from auditor.redact.overwrite import Edit

    at = 0
    for line in data.splitlines(keepends=True):
        if session and b'"session_id":"' + session + b'"' in line:
            for one in redactor.cuts(line):
                old = line[one.start : one.end]
                yield Edit(at + one.start, old, cover(old, one.secret.reveal(), one.marker))
        at += len(line)


@contextmanager
def _alone() -> Iterator[None]:
    descriptor = os.open(
        os.path.join(place.state(), "history.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
