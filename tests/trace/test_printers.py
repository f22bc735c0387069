"""Which of several commands of a call printed a credential: not the one that prints nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trace.stories import Story, incident, told, url

URL = url()
NODE_ERROR = f"Error: Invalid URL\n  input: '{URL}'\n"
BARE_ERROR = f"cannot connect to {URL}\n"
SILENT = [
    "export NODE_ENV=production;",
    "source .env &&",
    "set -a; source .env; set +a;",
    "export DATABASE_URL=$(grep DATABASE_URL .env | cut -d= -f2-);",
    "export DATABASE_URL=$(neonctl connection-string main) &&",
    "cp .env.example .env &&",
    "cp -f .env.example .env;",
    "sed -i 's/a/b/' .env &&",
    "sed -E -i.bak 's/a/b/' .env &&",
    "neonctl set-context --project-id fake-river-12345678 &&",
    "docker compose up -d db && sleep 3 &&",
    "mkdir -p out && declare PGSSLMODE=require &&",
]


@pytest.mark.parametrize("output", [NODE_ERROR, BARE_ERROR])
@pytest.mark.parametrize("before", SILENT)
def test_what_prints_nothing_printed_nothing(tmp_path: Path, before: str, output: str) -> None:
    story = Story().sh("c1", f"{before} npx drizzle-kit migrate", output, 1)
    assert _printed(tmp_path, story) == ("drizzle", "apply", "npx drizzle-kit migrate")


@pytest.mark.parametrize("output", [NODE_ERROR, BARE_ERROR])
def test_a_script_of_a_shell_that_prints_nothing_before(tmp_path: Path, output: str) -> None:
    story = Story().sh("c1", "bash -c 'source .env && npx drizzle-kit migrate'", output, 1)
    assert _printed(tmp_path, story)[:2] == ("drizzle", "apply")


def test_a_variable_of_powershell_takes_what_a_command_printed(tmp_path: Path) -> None:
    story = Story(cwd="C:\\shop").sh("c1", "$u = (Get-Content .env.prod)[0]; npx drizzle-kit migrate", NODE_ERROR, 1)
    assert _printed(tmp_path, story)[:2] == ("drizzle", "apply")


@pytest.mark.parametrize(
    ("command", "output", "tool"),
    [
        ("npx prisma migrate deploy", f"TypeError [ERR_INVALID_URL]: Invalid URL\n  input: '{URL}'\n", "prisma"),
        ("npx knex migrate:latest", f"TypeError: Invalid URL\n  input: '{URL}'\n", "knex"),
        ("yoyo apply", f"Traceback (most recent call last):\nValueError: {URL}\n", "yoyo"),
        ("alembic upgrade head", f"Traceback (most recent call last):\nValueError: {URL}\n", "alembic"),
        ("npm run migrate", f"dial {URL}\n", "migrate"),
    ],
)
def test_the_words_of_an_error_are_the_tools(tmp_path: Path, command: str, output: str, tool: str) -> None:
    story = Story().sh("c1", f"cat README.md; {command}", output, 1)
    assert _printed(tmp_path, story)[0] == tool


def test_a_migration_that_succeeds_prints_too(tmp_path: Path) -> None:
    story = Story().sh("c1", "export NODE_ENV=production; npx drizzle-kit migrate", f"using {URL}\n")
    assert _printed(tmp_path, story)[:2] == ("drizzle", "apply")


def test_what_failed_is_the_last_command(tmp_path: Path) -> None:
    story = Story().sh("c1", "cat README.md; npx drizzle-kit migrate", BARE_ERROR, 1)
    assert _printed(tmp_path, story)[:2] == ("drizzle", "apply")


@pytest.mark.parametrize(
    ("before", "output", "code"),
    [
        ("cat .env;", f"{URL}\n", 1),
        ("cat .env;", f"DATABASE_URL={URL}\nError: Invalid URL\n", 1),
        ("cat README.md;", f"see {URL}\n", 0),
        ("cat README.md;", f"see {URL}\nError: Invalid URL\n", 1),
        ("export;", f"declare -x DATABASE_URL={URL}\n", 0),
        ("set -x; ", f"+ export DATABASE_URL={URL}\n", 1),
        ("source .env &&", f".env: line 2: {URL}: No such file or directory\n", 127),
    ],
)
def test_what_prints_stays_what_printed(tmp_path: Path, before: str, output: str, code: int) -> None:
    story = Story().sh("c1", f"{before} npx drizzle-kit migrate", output, code)
    assert _printed(tmp_path, story)[0] == "shell"


def _printed(folder: Path, story: Story) -> tuple[str, str, str]:
    """Tool, action and command of the step that the only incident began with."""
    document = told(folder, story)
    origin = incident(document, "c1")["origin"]
    assert origin["cause"] == "tool-output"
    (found,) = [one for one in document["steps"] if one["id"] == origin["step"]]
    return found["tool"], found["action"], found["command"]
