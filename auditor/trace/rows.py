"""Database cells with what their row says: the thread and turn a cell belongs to stand in other columns.

Cells of one row come together; they are held until the row is complete, since the thread's column may come last
(`logs.thread_id`). Columns: openai/codex, codex-rs/state/migrations/ and thread_history_migrations/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from auditor import lazy
from auditor.formats.dialect import Dialect
from auditor.formats.envelope import iso
from auditor.formats.records import Record
from auditor.formats.sqlite_cells import cell_event
from auditor.model import Event

_CELL = lazy.compile(r"^(?P<row>(?P<table>[^\[]{1,200})\[.{1,200}?\])\.(?P<column>.{1,200})$", re.S)
_THREAD = ("thread_id", "session_id", "conversation_id")
_TABLE_KEY = {"threads": "id", "thread_spawn_edges": "child_thread_id"}
_MILLISECONDS = ("created_at_ms", "completed_at_ms", "updated_at_ms")
_SECONDS = ("ts", "created_at", "updated_at")
_KEY_BYTES = 200
_CELLS = 500
"""Cells held of one row; Codex's widest table has some fifty columns."""


def events(records: Iterable[Record], dialect: Dialect) -> Iterator[tuple[Record, list[Event]]]:
    """Yield each cell with its events, which carry session, turn and time of the row."""
    held: list[tuple[Record, str]] = []
    current = ""
    for record in records:
        match = _CELL.match(record.cell)
        row = match["row"] if match else record.cell
        if held and (row != current or len(held) >= _CELLS):
            yield from _row(held, current, dialect)
            held = []
        current = row
        held.append((record, match["column"] if match else ""))
    yield from _row(held, current, dialect)


def _row(held: list[tuple[Record, str]], row: str, dialect: Dialect) -> Iterator[tuple[Record, list[Event]]]:
    keys = {column: record.data.decode("utf-8", "replace") for record, column in held if len(record.data) <= _KEY_BYTES}
    key = _TABLE_KEY.get(row.partition("[")[0])
    named = (keys.get(key) if key else None) or next((keys[name] for name in _THREAD if keys.get(name)), "")
    session, stamp, turn = named, _time(keys), keys.get("turn_id", "")
    for record, column in held:
        found = _events(record, column, dialect)
        yield (
            record,
            [
                one._replace(session=one.session or session, turn=one.turn or turn, timestamp=one.timestamp or stamp)
                for one in found
            ],
        )


def _events(record: Record, column: str, dialect: Dialect) -> list[Event]:
    if record.cut:
        return [Event("other", role="log")]
    known = cell_event(column, record.data[:65536].decode("utf-8", "replace"))
    return [known] if known is not None else dialect.events(record.data)


def _time(keys: dict[str, str]) -> str:
    """The row's time, where the columns that hold it are among the cells."""
    for names, unit in ((_MILLISECONDS, 1000), (_SECONDS, 1)):
        for name in names:
            if keys.get(name, "").isdigit():
                return iso(int(keys[name][:18]) / unit)
    return ""
