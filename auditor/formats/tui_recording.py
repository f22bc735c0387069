"""Recordings of the TUI (`CODEX_TUI_RECORD_SESSION=1`): what went to it and from it.

Source: openai/codex, codex-rs/tui/src/session_log.rs; lines `{"ts","dir","kind","payload"}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor import lazy
from auditor.formats import event_messages
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import mapping, parse, text, unread
from auditor.model import NOTHING, Event, Role

_RECORDER = lazy.compile(rb'^\{"ts"\s*:\s*"[^"\n]{10,40}"\s*,\s*"dir"\s*:\s*"(?:meta|to_tui|from_tui)"', re.M)


class TuiRecording(LineDialect):
    """`session-*.jsonl` in the log folder."""

    name = "codex-tui-recording"
    family = "codex-exec"
    pieces = True

    def recognises(self, head: bytes, name: str) -> float:
        return 0.95 if _RECORDER.match(head) else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        value = parse(record)
        payload, stamp = mapping(value, "payload"), text(value, "ts")
        if message := mapping(payload, "msg"):
            yield from event_messages.events(message, Event("other", stamp, pointer="/payload/msg"))
        else:
            role: Role = "user" if text(value, "dir") == "from_tui" else "meta"
            yield Event("other", stamp, role=role, data=NOTHING if role == "user" else unread(text(value, "kind")))
