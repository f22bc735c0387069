"""Rollouts of the TypeScript CLI (G0, April to August 2025): one pretty-printed JSON document per session.

Shape: `{"session": {"timestamp", "id", "instructions"}, "items": […]}` with Responses API items; source: history of
openai/codex, codex-cli/src/utils/storage/save-rollout.ts.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor import lazy
from auditor.formats import response_items
from auditor.formats.codex_rollout import session_data
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import BOM, items, mapping, parse, text
from auditor.model import Event

_HEAD = lazy.compile(rb'^\s*\{\s*"session"\s*:\s*\{\s*"[a-z_]{1,40}"\s*:')


class CodexG0(LineDialect):
    """The whole file is one record."""

    name = "codex-g0"
    family = "codex"
    whole = True

    def recognises(self, head: bytes, name: str) -> float:
        return 0.9 if _HEAD.match(head.removeprefix(BOM)) else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        value = parse(record)
        session = mapping(value, "session")
        if not session:
            yield Event("other", role="log", data={"torn": True})
            return
        data = session_data(session)
        yield Event(
            "session", text(session, "timestamp"), text(session, "id"), role="meta", pointer="/session", data=data
        )
        for index, item in enumerate(items(value, "items")):
            yield from response_items.events(mapping(item), Event("other", pointer=f"/items/{index}"))
