"""What is typed into a command that runs: joined to it, and not shown where it answers a prompt for a password."""

from __future__ import annotations

import json

import pytest

from auditor.trace.steps import ANSWER, Surveyor
from tests.trace.test_sessions import SECRET, Tape, header


@pytest.mark.parametrize("typed", ["FkTypedPw9", 'a"b', "x\\y z", "ab"])
def test_what_is_typed_at_a_password_prompt_is_not_shown(typed: str) -> None:
    """Also what no rule takes for a password: short, or with blanks, quotes and backslashes."""
    tape = Tape()
    tape.call("c1", "psql -h db -U app shop")
    tape.output("c1", "Process running with session ID 7\nOutput:\nPassword for user app: ")
    given = json.dumps({"session_id": 7, "chars": f"{typed}\n"})
    tape.item(type="function_call", name="write_stdin", call_id="c2", arguments=given)
    tape.output("c2", "Process running with session ID 7\nOutput:\nshop=> ")
    given = json.dumps({"session_id": 7, "chars": "SELECT 1;\n"})
    tape.item(type="function_call", name="write_stdin", call_id="c3", arguments=given)
    surveyor = Surveyor("x")
    texts = [step.shown for call in tape.read().calls for step in surveyor.steps(call)]
    assert texts == ["psql -h db -U app shop", ANSWER, "SELECT 1;\n"]


def test_both_answers_to_a_change_of_password_are_not_shown() -> None:
    tape = Tape()
    tape.call("c1", "psql -h db -U app shop")
    prompts = ("shop=> ", 'Enter new password for user "app": ', "\nEnter it again: ", "\nshop=> ")
    for number, prompt in enumerate(prompts, 1):
        tape.output(f"c{number}", f"Process running with session ID 7\nOutput:\n{prompt}")
        given = json.dumps({"session_id": 7, "chars": ("\\password app\n", "ab\n", "ab\n", "SELECT 1;\n")[number - 1]})
        tape.item(type="function_call", name="write_stdin", call_id=f"c{number + 1}", arguments=given)
    surveyor = Surveyor("x")
    texts = [step.shown for call in tape.read().calls for step in surveyor.steps(call)]
    assert texts == ["psql -h db -U app shop", "\\password app\n", ANSWER, ANSWER, "SELECT 1;\n"]


def test_write_stdin_is_joined_to_the_command_it_feeds() -> None:
    tape = Tape()
    tape.call("c1", "psql")
    tape.output("c1", "Wall time: 1 seconds\nProcess running with session ID 42\nOutput:\n> ")
    typed = tape.item(
        type="function_call", name="write_stdin", call_id="c2", arguments='{"session_id":42,"chars":"\\\\q"}'
    )
    out = tape.output("c2", header(3, SECRET))
    transcript = tape.read()
    root, feeding = transcript.calls
    assert feeding.root is root
    assert (root.exit_code, root.status, len(root.outputs)) == (3, "failed", 2)
    assert transcript.position(out, "/payload/output").step == root.id
    assert transcript.position(out).call_id == "c2"
    assert transcript.position(typed, "/payload/arguments").step == feeding.id
