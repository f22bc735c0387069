"""`history.jsonl`: every prompt submitted in the TUI, with the session it went to.

Source: openai/codex, codex-rs/message-history/src/lib.rs. Prompts are stored unfiltered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor import lazy
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import iso, number, parse, text
from auditor.model import Event

_HISTORY = lazy.compile(
    rb'^\{"(?:session|conversation)_id"\s*:\s*"[^"\n]{1,80}"\s*,\s*"ts"\s*:\s*\d+\s*,\s*"text"\s*:', re.M
)


class History(LineDialect):
    """`{"session_id","ts","text"}` a line."""

    name = "codex-history"
    family = "history"

    def recognises(self, head: bytes, name: str) -> float:
        return 0.95 if _HISTORY.match(head) else 0.4 if _HISTORY.search(head) else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        value = parse(record)
        session, stamp = text(value, "session_id", "conversation_id"), iso(number(value, "ts"))
        if session:
            yield Event("message", stamp, session, role="user", text=text(value, "text"))
        else:
            yield Event("other", role="log")
