# ruff: noqa: E501
"""Several sources of one session tell the same call by the same step."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import Any

from auditor.formats.registry import DIALECTS, detect
from auditor.trace.families import link
from auditor.trace.sessions import Transcript, read, released_calls
from tests.trace.sources import Block, Text, jsonl

PARENT, CHILD = "0198a1b2-0000-7e5f-8a9b-00000000000a", "0198a1b9-0000-7e5f-8a9b-00000000000b"
TIME = "2026-11-23T10:00:{:02d}.000Z"


def rollout(session: str, *payloads: tuple[str, dict[str, Any]], **meta: object) -> Transcript:
    lines: list[dict[str, Any]] = [
        {"timestamp": TIME.format(0), "type": "session_meta", "payload": {"id": session, **meta}}
    ]
    for number, (kind, payload) in enumerate(payloads, 1):
        lines.append({"timestamp": TIME.format(number), "type": kind, "payload": payload})
    return read(Text(jsonl(*lines), f"rollout-{session}.jsonl"), DIALECTS["codex-rollout"])


def asked(call_id: str, cmd: str) -> tuple[str, dict[str, Any]]:
    return "response_item", {
        "type": "function_call",
        "name": "exec_command",
        "arguments": json.dumps({"cmd": cmd}),
        "call_id": call_id,
    }


def mcp(call_id: str, name: str, **arguments: object) -> tuple[str, dict[str, Any]]:
    return "response_item", {
        "type": "function_call",
        "name": name,
        "namespace": "mcp__neon",
        "arguments": json.dumps(arguments),
        "call_id": call_id,
    }


def prompt(text: str) -> tuple[str, dict[str, Any]]:
    return "event_msg", {"type": "user_message", "message": text}


def started(turn: str) -> tuple[str, dict[str, Any]]:
    return "event_msg", {"type": "task_started", "turn_id": turn}


def stream(session: str, *commands: str) -> Transcript:
    items = [
        {"type": "item.completed", "item": {"id": f"item_{n}", "type": "command_execution", "command": f"/bin/bash -lc '{cmd}'", "aggregated_output": "", "exit_code": 0, "status": "completed"}}
        for n, cmd in enumerate(commands)
    ]  # fmt: skip
    return read(
        Text(jsonl({"type": "thread.started", "thread_id": session}, {"type": "turn.started"}, *items), "out.jsonl"),
        DIALECTS["codex-exec"],
    )


def test_stream_calls_take_the_rollouts_steps_in_order() -> None:
    own = rollout(PARENT, started("u1"), asked("c1", "ls"), asked("c2", "cat .env"), asked("c3", "ls"))
    capture = stream(PARENT, "ls", "cat .env", "ls", "never recorded")
    link([capture, own])
    assert [call.id.rpartition("/")[2] for call in capture.calls] == ["c1", "c2", "c3", "item_3"]
    position = capture.position(4, "/item/aggregated_output")
    assert (position.turn, position.call_id, position.step, position.timestamp) == ("u1", "c2", f"{PARENT}/c2", "")
    assert capture.position(2).turn == "u1"


def test_history_prompts_find_their_turn() -> None:
    own = rollout(PARENT, started("u1"), prompt("one"), started("u2"), prompt("two"), started("u3"), prompt("three"))
    lines = [{"session_id": PARENT, "ts": 1795446942, "text": text} for text in ("one", "three")]
    history = read(Text(jsonl(*lines), "history.jsonl"), DIALECTS["codex-history"])
    link([own, history])
    assert [history.position(line).turn for line in (1, 2)] == ["u1", "u3"]


def test_copies_in_a_fork_without_second_meta_are_the_parents() -> None:
    parent = rollout(PARENT, asked("c1", "cat .env"), asked("c2", "ls"))
    child = rollout(CHILD, asked("c1", "cat .env"), asked("c2", "other"), forked_from_id=PARENT)
    link([child, parent])
    assert [(call.id, call.copied_from) for call in child.calls] == [(f"{PARENT}/c1", PARENT), (f"{CHILD}/c2", "")]
    assert child.position(2, "/payload/arguments").session == PARENT
    copy = replace(child)
    assert len(list(released_calls([parent, child]))) == 3
    assert len(list(released_calls([copy]))) == 2
    assert parent.calls == child.calls == copy.calls == []


def test_sub_agent_knows_the_call_that_started_it() -> None:
    spawn = (
        "response_item",
        {"type": "function_call", "name": "spawn_agent", "arguments": '{"message":"go"}', "call_id": "c1"},
    )
    answer = (
        "response_item",
        {"type": "function_call_output", "call_id": "c1", "output": json.dumps({"agent_id": CHILD})},
    )
    parent = rollout(PARENT, spawn, answer)
    child = rollout(
        CHILD, source={"subagent": {"thread_spawn": {"parent_thread_id": PARENT, "depth": 1, "agent_role": "worker"}}}
    )
    link([parent, child])
    assert child.session.spawned_by is parent.calls[0]
    assert (child.session.agent, child.session.parent_id) == ("worker", PARENT)
    assert parent.calls[0].command == "go"


def test_database_rows_take_step_and_time_of_the_rollout() -> None:
    done = "response_item", {"type": "function_call_output", "call_id": "c1", "output": "x"}
    own = rollout(PARENT, started("u1"), asked("c1", "cat .env"), done)
    item = {
        "type": "commandExecution",
        "id": "c1",
        "command": "cat .env",
        "aggregatedOutput": "x",
        "status": "completed",
    }
    cells = [
        Block(PARENT.encode(), 0, 0, "thread_items[rowid=1].thread_id"),
        Block(json.dumps(item).encode(), 0, 0, "thread_items[rowid=1].item_json"),
    ]

    class Rows:
        path = "thread_history_1.sqlite"

        def chunks(self) -> list[Block]:
            return cells

    rows = read(Rows(), DIALECTS["sqlite"])
    link([rows, own])
    position = rows.position(0, "thread_items[rowid=1].item_json#/aggregatedOutput")
    assert (position.step, position.turn, position.timestamp) == (f"{PARENT}/c1", "u1", TIME.format(3))


def test_mcp_log_names_the_sessions_step_when_time_and_arguments_fit() -> None:
    own = rollout(PARENT, mcp("c1", "run_sql", sql="a"), mcp("c2", "run_sql", sql="b"))
    line = '{} [neon] [info] Message from client: {{"method":"tools/call","params":{{"name":"run_sql","arguments":{{"sql":"{}"}}}},"jsonrpc":"2.0","id":{}}}\n'
    data = (line.format(TIME.format(5), "b", 1) + line.format("2026-11-24T10:00:00.000Z", "a", 2)).encode()
    log = read(Text(data, "mcp-server-neon.log"), detect(data, "x"))
    link([log, own])
    assert log.position(1, "/params/arguments/sql").step == f"{PARENT}/c2"
    assert log.position(2, "/params/arguments/sql").step.endswith("/2")
    assert log.position(1).session.startswith("mcp:neon@")


def test_link_is_idempotent_and_order_free_and_transcripts_travel() -> None:
    def make() -> list[Transcript]:
        return [
            rollout(PARENT, asked("c1", "a")),
            rollout(CHILD, asked("c1", "a"), forked_from_id=PARENT),
            stream(PARENT, "a"),
        ]

    one, two = make(), make()
    link(one)
    link(one)
    link(two[::-1])
    for first, second in zip(one, two, strict=True):
        assert [call.id for call in first.calls] == [call.id for call in second.calls]
        again: Transcript = pickle.loads(pickle.dumps(first))
        assert again.position(2) == first.position(2)
