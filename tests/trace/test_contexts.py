"""How many model requests contained a credential: order of bookings, rollback, compaction, forks."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.document import Document
from tests.trace.stories import Story, told, url
from tests.trace.test_sessions import OWN, header

LEAK = f"DATABASE_URL={url()}\n"


def _requests(document: Document) -> int:
    (one,) = document["incidents"]
    return one["exposure"]["model_requests"]


def _call(story: Story, order: str, call_id: str, text: str = "") -> None:
    """One request that answers with a call, as files of three times book it."""
    if order == "before":
        story.asked()
    story.call(call_id, "cat .env" if text else "ls")
    if order == "between":
        story.add("token_usage_record", {"turn_id": "t"})
    story.output(call_id, header(0, text))
    if order in {"after", "between"}:
        story.asked()


@pytest.mark.parametrize("order", ["before", "between", "after"])
def test_the_request_that_asked_for_the_output_did_not_contain_it(tmp_path: Path, order: str) -> None:
    story = Story()
    for call_id, text in (("c1", ""), ("c2", LEAK), ("c3", ""), ("c4", "")):
        _call(story, order, call_id, text)
    assert _requests(told(tmp_path, story)) == 2


@pytest.mark.parametrize("order", ["before", "between", "after"])
def test_what_the_model_wrote_is_in_the_next_request(tmp_path: Path, order: str) -> None:
    story = Story()
    _call(story, order, "c1")
    if order == "before":
        story.asked()
    story.call("c2", f"psql {url()} -c 'select 1'")
    if order == "between":
        story.add("token_usage_record", {"turn_id": "t"})
    story.output("c2", header(0, ""))
    if order in {"after", "between"}:
        story.asked()
    for call_id in ("c3", "c4", "c5"):
        _call(story, order, call_id)
    assert _requests(told(tmp_path, story)) == 3


def test_a_rollback_ends_the_context_of_its_turns(tmp_path: Path) -> None:
    story = Story().sh("c1", "ls")
    story.event(type="task_complete", turn_id="t1")
    story.event(type="task_started", turn_id="t2")
    story.sh("c2", "cat .env", LEAK).sh("c3", "ls")
    story.event(type="thread_rolled_back", num_turns=1)
    story.event(type="task_started", turn_id="t3")
    story.sh("c4", "ls").sh("c5", "ls")
    assert _requests(told(tmp_path, story)) == 1


def test_a_rollback_of_later_turns_does_not(tmp_path: Path) -> None:
    story = Story().sh("c1", "cat .env", LEAK)
    story.event(type="task_started", turn_id="t2")
    story.sh("c2", "ls")
    story.event(type="thread_rolled_back", num_turns=1)
    story.event(type="task_started", turn_id="t3")
    story.sh("c3", "ls")
    assert _requests(told(tmp_path, story)) == 2


def test_a_value_that_stands_twice_is_counted_once_a_request(tmp_path: Path) -> None:
    story = Story().sh("c1", "cat .env", LEAK).sh("c2", "cat .env", LEAK).sh("c3", "ls")
    assert _requests(told(tmp_path, story)) == 2


def test_a_fork_begins_with_what_its_parent_held(tmp_path: Path) -> None:
    parent = Story().sh("c1", "cat .env", LEAK).sh("c2", "ls")
    other = "0198a1b2-c3d4-7e5f-8a9b-00000000000f"
    base = {"thread_id": OWN, "end_ordinal_exclusive": len(parent.records), "end_byte_offset": 1}
    fork = Story(other, forked_from_id=OWN, history_base=base).sh("c3", "ls").sh("c4", "ls")
    assert _requests(told(tmp_path, parent, fork)) == 1 + 2


def test_a_fork_from_before_the_leak_does_not(tmp_path: Path) -> None:
    parent = Story().sh("c0", "ls")
    base = {"thread_id": OWN, "end_ordinal_exclusive": len(parent.records), "end_byte_offset": 1}
    parent.sh("c1", "cat .env", LEAK).sh("c2", "ls")
    other = "0198a1b2-c3d4-7e5f-8a9b-00000000000f"
    fork = Story(other, forked_from_id=OWN, history_base=base).sh("c3", "ls").sh("c4", "ls")
    assert _requests(told(tmp_path, parent, fork)) == 1
