"""Streams of Codex's app-server (IDE, desktop) and of `codex mcp-server`: JSON-RPC, usually without `jsonrpc`.

Source: openai/codex, codex-rs/app-server-protocol (v2: `thread/…`, `turn/…`, `item/…`) and codex-rs/mcp-server
(`codex/event` notifications with EventMsg shapes). One object per line, both directions in one capture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor import lazy
from auditor.formats import event_messages, mcp_messages, response_items
from auditor.formats import items as turn_items
from auditor.formats.context import settings
from auditor.formats.dialect import LineDialect
from auditor.formats.envelope import iso, mapping, number, parse, text, unread
from auditor.formats.messages import spoken
from auditor.model import Event

_HINT = lazy.compile(
    rb'"method"\s*:\s*"(?:thread/(?:start|started|resume|fork|name|tokenUsage)|turn/(?:start|started|completed|interrupt)|'
    rb"item/(?:started|completed|[a-zA-Z]+/[a-zA-Z]+)|codex/event(?:/[a-z_]+)?|newConversation|sendUserMessage|sendUserTurn)"
)


class AppServer(LineDialect):
    """App-server and MCP server mode."""

    name = "codex-app-server"
    family = "codex-exec"
    pieces = True

    def recognises(self, head: bytes, name: str) -> float:
        return 0.93 if head.lstrip()[:1] in b"{" and _HINT.search(head) else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        value = parse(record)
        if not isinstance(value, dict):
            yield Event("other", role="log")
            return
        method, params, stamp = text(value, "method"), mapping(value, "params"), _time(value)
        if method == "codex/event" or method.startswith("codex/event/"):
            thread = text(params, "conversationId", "conversation_id", "threadId", "thread_id")
            yield from event_messages.events(
                mapping(params, "msg"), Event("other", stamp, thread, pointer="/params/msg")
            )
        elif method:
            yield from _message(method, params, stamp)
        else:
            yield from _answer(value)


def _time(value: Mapping[str, Any]) -> str:
    """Time the server sent a notification; requests and answers have none."""
    milliseconds = number(value, "emittedAtMs")
    return iso(milliseconds / 1000) if milliseconds else ""


def _message(method: str, params: Mapping[str, Any], stamp: str) -> Iterator[Event]:
    session, turn = text(params, "threadId", "conversationId"), _turn(params)
    base = Event("other", stamp, session, turn, role="meta", pointer="/params")
    if method in {"item/started", "item/completed"}:
        times = {"started_ms": number(params, "startedAtMs"), "ended_ms": number(params, "completedAtMs")}
        inner = Event("other", stamp, session, turn, pointer="/params/item", data=times)
        yield from turn_items.events(mapping(params, "item"), inner)
    elif method == "rawResponseItem/completed":
        yield from response_items.events(mapping(params, "item"), base)
    elif method == "thread/started":
        yield _thread(mapping(params, "thread"), base)
    elif method in {"turn/started", "turn/completed"}:
        kind: Any = "turn-start" if method.endswith("started") else "turn-end"
        done = text(mapping(params, "turn"), "status") == "completed"
        status: Any = "" if kind == "turn-start" else "ok" if done else "failed"
        yield base._replace(kind=kind, status=status)
    elif method == "thread/tokenUsage/updated":
        yield base._replace(kind="request")
    elif method in {"turn/start", "sendUserTurn", "sendUserMessage"}:
        yield spoken("user", _typed(params), base)
    elif "requestApproval" in method or method.endswith("Approval"):
        call_id = text(params, "itemId", "callId")
        yield Event(
            "other", session=session, turn=turn, call_id=call_id, role="assistant", data={"approval_asked": True}
        )
    else:
        call_id = text(params, "itemId", "callId")
        role: Any = "tool" if "utput" in method else "assistant" if call_id else "meta"
        yield base._replace(call_id=call_id, role=role, data=unread(method) if role == "meta" else base.data)


def _turn(params: Mapping[str, Any]) -> str:
    return text(params, "turnId") or text(mapping(params, "turn"), "id")


def _typed(params: Mapping[str, Any]) -> str:
    parts = params.get("input", params.get("items"))
    texts = [
        text(part, "text") or text(mapping(part, "data"), "text") for part in parts or () if isinstance(part, dict)
    ]
    return "\n".join(texts)


def _thread(thread: Mapping[str, Any], base: Event) -> Event:
    named = text(thread, "id")
    data = {
        "id": named,
        "root_id": text(thread, "sessionId"),
        "parent_id": text(thread, "parentThreadId"),
        "forked_from": text(thread, "forkedFromId"),
        "cli_version": text(thread, "cliVersion"),
        **settings(thread),
    }
    return Event("session", base.timestamp, named, role="meta", pointer=base.pointer, data=data)


def _answer(value: Mapping[str, Any]) -> Iterator[Event]:
    """A response: the thread it opened, where it names one."""
    result = mapping(value, "result")
    if thread := mapping(result, "thread"):
        yield _thread({**result, **thread}, Event("other", pointer="/result"))
    elif text(result, "conversationId"):
        yield _thread({"id": text(result, "conversationId"), **result}, Event("other", pointer="/result"))
    elif mcp_messages.is_message(value):
        yield Event("other", role="meta", data=unread("error" if mapping(value, "error") else ""))
    else:
        yield Event("other", role="log")
