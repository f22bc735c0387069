"""Cells of Codex's databases: `thread_items.item_json`, `logs.feedback_log_body`, `threads` and the rest.

A record is the text of one cell; which row it stands in, and so which thread, is for the trace to say. Source:
openai/codex, codex-rs/state/migrations/ and thread_history_migrations/, codex-rs/app-server-protocol (item shapes).
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.formats import items, tui_log
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import parse, text
from auditor.formats.messages import spoken
from auditor.model import Event

MAGIC = b"SQLite format 3\x00"
"""First bytes of a database (SQLite file format, section 1.3)."""


class SqliteCells(LineDialect):
    """Every SQLite database; the shapes of Codex's own are understood."""

    name = "sqlite"
    family = "codex-db"

    def recognises(self, head: bytes, name: str) -> float:
        return 1.0 if head.startswith(MAGIC) else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        value = parse(record) if record[:1] == b"{" else None
        if isinstance(value, dict) and text(value, "type") and "id" in value:
            yield from items.events(value, Event("other"))
        else:
            yield tui_log.log_event(record.decode("utf-8", "replace"))


def cell_event(column: str, said: str) -> Event | None:
    """Return the event of a text whose column says who wrote it, None where the column says nothing."""
    if column in {"first_user_message", "title", "preview", "objective", "name"}:
        return spoken("user", said, Event("other"))
    if column in {"raw_memory", "rollout_summary"}:
        return Event("message", role="assistant", text=said)
    return None
