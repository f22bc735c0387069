"""`codex exec --json`: the item stream since September 2025, and the older `{"id","msg"}` event stream.

Source: openai/codex, codex-rs/exec/src/exec_events.rs and its history (7fc3edf8a replaced the older stream). Lines
have no timestamps. Text on stderr is often mixed in (`2>&1`); such lines are `other`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from auditor import lazy
from auditor.formats import event_messages
from auditor.formats import items as turn_items
from auditor.formats.context import settings
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import mapping, parse, text, unread
from auditor.model import Event

_NEW = lazy.compile(
    rb'^[ \t]{0,8}\{"type"\s*:\s*"(?:thread\.started|turn\.(?:started|completed|failed)'
    rb'|item\.(?:started|updated|completed))"',
    re.M,
)
_OLD = lazy.compile(rb'^[ \t]{0,8}\{"id"\s*:\s*"[^"\n]{0,80}"\s*,\s*"msg"\s*:\s*\{', re.M)


class CodexExec(LineDialect):
    """Both periods."""

    name = "codex-exec"
    family = "codex-exec"
    pieces = True

    def recognises(self, head: bytes, name: str) -> float:
        if _NEW.search(head):
            return 0.95
        return 0.9 if _OLD.search(head) else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        value = parse(record)
        if not isinstance(value, dict):
            yield Event("other", role="log")
        elif isinstance(value.get("msg"), dict):
            yield from event_messages.events(value["msg"], Event("other", pointer="/msg"))
        else:
            yield from _streamed(value)


def _streamed(value: dict[str, Any]) -> Iterator[Event]:
    kind = text(value, "type")
    if kind == "thread.started":
        thread = text(value, "thread_id")
        yield Event("session", session=thread, role="meta", data={"id": thread, "source": "exec"})
    elif kind == "turn.started":
        yield Event("turn-start", role="meta")
    elif kind == "turn.completed":
        yield Event("turn-end", role="meta", status="ok")
    elif kind == "turn.failed":
        yield Event("turn-end", role="meta", status="failed", data=unread(kind))
    elif kind.startswith("item."):
        yield from turn_items.events(mapping(value, "item"), Event("other", pointer="/item"))
    elif not kind and ("workdir" in value or "sandbox" in value):
        yield Event("context", role="meta", data=_summary(value))
    else:
        yield Event("other", role="meta", data=unread(kind))


def _summary(value: dict[str, Any]) -> dict[str, object]:
    """The older stream's first line: the settings of the run with the banner's names."""
    named = {"approval_policy": value.get("approval"), "cwd": value.get("workdir"), **value}
    return settings(named)
