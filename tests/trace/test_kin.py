"""Which sources are read together: all that share a session, and no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.formats.registry import DIALECTS
from auditor.trace import kin
from tests.trace.sources import Block, Text, jsonl

ROLLOUT = DIALECTS["codex-rollout"]
A, B, C = (f"0198a1b2-c3d4-7e5f-8a9b-00000000000{n}" for n in "abc")


def _meta(**fields: object) -> dict[str, object]:
    return {"timestamp": "2026-11-23T10:00:00.000Z", "type": "session_meta", "payload": fields}


def test_a_rollout_names_itself_its_parents_and_whom_it_copies() -> None:
    said = {"timestamp": "2026-11-23T10:00:01.000Z", "type": "event_msg", "payload": {"message": '"session_meta"' * 9}}
    source = Text(jsonl(_meta(id=A, forked_from_id=B), said, _meta(id=C)), "rollout-x.jsonl")
    assert kin.of_rollout(source, ROLLOUT) == {A, B, C, "file:rollout-x.jsonl"}


def test_the_head_of_a_line_too_long_for_a_block_tells_too() -> None:
    data = jsonl(_meta(id=A, forked_from_id=B, base_instructions="x" * 5000))[:4000]

    class Long:
        path = "rollout-x.jsonl"

        def chunks(self) -> list[Block]:
            return [Block(data, partial=True)]

    assert {A, B} <= kin.of_rollout(Long(), ROLLOUT)


def test_ids_that_may_not_be_shown_are_never_told_apart() -> None:
    first, second = (
        kin.of_rollout(Text(jsonl(_meta(id=name)), f"rollout-{A}.jsonl"), ROLLOUT) for name in ("a b\n", "c://d")
    )
    assert first & second


@given(st.lists(st.sets(st.integers(0, 12), max_size=3), max_size=12))
def test_groups_share_no_name_and_keep_everything(names: list[set[int]]) -> None:
    groups = kin.grouped(range(len(names)), lambda item: map(str, names[item]))
    assert sorted(item for group in groups for item in group) == list(range(len(names)))
    held = [{name for item in group for name in names[item]} for group in groups]
    for number, one in enumerate(held):
        assert not any(one & other for other in held[:number])
    for group in groups:  # connected, so no larger than need be
        reached, more = {group[0]}, True
        while more:
            near = {item for item in group if any(names[item] & names[other] for other in reached)}
            more, reached = bool(near - reached), reached | near
        assert reached == set(group)


def test_a_log_of_a_host_may_be_about_any_session() -> None:
    assert kin.grouped([1, 2, 3], lambda item: {kin.EVERYTHING} if item == 2 else {str(item)}) == [[1, 2, 3]]


def test_an_audit_of_families_is_that_of_everything_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fixtures hold forks, sub-agents, captures and databases of the same sessions."""
    folder = Path(__file__).resolve().parents[2] / "fixtures"
    names = [str(path) for path in sorted(folder.iterdir()) if path.is_dir() and path.name != "mcp_logs"]
    request = ScanRequest(paths=names, key=b"k" * 32, every_session=True)
    grouped, families = kin.grouped, []

    def watched(items: Sequence[int], names: Callable[[int], set[str]]) -> list[list[int]]:
        families.append(grouped(items, names))
        return families[-1]

    monkeypatch.setattr(kin, "grouped", watched)
    apart = audit(request)
    assert len(families[0]) > 5
    assert max(map(len, families[0])) > 1
    monkeypatch.setattr(kin, "grouped", lambda items, names: [list(items)] if [*map(names, items)] else [])
    assert audit(request) == apart
    assert apart["steps"]
