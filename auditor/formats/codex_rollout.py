"""Codex rollouts with an envelope: G2 (legacy, extended) and G3 (paginated), forks and sub-agents included.

Every line is `{"timestamp", "type", "payload"}`, with `ordinal` and `metadata` in newer files. Sources: openai/codex,
codex-rs/history/src/rollout_payload.rs, codex-rs/protocol/src/protocol.rs. The format is internal to Codex and
changes about monthly: unknown types become `other` events with their time, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from auditor import lazy
from auditor.formats import event_messages, response_items
from auditor.formats.context import settings
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import BOM, items, mapping, number, parse, text, unread
from auditor.model import Event

Payload = Mapping[str, Any]
TYPES = (
    "session_meta", "turn_context", "response_item", "event_msg", "compacted", "world_state",
    "inter_agent_communication", "inter_agent_communication_metadata", "token_usage_record", "retained_context",
    "security_risk_score", "realtime_item",
)  # fmt: skip
_KNOWN = lazy.compile(rb'"type"\s*:\s*"(?:%s)"' % "|".join(TYPES).encode())
_LINE = lazy.compile(
    rb'^\{"timestamp":"[^"\n]{1,60}",(?:"ordinal":\d{1,18},)?"type":"(?:%s)","payload":\{' % "|".join(TYPES).encode(),
    re.M,
)
"""A line as Codex writes it, for files whose first line is torn."""
_TIME = lazy.compile(rb'"timestamp"\s*:\s*"([0-9TZ:.+ -]{10,40})"')
_CALL_ID = lazy.compile(rb'"call_id"\s*:\s*"([A-Za-z0-9_.:-]{1,128})"')
_STAMP = lazy.compile(rb'\{"timestamp":"([0-9TZ:.+ -]{10,40})"')
_TYPE = b'"type":"'
_REASONING = b'response_item","payload":{"type":"reasoning"'
_COUNT = b'event_msg","payload":{"type":"token_count"'
_USAGE = b'token_usage_record","payload":'
_ASIDE = (
    _REASONING, _COUNT, _USAGE, b'world_state","payload":', b'inter_agent_communication_metadata","payload":',
)  # fmt: skip
_CONTEXT = frozenset({"world_state", "retained_context"})
"""What is neither said nor done, but surrounds it."""
_WEAK = {"weak": True}
HEAD = 4096
"""Bytes of an over-long or broken record that are searched for its time and call id."""


class CodexRollout(LineDialect):
    """G2 and G3."""

    name = "codex-rollout"
    family = "codex"

    def recognises(self, head: bytes, name: str) -> float:
        first = head.removeprefix(BOM).lstrip()[:HEAD]
        if not first.startswith(b"{") or not _KNOWN.search(first):
            return 0.92 if _LINE.search(head) else 0.0
        return 0.95 if b'"payload"' in first and b'"timestamp"' in first else 0.3

    def events(self, record: bytes) -> list[Event]:
        aside = self.aside(record, 0, len(record))
        return [aside] if aside is not None else self.parsed(record)

    def aside(self, data: bytes, start: int, end: int) -> Event | None:
        at = data.find(_TYPE, start, start + 160) + len(_TYPE)
        if at < len(_TYPE) or at > end or not data.startswith(_ASIDE, at):
            return None
        time = _STAMP.match(data, start, end) or _TIME.search(data, start, min(start + HEAD, end))
        timestamp = time[1].decode() if time else ""
        if data.startswith(_REASONING, at):
            return Event("message", timestamp, role="reasoning", pointer="/payload")
        if data.startswith(_COUNT, at):
            counted = data.find(b'"info":{', start, min(start + 200, end)) >= 0
            return Event("request" if counted else "other", timestamp, data=_WEAK)
        return Event("request" if data.startswith(_USAGE, at) else "other", timestamp)

    def _events(self, record: bytes) -> Iterable[Event]:
        value = parse(record)
        if not isinstance(value, dict):
            return (torn(record),)
        base = Event("other", text(value, "timestamp"), pointer="/payload")
        kind = text(value, "type")
        reader = _READERS.get(kind)
        if reader:
            return reader(mapping(value, "payload"), base)
        return (base if kind in _CONTEXT else base._replace(data=unread(kind)),)


def torn(record: bytes) -> Event:
    """Return the event of a record that is no JSON (torn tail, over-long): its time and call id where they show."""
    head = record[:HEAD]
    time, call = _TIME.search(head), _CALL_ID.search(head)
    is_output = b"_output" in head[:400] or b'"item_completed"' in head[:400]
    return Event(
        "other",
        timestamp=time[1].decode() if time else "",
        call_id=call[1].decode() if call else "",
        role="tool" if call and is_output else "assistant" if call else "log",
        data={"torn": True},
    )


def _session_meta(payload: Payload, base: Event) -> Iterator[Event]:
    session = text(payload, "id", "session_id")
    yield Event("session", base.timestamp, session, role="meta", pointer=base.pointer, data=session_data(payload))


def session_data(payload: Payload) -> dict[str, object]:
    """Return the identity of a session from `session_meta` (any generation)."""
    source = payload.get("source")
    spawn = mapping(mapping(mapping(source), "subagent"), "thread_spawn")
    subagent = source.get("subagent") if isinstance(source, dict) else None
    return {
        "id": text(payload, "id", "session_id"),
        "root_id": text(payload, "session_id"),
        "parent_id": text(payload, "parent_thread_id") or text(spawn, "parent_thread_id"),
        "forked_from": text(payload, "forked_from_id"),
        "started": text(payload, "timestamp"),
        "cwd": text(payload, "cwd"),
        "originator": text(payload, "originator"),
        "cli_version": text(payload, "cli_version"),
        "model_provider": text(payload, "model_provider"),
        "source": source if isinstance(source, str) else "subagent" if subagent else "other" if source else "",
        "agent": text(payload, "agent_role") or text(spawn, "agent_role", "agent_type") or _word(subagent),
        "history_mode": text(payload, "history_mode"),
        "own_from": number(payload, "subagent_history_start_ordinal", "forked_from_ordinal_exclusive"),
        "base": text(mapping(payload, "history_base"), "thread_id"),
        "base_end": number(mapping(payload, "history_base"), "end_ordinal_exclusive"),
        "branch": text(mapping(payload, "git"), "branch"),
    }


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _turn_context(payload: Payload, base: Event) -> Iterator[Event]:
    turn = text(payload, "turn_id")
    yield Event("context", base.timestamp, turn=turn, role="meta", pointer=base.pointer, data=settings(payload))


def _compacted(payload: Payload, base: Event) -> Iterator[Event]:
    history = items(payload, "replacement_history")
    said = text(payload, "message")
    yield Event("compacted", base.timestamp, role="assistant", text=said, pointer="/payload")
    for index, item in enumerate(history):
        pointer = f"/payload/replacement_history/{index}"
        inner = Event("other", base.timestamp, pointer=pointer)
        for event in response_items.events(mapping(item), inner):
            yield _copied(event)


def _copied(event: Event) -> Event:
    """An item of replacement history is a copy: it names its call, but is no second call."""
    return Event(
        "other",
        event.timestamp,
        turn=event.turn,
        call_id=event.call_id,
        role=event.role,
        pointer=event.pointer,
        data={"copied": True, "of": event.kind, "record": event.data.get("record")},
    )


def _spoken_between_agents(payload: Payload, base: Event) -> Iterator[Event]:
    data = {"author": text(payload, "author"), "recipient": text(payload, "recipient")}
    said = text(payload, "content")
    yield Event("message", base.timestamp, role="assistant", text=said, pointer=base.pointer, data=data)


def _usage(payload: Payload, base: Event) -> Iterator[Event]:
    yield Event("request", base.timestamp, turn=text(payload, "turn_id"), role="meta", pointer=base.pointer)


_READERS: dict[str, Callable[[Payload, Event], Iterable[Event]]] = {
    "token_usage_record": _usage,
    "session_meta": _session_meta,
    "turn_context": _turn_context,
    "response_item": response_items.events,
    "event_msg": event_messages.events,
    "compacted": _compacted,
    "inter_agent_communication": _spoken_between_agents,
}
