# ruff: noqa: E501
"""Ids of a hostile log never carry a credential or an escape into positions and steps."""

from __future__ import annotations

import pytest

from auditor.formats.registry import DIALECTS
from auditor.model import Event
from auditor.trace.names import Names
from auditor.trace.sessions import read
from tests.trace.sources import Text, jsonl

ODD = [
    "npg_FakeName0001", "postgresql://app:npg_FakeName0001@h/db", "a b", "\x1b[31m", "x" * 200, "<script>", "Bearer abc",
    "napi_fakekeyfakekeyfakekey", "eyJhbGciOi", "0123456789abcdef0123456789abcdef01234567", "a\nb", "../../etc",
]  # fmt: skip
PLAIN = [
    "call_A1b2", "0198a1b2-c3d4-7e5f-8a9b-000000000001", "exec-0198a1b2-c3d4-7e5f-8a9b-000000000001", "item_0", "7", "srv-7",
    "toolu_01AbCdEf", "item_0_0", "mcp:neon", "turn-1",
]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_odd_ids_are_numbered(text: str) -> None:
    names = Names()
    event = names.event(Event("call", text, text, text, text))
    assert text not in (event.timestamp, event.session, event.turn, event.call_id)
    assert event.call_id == "odd-1"
    assert names.event(Event("output", call_id=text)).call_id == "odd-1"


@pytest.mark.parametrize("text", PLAIN)
def test_ids_pass(text: str) -> None:
    names = Names()
    for _ in range(2):
        assert names.event(Event("call", session=text, turn=text, call_id=text)).call_id == text


@pytest.mark.parametrize(
    "name", ["neon", "Neon Postgres", "@neondatabase/mcp-server-neon", "run_sql", "mcp-server (beta)"]
)
def test_server_names_pass(name: str) -> None:
    assert Names().event(Event("call", server=name, name=name, tool="mcp")).server == name


def test_odd_ids_still_pair_calls_with_outputs() -> None:
    odd = "npg_FakeName0001"
    call = {"type": "function_call", "name": "exec_command", "arguments": '{"cmd":"ls"}', "call_id": odd}
    output = {"type": "function_call_output", "call_id": odd, "output": "Exit code: 0\nOutput:\nx"}
    lines = [
        {"timestamp": odd, "type": "session_meta", "payload": {"id": odd, "cli_version": odd, "parent_thread_id": odd}}
    ]
    lines += [{"timestamp": odd, "type": "response_item", "payload": one} for one in (call, output)]
    found = read(Text(jsonl(*lines), "x.jsonl"), DIALECTS["codex-rollout"])
    assert found.calls[0].exit_code == 0
    position = found.position(3, "/payload/output")
    session = found.session
    for shown in (
        position.session,
        position.step,
        position.call_id,
        position.timestamp,
        session.cli_version,
        session.parent_id,
    ):
        assert odd not in shown
