"""How a credential got into the record, where the wire form alone would mislead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.document import Document, Incident
from auditor.trace import patches
from tests.trace.stories import PASSWORD, Story, spread, step, told, url

URL = url()


def _only(document: Document) -> Incident:
    (found,) = [one for one in document["incidents"] if one["origin"]["cause"]]
    return found


def _origin(folder: Path, story: Story) -> tuple[str, str]:
    origin = _only(told(folder, story))["origin"]
    return origin["cause"], origin["explanation"]


# commands of the user


def _typed(command: str, output: str) -> Story:
    said = (
        f"<user_shell_command>\n<command>\n{command}\n</command>\n<result>\nExit code: 0\nDuration: 0.1 seconds\n"
        f"Output:\n{output}\n</result>\n</user_shell_command>"
    )
    story = Story()
    story.says(said, role="user")
    return story


def test_what_a_command_of_the_user_prints_is_its_output(tmp_path: Path) -> None:
    document = told(tmp_path, _typed("cat .env", f"DATABASE_URL={URL}"))
    found = _only(document)
    assert found["origin"]["cause"] == "tool-output"
    assert found["origin"]["explanation"] == "`cat .env` printed it."
    assert {one["role"] for one in found["occurrences"]} == {"tool"}


def test_the_command_of_several_that_printed_it(tmp_path: Path) -> None:
    story = _typed("export NODE_ENV=production; npx drizzle-kit migrate", f"Error: Invalid URL\n  input: '{URL}'")
    assert _origin(tmp_path, story) == ("tool-output", "`npx drizzle-kit migrate` printed it.")


@pytest.mark.parametrize("output", ["", f"connected to {URL}"])
def test_what_the_user_wrote_in_a_command_is_literal(tmp_path: Path, output: str) -> None:
    cause, explanation = _origin(tmp_path, _typed(f"psql {URL} -c 'select 1'", output))
    assert cause == "command-literal"
    assert "written literally in the command `psql" in explanation


def test_the_environment_of_a_call_is_no_text_of_its_command(tmp_path: Path) -> None:
    story = Story()
    action: dict[str, Any] = {
        "type": "exec",
        "command": ["bash", "-lc", "env | grep DB_"],
        "env": {"DB_PASSWORD": PASSWORD},
    }
    story.item(type="local_shell_call", call_id="c1", status="completed", action=action)
    story.output("c1", f"Wall time: 1 seconds\nProcess exited with code 0\nOutput:\nDB_PASSWORD={PASSWORD}\n")
    assert _origin(tmp_path, story) == (
        "tool-argument",
        "It was given in the environment of the call `env | grep DB_`; nothing earlier in the record shows it.",
    )


# calls of other tools


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        ({"type": "search", "query": f"postgres error {URL}"}, "`web_search(postgres error postgresql://"),
        ({"type": "open_page", "url": f"https://fake.test/?q={URL}"}, "`web_search(https://fake.test/?q=postgres"),
    ],
)
def test_a_query_is_an_argument_of_the_search(tmp_path: Path, action: dict[str, str], shown: str) -> None:
    story = Story()
    story.item(type="web_search_call", id="ws_1", status="completed", action=action)
    cause, explanation = _origin(tmp_path, story)
    assert cause == "tool-argument"
    assert explanation.startswith(f"It was an argument of {shown}")
    assert PASSWORD not in explanation


def test_a_prompt_of_a_sub_agent_is_an_argument(tmp_path: Path) -> None:
    story = Story()
    arguments = json.dumps({"message": f"migrate {URL}"})
    story.item(type="function_call", name="spawn_agent", arguments=arguments, call_id="c1")
    assert _origin(tmp_path, story)[1].startswith("It was an argument of `spawn_agent(migrate postgresql://")


# code mode


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("const [a, b] = await Promise.all([{}, {}]); text(a.output); text(b.output);", "`npx drizzle-kit migrate`"),
        ("const r = await Promise.all([{}, {}]); text(r[i].output); text(r[j].output);", "`const r = await Promise"),
    ],
)
def test_the_call_of_a_script_that_printed_it(tmp_path: Path, script: str, told: str) -> None:
    story = Story()
    calls = [f"tools.exec_command({{cmd: '{cmd}'}})" for cmd in ("git status", "npx drizzle-kit migrate")]
    story.item(type="custom_tool_call", status="completed", call_id="c1", name="exec", input=script.format(*calls))
    texts = [
        "Script completed\nWall time 0.8 seconds\nOutput:\n",
        "nothing to commit\n",
        f"Error: Invalid URL '{URL}'\n",
    ]
    story.item(
        type="custom_tool_call_output", call_id="c1", output=[{"type": "input_text", "text": text} for text in texts]
    )
    cause, explanation = _origin(tmp_path, story)
    assert cause == "tool-output"
    assert explanation.startswith(told)


# patches

END = "; nothing earlier in the record shows it."


def _patched(patch: str, changes: dict[str, Any], story: Story | None = None) -> Story:
    story = story or Story(cwd="/home/dev/shop")
    text = f"*** Begin Patch\n{patch}*** End Patch\n"
    story.item(type="custom_tool_call", status="completed", call_id="c1", name="apply_patch", input=text)
    story.event(type="patch_apply_end", call_id="c1", stdout="", stderr="", success=True, changes=changes)
    return story


def _update(*lines: str, story: Story | None = None) -> Story:
    diff = "".join(f"{line}\n" for line in lines)
    changes = {"/home/dev/shop/.env": {"type": "update", "unified_diff": f"@@ -1 +1 @@\n{diff}", "move_path": None}}
    return _patched(f"*** Update File: .env\n@@\n{diff}", changes, story)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            (f"-DATABASE_URL={URL}", "+DATABASE_URL=${DATABASE_URL}"),
            "A patch removed it from .env, where it had been on disk" + END,
        ),
        (
            (f" DATABASE_URL={URL}", "+DEBUG=1"),
            "A patch quoted it from .env, where it had been on disk" + END,
        ),
        (("-DATABASE_URL=", f"+DATABASE_URL={URL}"), "A patch wrote it into .env" + END),
        ((f"-DB_URL={URL}", f"+DATABASE_URL={URL}"), "A patch wrote it into .env" + END),
    ],
)
def test_what_a_patch_did_to_it(tmp_path: Path, lines: tuple[str, ...], told: str) -> None:
    assert _origin(tmp_path, _update(*lines)) == ("file-change", told)


def test_a_file_that_is_deleted_had_it(tmp_path: Path) -> None:
    changes = {
        "/home/dev/shop/a.txt": {"type": "add", "content": "x\n"},
        "/home/dev/shop/.env": {"type": "delete", "content": f"DATABASE_URL={URL}\n"},
    }
    story = _patched("*** Add File: a.txt\n+x\n*** Delete File: .env\n", changes)
    assert _origin(tmp_path, story) == ("file-change", "A patch removed it from .env, where it had been on disk" + END)


def test_the_file_of_several_that_holds_it(tmp_path: Path) -> None:
    story = _patched(
        f"*** Add File: a.txt\n+x\n*** Add File: b.env\n+DATABASE_URL={URL}\n*** Add File: c.txt\n+x\n", {}
    )
    assert _origin(tmp_path, story) == ("file-change", "A patch wrote it into b.env" + END)


def test_a_file_by_two_names_is_one(tmp_path: Path) -> None:
    document = told(tmp_path, _update(f"-DATABASE_URL={URL}", "+x"))
    assert step(document, "c1")["command"] == "apply_patch update .env"


def test_a_removal_carries_nothing_on(tmp_path: Path) -> None:
    story = Story(cwd="/home/dev/shop").sh("c0", "cat .env", f"DATABASE_URL={URL}\n")
    story = _update(f"-DATABASE_URL={URL}", "+x", story=story)
    assert [kind for kind, _, _ in spread(_only(told(tmp_path, story)))] == ["message"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "delete", "content": f"A={URL}\n"}, "A patch removed it from .env, where it had been on disk" + END),
        ({"type": "add", "content": f"A={URL}\n"}, "A patch wrote it into .env" + END),
        ({"type": "update", "unified_diff": f"@@ -1 +1 @@\n-A={URL}\n+A=\n"}, "A change of .env held it" + END),
    ],
)
def test_a_change_without_its_patch(tmp_path: Path, change: dict[str, str], told: str) -> None:
    story = Story(cwd="/home/dev/shop")
    story.event(type="patch_apply_end", call_id="c1", stdout="", stderr="", success=True, changes={".env": change})
    assert _origin(tmp_path, story) == ("file-change", told)


@pytest.mark.parametrize(
    ("cwd", "names"),
    [("/w", [".env", "/w/.env", "./.env"]), ("C:\\w", ["a\\b.sql", "c:\\W\\a\\b.sql", "a/b.sql"]), ("", ["x", "./x"])],
)
def test_names_of_one_file(cwd: str, names: list[str]) -> None:
    assert list(patches.distinct(dict.fromkeys(names, "update"), cwd)) == [min(names, key=lambda one: (len(one), one))]
