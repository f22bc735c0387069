"""Codex's trust of hooks: our hash is the one the real client makes, and what `doctor` says is what the client does."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from auditor.codex import hooks_file, trust
from tests.codex.payloads import AUDITOR
from tests.harness.codex import Workshop, crash
from tests.harness.items import say, shell

HANDLER = {"type": "command", "command": "/opt/bin/auditor hook", "timeout": 30}


def test_what_changes_the_digest() -> None:
    first = trust.digest("PreToolUse", "Bash", HANDLER)
    assert first == trust.digest("PreToolUse", "Bash", {**HANDLER, "async": False})
    assert first != trust.digest("PreToolUse", "Bash", {**HANDLER, "timeout": 29})
    assert first != trust.digest("PreToolUse", None, HANDLER)
    assert trust.digest("Stop", "x", HANDLER) == trust.digest("Stop", None, HANDLER)


def test_standing() -> None:
    name = trust.key("/h/hooks.json", "PreToolUse", 0, 1)
    assert name == "/h/hooks.json:pre_tool_use:0:1"
    assert trust.standing({}, name, "x") == "untrusted"
    assert trust.standing({name: {"trusted_hash": "x"}}, name, "x") == "trusted"
    assert trust.standing({name: {"trusted_hash": "y"}}, name, "x") == "changed"
    assert trust.standing({name: {"trusted_hash": "x", "enabled": False}}, name, "x") == "disabled"


def _listed(shop: Workshop) -> dict[str, dict[str, Any]]:
    """What the client's own server says of each hook."""
    server = shop.start("app-server")
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        client = {"clientInfo": {"name": "test", "version": "1"}}
        for message in (
            {"id": 1, "method": "initialize", "params": client},
            {"method": "initialized"},
            {"id": 2, "method": "hooks/list", "params": {"cwds": [str(shop.project)]}},
        ):
            server.stdin.write(json.dumps(message) + "\n")
        server.stdin.flush()
        answer = next(one for one in map(json.loads, server.stdout) if one.get("id") == 2)
    finally:
        crash(server)
    return {hook["key"]: hook for hook in answer["result"]["data"][0]["hooks"]}


def _doctor(shop: Workshop) -> str:
    return subprocess.run(
        [str(AUDITOR), "doctor"], env=shop.environment(), cwd=shop.project, capture_output=True, text=True, timeout=60
    ).stdout


def test_the_real_client_agrees(workshop: Workshop) -> None:
    with workshop as shop:
        done = subprocess.run(
            [str(AUDITOR), "install", "codex"],
            env=shop.environment(),
            cwd=shop.project,
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0
        path = shop.home / "hooks.json"
        ours = {
            trust.key(str(path), hook.event, hook.group, hook.index): trust.digest(
                hook.event, hook.matcher, hook.handler
            )
            for hook in hooks_file.ours(json.loads(path.read_text()))
        }
        listed = _listed(shop)
        assert {key: hook["currentHash"] for key, hook in listed.items()} == ours
        assert {hook["trustStatus"] for hook in listed.values()} == {"untrusted"}
        assert "Codex skips untrusted" in _doctor(shop)
        reviewed = "".join(f'[hooks.state.{json.dumps(key)}]\ntrusted_hash = "{one}"\n' for key, one in ours.items())
        with (shop.home / "config.toml").open("a") as file:
            file.write("\n" + reviewed)
        assert {hook["trustStatus"] for hook in _listed(shop).values()} == {"trusted"}
        assert "all hooks are reviewed" in _doctor(shop)
        shop.model.script([[shell("call_1", "echo hello")], [say("Done")]])
        run = shop.codex("exec", "--json", "--skip-git-repo-check", "Go")  # no flag that bypasses trust
        assert 'run --shell \\"$0\\" -c' in run.stdout
        path.write_text(path.read_text().replace('"timeout": 30', '"timeout": 31', 1))
        assert "modified" in {hook["trustStatus"] for hook in _listed(shop).values()}
        assert "Codex skips changed" in _doctor(shop)
