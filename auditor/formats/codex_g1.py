"""Rollouts of Codex up to 0.32 (G1): JSONL without envelope, a head line, then bare Responses API items.

Source: history of openai/codex, codex-rs/core/src/rollout.rs. Lines after the first have no time of their own, so
events have none: the start of the file is the session's start, not the time of a leak.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.formats import response_items
from auditor.formats.codex_rollout import session_data
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import BOM, parse, text, unread
from auditor.model import Event


class CodexG1(LineDialect):
    """`{"id","timestamp","instructions"?,"git"?}`, then items and `{"record_type":"state"}` lines."""

    name = "codex-g1"
    family = "codex"

    def recognises(self, head: bytes, name: str) -> float:
        lines = [line for line in head.removeprefix(BOM).splitlines()[:20] if line.strip()]
        if not lines:
            return 0.0
        first = parse(lines[0])
        if isinstance(first, dict) and text(first, "id") and text(first, "timestamp") and "type" not in first:
            return 0.9 if "ts" not in first and "msg" not in first else 0.1
        rest = [parse(line) for line in lines]
        items = sum(1 for one in rest if isinstance(one, dict) and one.get("type") in response_items.TYPES)
        states = sum(1 for one in rest if isinstance(one, dict) and "record_type" in one)
        return 0.7 if items and (states or items * 2 >= len(lines)) else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        value = parse(record)
        if not isinstance(value, dict):
            yield Event("other", role="log")
        elif "type" in value:
            yield from response_items.events(value, Event("other"))
        elif "record_type" not in value and text(value, "id") and text(value, "timestamp"):
            data = session_data(value)
            yield Event("session", text(value, "timestamp"), text(value, "id"), role="meta", data=data)
        else:
            yield Event("other", role="meta", data=unread(text(value, "record_type")))
