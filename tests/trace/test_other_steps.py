"""What nobody knows is a step `other` with the place of its text, never an exception."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trace.stories import Story, told, url

URL = url()


@pytest.mark.parametrize(
    ("command", "tool", "action"),
    [
        (f"frobnicate --url {URL}", "frobnicate", "other"),
        (f'if then "unclosed {URL}', "if", "other"),
        (f"((( {URL} $(", "shell", "other"),
        ("\x00\x1b[2J", "shell", "other"),
        ("", "shell", "other"),
        (f"{'x ' * 500_000}{URL}", "x", "other"),
        (f"{'(' * 500_000} {URL}", "shell", "other"),
        (f"psql {URL} {'x' * 1_000_000}", "psql", "sql"),
        (f"echo {'a[ ' * 300_000} {URL}", "shell", "other"),
    ],
    ids=["unknown", "syntax", "nesting", "control", "empty", "words", "parentheses", "one word", "look-ahead"],
)
def test_any_command_is_a_step_with_its_place(tmp_path: Path, command: str, tool: str, action: str) -> None:
    story = Story().sh("c1", command)
    document = told(tmp_path, story)
    (step,) = [one for one in document["steps"] if one["call_id"] == "c1"]
    assert (step["tool"], step["action"]) == (tool, action)
    assert (step["place"]["line"], step["place"]["pointer"]) == (4, "/payload")
    assert len(step["command"]) < 3000
    assert [one["origin"]["step"] for one in document["incidents"]] == [step["id"]] * (URL in command)
