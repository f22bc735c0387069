"""`session_index.jsonl`: the names users gave to threads.

Source: openai/codex, codex-rs/rollout/src/session_index.rs. Append-only, the latest line of an id wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor import lazy
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import parse, text
from auditor.model import Event

_INDEX = lazy.compile(rb'^\{"id"\s*:\s*"[^"\n]{1,80}"\s*,\s*"thread_name"\s*:', re.M)


class SessionIndex(LineDialect):
    """`{"id","thread_name","updated_at"}` a line."""

    name = "codex-session-index"
    family = "history"

    def recognises(self, head: bytes, name: str) -> float:
        return 0.95 if _INDEX.match(head) else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        value = parse(record)
        yield Event("other", text(value, "updated_at"), text(value, "id"), role="user")
