"""The real Codex CLI with hooks installed by `auditor install codex`: nothing planted reaches disk, model or stream.

The failing migration is the real Alembic on a real PostgreSQL; SQLAlchemy puts the statement into its error.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.secret import Secret
from fixtures.corpus.cases.alembic import ENV, INI, revision
from tests.harness.codex import Run, Workshop
from tests.harness.items import neon, say, shell, stdin
from tests.harness.postgres import Cluster
from tests.harness.terminal import Terminal

STANDINS = Path(__file__).parents[1] / "harness" / "standins"
AUDITOR = Path(sys.executable).with_name("auditor")

IN_FILE = "npg_FakeQ7w8e9r0t1"
IN_TOOL = "npg_FakeZ5x6c7v8b9"
IN_ERROR = "npg_FakeP3o4i5u6y7"
IN_PROMPT = "npg_FakeM9n8b7v6c5"
PLANTED = (IN_FILE, IN_TOOL, IN_ERROR, IN_PROMPT)


def _url(
    password: str, scheme: str = "postgresql", where: str = "ep-fake-dawn-a1b2c3d4.us-east-2.aws.neon.tech/shop"
) -> str:
    return f"{scheme}://app:{password}@{where}"


@pytest.fixture
def shop(workshop: Workshop, postgres: Cluster, python_home: Callable[[str], Path]) -> Workshop:
    """A project with a `.env`, a migration that fails, and a leaking MCP server."""
    settings = json.dumps({"password": IN_TOOL})
    server = STANDINS / "neon_mcp.py"
    workshop.tables = f"[mcp_servers.neon]\ncommand = \"python3\"\nargs = ['{server}', '{settings}']\n"
    workshop.path = [str(python_home("alembic") / "bin")]
    postgres.sql("drop database if exists shop", "drop role if exists app")
    postgres.sql(f"create role app login password '{IN_FILE}'", "create database shop owner app")
    workshop.env["DATABASE_URL"] = _url(IN_FILE, "postgresql+psycopg", f"127.0.0.1:{postgres.port}/shop")
    return workshop


def _auditor(shop: Workshop, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(AUDITOR), *arguments], env=shop.environment(), cwd=shop.project, capture_output=True, text=True, timeout=60
    )


def _lay_out(shop: Workshop) -> None:
    shop.write(".env", f"DATABASE_URL={_url(IN_FILE)}\n")
    shop.write("alembic.ini", INI.format(url="", level="WARNING"))
    shop.write("migrations/env.py", ENV)
    refused = f"CREATE ROLE reporting LOGIN PASSWORD '{IN_ERROR}'"
    shop.write("migrations/versions/a1b2c3d4e5f6_role.py", revision("a1b2c3d4e5f6", None, refused, "reporting role"))


def _session(shop: Workshop) -> Run:
    return shop.exec(
        "Migrate",
        [
            [shell("call_1", "cat .env # look\n")],
            [neon("get_connection_string", "call_2", projectId="p")],
            [shell("call_3", "alembic upgrade head")],
            [shell("call_4", "cat <<'END'\nplain 'text' $HOME\nEND\nexit 42")],
            [say("Done")],
        ],
    )


def _holders(shop: Workshop, run: Run, *values: str) -> list[str]:
    """Every place that holds a planted value; the server's own settings in config.toml are the test's."""
    found = []
    for path in shop.home.rglob("*"):
        if path.is_file() and not path.name.startswith("config.toml"):
            data = path.read_bytes()
            found += [f"{path.relative_to(shop.home)}: {value[:8]}" for value in values if value.encode() in data]
    requests = json.dumps(shop.model.requests)
    found += [f"request: {value[:8]}" for value in values if value in requests]
    return found + [f"stream: {value[:8]}" for value in values if value in run.stdout + run.stderr]


def _report(shop: Workshop, thread: str) -> dict[str, object]:
    path = shop.user / ".local/state/auditor/reports" / f"{thread}.json"
    for _ in range(300):
        if path.exists():
            report: dict[str, object] = json.loads(path.read_text())
            return report
        time.sleep(0.1)
    raise AssertionError(f"no report; state: {sorted(p.name for p in path.parents[1].rglob('*'))}")


def test_nothing_planted_is_left_anywhere(shop: Workshop) -> None:
    with shop:
        _lay_out(shop)
        installed = _auditor(shop, "install", "codex", "--wrap-mcp")
        assert installed.returncode == 0, installed.stderr
        run = _session(shop)
        assert run.code == 0
        pasted = shop.exec(f"Use {_url(IN_PROMPT)} please", [[say("Done")]])
        assert _holders(shop, run, *PLANTED) == []
        assert _holders(shop, pasted, *PLANTED) == []
        text = shop.rollout(run.thread).read_text()
        assert text.count("[REDACTED:") >= 3
        assert "plain 'text' $HOME" in text
        codes = [
            event["item"]["exit_code"]
            for event in run.events
            if event["type"] == "item.completed" and event["item"]["type"] == "command_execution"
        ]
        assert codes == [0, 1, 42]
        assert "permission denied to create role" in text
        report = _report(shop, run.thread)
        assert report["incidents"] == []
        steps = {(step["tool"], step["action"]) for step in report["steps"]}  # type: ignore[attr-defined]
        assert {("shell", "read-secret"), ("alembic", "apply")} <= steps
        assert [gap for gap in report["coverage"]["gaps"] if gap["reason"] == "hook-failed"] == []  # type: ignore[index]


def test_a_pasted_prompt_is_not_left_in_the_history_of_the_interface(workshop: Workshop) -> None:
    """Seen with 0.169: the full-screen client writes a prompt to `history.jsonl` though the hook stopped it."""
    workshop.tables = f'[projects."{workshop.project}"]\ntrust_level = "trusted"\n'
    with workshop as shop:
        assert _auditor(shop, "install", "codex").returncode == 0
        history = shop.home / "history.jsonl"
        history.write_text(json.dumps({"session_id": "other", "ts": 1, "text": _url(IN_FILE)}) + "\n")
        with Terminal(shop, "--dangerously-bypass-hook-trust", "--disable", "daemon_auto_start") as terminal:
            terminal.until(lambda: b"shortcuts" in terminal.screen)
            terminal.until(lambda: False, 1)
            terminal.type(f"Use {_url(IN_PROMPT)} please")
            assert terminal.until(lambda: "app:*****" in history.read_text(), 30)
        assert shop.model.requests == []
        assert _holders(shop, Run(0, "", ""), IN_PROMPT) == []
        first, second = history.read_text().splitlines()
        assert json.loads(first)["text"] == _url(IN_FILE)  # what stood there before is the audit's
        assert json.loads(second)["text"] == f"Use {_url('*' * len(IN_PROMPT))} please"


def test_observing_changes_nothing_and_finds_everything(shop: Workshop) -> None:
    with shop:
        _lay_out(shop)
        policy = shop.user / ".config/auditor/auditor.toml"
        policy.parent.mkdir(parents=True)
        policy.write_text('[hooks]\npolicy = "observe"\n')
        assert _auditor(shop, "install", "codex").returncode == 0
        run = _session(shop)
        assert len({holder.partition(": ")[2] for holder in _holders(shop, run, *PLANTED[:3])}) >= 1
        report = _report(shop, run.thread)
        key = (shop.user / ".local/state/auditor/key").read_bytes()
        wanted = {Secret(value.encode()).fingerprint(key) for value in PLANTED[:3]}
        assert wanted <= {one["fingerprint"] for one in report["incidents"]}  # type: ignore[index]
        assert not any(value in json.dumps(report) for value in PLANTED)


def test_an_apply_waits_for_its_dry_run(shop: Workshop) -> None:
    with shop:
        _lay_out(shop)
        policy = shop.user / ".config/auditor/auditor.toml"
        policy.parent.mkdir(parents=True)
        policy.write_text('[hooks]\ndry_run_first = true\nno_drop = ["shop"]\n')
        assert _auditor(shop, "install", "codex").returncode == 0
        run = shop.exec(
            "Migrate",
            [
                [shell("call_1", "alembic upgrade head")],
                [shell("call_2", "alembic upgrade head --sql")],
                [shell("call_3", "alembic upgrade head")],
                [shell("call_4", "psql -d shop -c 'drop table posts'")],
                [say("Done")],
            ],
        )
        records = [json.loads(line)["payload"] for line in shop.rollout(run.thread).read_text().splitlines()]
        said = {one["call_id"]: str(one["output"]) for one in records if one.get("type") == "function_call_output"}
        assert "auditor: denied, dry-run first" in said["call_1"]
        assert "CREATE TABLE alembic_version" in said["call_2"]
        assert "permission denied to create role" in said["call_3"]
        assert "auditor: denied, DROP and TRUNCATE" in said["call_4"]
        assert _holders(shop, run, IN_ERROR) == []


def test_a_command_on_a_terminal_is_fed_and_filtered(shop: Workshop) -> None:
    with shop:
        _lay_out(shop)
        assert _auditor(shop, "install", "codex").returncode == 0
        command = "read answer; echo got $answer; cat .env"
        run = shop.exec(
            "Go",
            [
                [shell("call_1", command, yield_time_ms=1500, tty=True)],
                [stdin("call_2", "yes\n", yield_time_ms=5000)],
                [say("Done")],
            ],
        )
        text = shop.rollout(run.thread).read_text()
        assert "got yes" in text
        assert "[REDACTED:" in text
        assert _holders(shop, run, IN_FILE) == []


def test_environment_of_the_test_holds_the_program() -> None:
    assert os.access(AUDITOR, os.X_OK)
