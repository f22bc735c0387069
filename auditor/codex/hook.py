"""`auditor hook`: one executable for every hook event of Codex.

Invariants: whatever happens, the exit status is 0 and standard output is empty or one object of the event's schema, so
that a fault of ours never stops the session and never becomes a prompt; every fault leaves a note that the next report
shows; no text of ours holds a word of the input that the detector has not passed. Standard library only until a text
has to be looked at. (Protocol: openai/codex, codex-rs/hooks/src/engine and codex-rs/hooks/schema.)
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress

INPUT_LIMIT = 128 << 20
"""Bytes of one event; Codex cuts tool outputs far below."""


def main() -> int:
    """Answer one event from standard input on standard output; always 0."""
    event = ""
    with _quiet():
        try:
            payload = _payload()
            event = str(payload.get("hook_event_name", ""))
            answer = _answer(event, payload)
            if answer is not None:
                _write(json.dumps(answer).encode("ascii"))
        except BaseException as problem:
            _failed(event, problem)
    return 0


def _payload() -> Mapping[str, object]:
    data = sys.stdin.buffer.read(INPUT_LIMIT + 1)
    if len(data) > INPUT_LIMIT:
        raise OverflowError
    value = json.loads(data)
    if not isinstance(value, dict):
        raise TypeError
    return value


def _answer(event: str, payload: Mapping[str, object]) -> dict[str, object] | None:
    from auditor.codex import events, place, policy

    return events.answer(event, payload, policy.read(place.policy_files()))


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def _failed(event: str, problem: BaseException) -> None:
    """Leave a note; names and places only, since the text of an exception may quote the input."""
    from auditor.codex import place, spool
    from auditor.codex.events import EVENTS

    with suppress(OSError):
        known = event if event in EVENTS else "unknown event"
        spool.leave(place.spool(), "gap", {"event": known, "problem": type(problem).__name__, "where": _where(problem)})


def _where(problem: BaseException) -> str:
    frame = problem.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else ""


class _quiet:
    """Nothing but our answer may reach the pipes: a stray warning on standard output would fail the hook."""

    def __enter__(self) -> None:
        self._streams = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = open(os.devnull, "w")

    def __exit__(self, *_: object) -> None:
        sys.stdout.close()
        sys.stdout, sys.stderr = self._streams
