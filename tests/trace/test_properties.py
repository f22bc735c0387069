# ruff: noqa: E501
"""Whatever order records come in, broken or whole: no exception, every line has a position, step ids are unique."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.formats.registry import DIALECTS
from auditor.trace.families import link
from auditor.trace.sessions import Transcript, read
from tests.formats.samples import SAMPLES
from tests.trace.sources import Text

IDS = st.sampled_from(["c1", "c2", "exec-1", ""])
THREADS = st.sampled_from(["0198a1b2-0000-7e5f-8a9b-00000000000a", "0198a1b9-0000-7e5f-8a9b-00000000000b", "odd"])
TEXTS = st.sampled_from(["", "x", "Exit code: 1\nOutput:\nx", "Process running with session ID 7\nOutput:\n", '{"output":"x","metadata":{"exit_code":0}}', "Script completed\nOutput:\n", "<user_shell_command><command>ls</command><result>x</result></user_shell_command>"])  # fmt: skip
TURNS = st.sampled_from(["0198a1b2-0001-7000-8000-000000000001", "0198a1b9-0001-7000-8000-000000000001", "u", ""])
SOURCE = 'text(await tools.exec_command({cmd: "ls"})); tools.mcp__a__b({}); tools.write_stdin({session_id: 7})'


def _payloads() -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    item = {"response_item": st.one_of(
        st.fixed_dictionaries({"type": st.just("function_call"), "name": st.sampled_from(["exec_command", "shell", "write_stdin", "run_sql", "wait", "x"]), "namespace": st.sampled_from(["", "mcp__neon"]), "arguments": st.sampled_from(['{"cmd":"ls"}', '{"session_id":7}', "{", '{"cell_id":"1"}']), "call_id": IDS}),
        st.fixed_dictionaries({"type": st.just("function_call_output"), "call_id": IDS, "output": st.one_of(TEXTS, st.lists(TEXTS.map(lambda said: {"type": "input_text", "text": said}), max_size=3))}),
        st.fixed_dictionaries({"type": st.just("custom_tool_call"), "name": st.just("exec"), "call_id": IDS, "input": st.just(SOURCE)}),
        st.fixed_dictionaries({"type": st.just("message"), "role": st.sampled_from(["user", "assistant"]), "content": st.lists(TEXTS.map(lambda said: {"type": "input_text", "text": said}), max_size=2)}),
    ), "event_msg": st.one_of(
        st.fixed_dictionaries({"type": st.sampled_from(["task_started", "task_complete", "turn_aborted", "user_message", "token_count"]), "turn_id": TURNS, "message": TEXTS}),
        st.fixed_dictionaries({"type": st.just("thread_rolled_back"), "num_turns": st.integers(-1, 5)}),
        st.fixed_dictionaries({"type": st.just("item_completed"), "turn_id": TURNS, "item": st.fixed_dictionaries({"type": st.sampled_from(["CommandExecution", "McpToolCall", "FileChange", "UserMessage"]), "id": IDS, "command": st.sampled_from([["bash", "-lc", "ls"], ["x"]]), "source": st.sampled_from(["agent", "user_shell"]), "status": st.sampled_from(["completed", "declined", "in_progress"]), "aggregated_output": TEXTS})}),
    ), "session_meta": st.fixed_dictionaries({"id": THREADS, "history_mode": st.sampled_from(["paginated", "legacy"]), "forked_from_id": THREADS, "subagent_history_start_ordinal": st.sampled_from([None, 3])}),
    "turn_context": st.fixed_dictionaries({"turn_id": TURNS, "model": st.just("m")}),
    "compacted": st.fixed_dictionaries({"message": TEXTS, "replacement_history": st.lists(st.fixed_dictionaries({"type": st.just("function_call_output"), "call_id": IDS, "output": TEXTS}), max_size=2)}),
    }  # fmt: skip
    return st.one_of(*(values.map(lambda payload, kind=kind: (kind, payload)) for kind, values in item.items()))


def check(found: Transcript, lines: int) -> None:
    ids = [call.id for call in found.calls]
    assert len(ids) == len(set(ids))
    for line in range(1, lines + 1):
        for pointer in (
            "",
            "/payload/output",
            "/payload/item/aggregated_output",
            "/payload/replacement_history/0/output",
        ):
            position = found.position(line, pointer)
            assert not position.step or position.step in ids
            assert not position.call_id or position.step
    for call in found.calls:
        assert call.status in {"ok", "failed", "declined", "running", "unknown"}
        assert call.root.feeds is None
        assert isinstance(call.output, str)


@given(st.lists(_payloads(), max_size=14), st.integers(0, 60), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_order_of_rollout_lines(payloads: list[tuple[str, dict[str, Any]]], step: int, torn: bool) -> None:
    lines = [
        json.dumps({"timestamp": f"2026-11-23T10:{n * step // 60 % 60:02d}:{n * step % 60:02d}.000Z", "ordinal": n, "type": kind, "payload": payload})
        for n, (kind, payload) in enumerate(payloads)
    ]  # fmt: skip
    data = "\n".join(lines).encode()
    found = read(Text(data[:-7] if torn else data), DIALECTS["codex-rollout"])
    check(found, len(lines))
    link([found, read(Text(data), DIALECTS["codex-rollout"])])


@pytest.mark.parametrize("family", sorted({name for name, _ in SAMPLES.values()}))
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_any_mix_of_sample_lines(family: str, data: st.DataObject) -> None:
    pool = [line for name, sample in SAMPLES.values() if name in {family, "plain"} for line in sample.splitlines()]
    lines = data.draw(st.lists(st.sampled_from(pool), max_size=25))
    found = read(Text(b"\n".join(lines), "mix.log"), DIALECTS[family])
    check(found, len(lines))
