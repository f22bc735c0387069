"""What is kept of a source stays bounded, whatever its size."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator

import pytest

from auditor.formats.registry import DIALECTS
from auditor.trace import budget, ledger
from auditor.trace.budget import Budget
from auditor.trace.sessions import read
from tests.trace.sources import Block, Text, jsonl


def test_short_texts_are_kept_whole_long_ones_by_head_and_tail() -> None:
    kept = Budget()
    assert kept.take("abc") == ("abc", False)
    text, cut = kept.take("a" * 100_000 + "END")
    assert cut
    assert text.startswith("aaa")
    assert text.endswith("END")
    assert len(text) < 66_000


def test_later_texts_are_kept_less_and_less() -> None:
    kept = Budget()
    text = "x" * 60_000
    sizes = [len(kept.take(text)[0]) for _ in range(50_000)]
    assert sizes[0] == 60_000
    assert sizes[-1] == 0
    assert sum(sizes) < 60 << 20


def test_arguments_count_too() -> None:
    kept = Budget()
    big = {"a": ["y" * 1_000_000]}
    assert sum(1 for _ in range(200) if kept.take_all(big)["a"] is not None) < 60


def test_calls_beyond_the_limit_are_cut_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "CALLS", 3)
    call = {"type": "function_call", "name": "exec_command", "arguments": '{"cmd":"ls"}'}
    lines = [{"timestamp": "t", "type": "response_item", "payload": {**call, "call_id": f"c{n}"}} for n in range(6)]
    found = read(Text(jsonl(*lines)), DIALECTS["codex-rollout"])
    assert len(found.calls) == 3
    assert found.cut
    assert found.position(6).step == ""


class Endless:
    """A long session made as it is read, never held."""

    path = "rollout.jsonl"

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def chunks(self) -> Iterator[Block]:
        body = "x" * 20_000
        for number in range(self.calls):
            call = {
                "type": "function_call",
                "name": "exec_command",
                "arguments": json.dumps({"cmd": "ls"}),
                "call_id": f"c{number}",
            }
            output = {
                "type": "function_call_output",
                "call_id": f"c{number}",
                "output": f"Exit code: 0\nOutput:\n{number}{body}",
            }
            data = jsonl(*({"timestamp": "t", "type": "response_item", "payload": one} for one in (call, output)))
            yield Block(data, 0, 2 * number + 1)


def test_memory_is_bounded_by_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "_STAGES", ((1 << 20, 64 << 10), (2 << 20, 256)))
    tracemalloc.start()
    found = read(Endless(2_000), DIALECTS["codex-rollout"], lines=frozenset({4}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 << 20
    assert len(found.calls) == 2_000
    assert found.position(4, "/payload/output").call_id == "c1"
    assert found.position(6).call_id == ""
