"""The harness really runs the Codex CLI: commands, MCP, resume, fork, hooks, crash."""

from __future__ import annotations

import json
from pathlib import Path

from tests.harness.codex import Workshop
from tests.harness.items import neon, say, shell, stdin

STANDINS = Path(__file__).parent / "standins"


def _records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_commands_and_mcp_tools_reach_the_rollout(workshop: Workshop) -> None:
    workshop.tables = f'[mcp_servers.neon]\ncommand = "python3"\nargs = ["{STANDINS / "neon_mcp.py"}"]\n'
    with workshop as shop:
        shop.stand_in("atlas", STANDINS / "atlas.py")
        shop.write("migrations/20261101000000_init.sql", "CREATE TABLE posts (id serial PRIMARY KEY);\n")
        run = shop.exec(
            "Go",
            [
                [shell("call_1", "atlas migrate apply -u postgresql://app:invented@db/shop")],
                [neon("get_connection_string", "call_2", projectId="p")],
                [say("Done")],
            ],
        )
        text = shop.rollout(run.thread).read_text()
        assert run.code == 0
        assert "migrating version 20261101000000" in text
        assert "Connection string details" in text
        assert '"server":"neon"' in text


def test_resume_appends_and_fork_makes_a_new_file(workshop: Workshop) -> None:
    with workshop as shop:
        first = shop.exec("One", [[say("1")]])
        size = shop.rollout(first.thread).stat().st_size
        shop.exec("Two", [[say("2")]], resume=first.thread)
        assert shop.rollout(first.thread).stat().st_size > size
        forked = shop.exec("Three", [[say("3")]], fork=first.thread)
        assert forked.thread != first.thread
        head = _records(shop.rollout(forked.thread))[0]["payload"]
        assert isinstance(head, dict)
        assert head["forked_from_id"] == first.thread


def test_running_command_is_fed_through_stdin(workshop: Workshop) -> None:
    with workshop as shop:
        run = shop.exec(
            "Go",
            [
                [shell("call_1", "read answer; echo got $answer", yield_time_ms=250, tty=True)],
                [stdin("call_2", "yes\n", yield_time_ms=10_000)],  # ends with the command
                [say("Done")],
            ],
        )
        assert "got yes" in shop.rollout(run.thread).read_text()


def test_hooks_fire(workshop: Workshop) -> None:
    with workshop as shop:
        seen = shop.project / "seen.json"
        hook = {"type": "command", "command": f"cat > {seen}"}
        shop.hooks({"hooks": {"PreToolUse": [{"hooks": [hook]}]}})
        shop.exec("Go", [[shell("call_1", "true")], [say("Done")]])
        assert json.loads(seen.read_text())["hook_event_name"] == "PreToolUse"
