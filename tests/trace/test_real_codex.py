"""The session model over what the real Codex CLI writes: hooks, stdin, patch errors, resume, fork, stream."""

from __future__ import annotations

import json
from pathlib import Path

from auditor.formats.registry import detect
from auditor.trace.families import link
from auditor.trace.sessions import Transcript, read
from tests.harness.codex import Workshop
from tests.harness.items import code, neon, say, shell, stdin, tool
from tests.trace.sources import Text

STANDINS = Path(__file__).parents[1] / "harness" / "standins"
HOOK = """#!/usr/bin/env python3
import json, sys
event = json.load(sys.stdin)
command, name = (event.get("tool_input") or {}).get("command", ""), event["hook_event_name"]
deny = {"permissionDecision": "deny", "permissionDecisionReason": "not here"}
wrap = {"permissionDecision": "allow", "updatedInput": {"command": "{ " + command + "; } | cat"}}
if name == "PreToolUse" and "deny" in command:
    print(json.dumps({"hookSpecificOutput": {"hookEventName": name, **deny}}))
elif name == "PreToolUse" and "rewrite" in command:
    print(json.dumps({"hookSpecificOutput": {"hookEventName": name, **wrap}}))
elif name == "PostToolUse" and "withhold" in command:
    print(json.dumps({"decision": "block", "reason": "withheld"}))
"""


def transcript(data: bytes, name: str) -> Transcript:
    return read(Text(data, name), detect(data, name))


def of_thread(shop: Workshop, thread: str) -> Transcript:
    path = shop.rollout(thread)
    return transcript(path.read_bytes(), path.name)


def test_hook_effects(workshop: Workshop) -> None:
    with workshop as shop:
        command = f"python3 {shop.write('hook.py', HOOK)}"
        handlers = [{"matcher": "Bash", "hooks": [{"type": "command", "command": command}]}]
        shop.hooks({"hooks": {"PreToolUse": handlers, "PostToolUse": handlers}})
        words = ("echo deny", "echo withhold", "echo rewrite", "echo plain")
        run = shop.exec("Go", [*([shell(f"c{n}", text)] for n, text in enumerate(words)), [say("Done")]])
        calls = of_thread(shop, run.thread).calls
    assert [call.hook for call in calls] == ["denied", "replaced", "rewritten", ""]
    assert [call.status for call in calls] == ["declined", "ok", "ok", "ok"]
    assert (calls[2].requested, calls[2].command) == ("echo rewrite", "{ echo rewrite; } | cat")


def test_chains_errors_and_the_stream_of_the_same_run(workshop: Workshop) -> None:
    workshop.tables = f'[mcp_servers.neon]\ncommand = "python3"\nargs = ["{STANDINS / "neon_mcp.py"}"]\n'
    with workshop as shop:
        run = shop.exec(
            "Go",
            [
                [shell("c1", "read answer; echo got $answer; exit 3", yield_time_ms=250, tty=True)],
                [stdin("c2", "yes\n")],
                [tool("no_such_tool", "c3")],
                [neon("get_connection_string", "c4", projectId="p")],
                [say("Done")],
            ],
        )
        own, stream = of_thread(shop, run.thread), transcript(run.stdout.encode(), "out.jsonl")
    link([own, stream])
    first, feeding, unknown, branch = own.calls
    assert (first.exit_code, first.status, feeding.root) == (3, "failed", first)
    assert "got yes" in first.output
    assert unknown.status == "failed"
    assert (branch.tool, branch.server, branch.name) == ("mcp", "neon", "get_connection_string")
    assert [call.id for call in stream.calls] == [first.id, branch.id]
    assert stream.calls[0].turn == first.turn
    for line, record in enumerate(own_lines(run.stdout), 1):
        if record["type"] == "item.completed" and record["item"]["type"] == "mcp_tool_call":
            assert stream.position(line, "/item/result/content/0/text").step == branch.id


def test_code_mode(workshop: Workshop) -> None:
    workshop.settings = 'model = "gpt-5.6-sol"\n'
    script = """const name = "one";
const r = await tools.exec_command({cmd: "echo " + name + "; exit 3"});
text(r.output);
for (const word of ["two", "three"]) { await tools.exec_command({cmd: `echo ${word}`}); }
"""
    with workshop as shop:
        run = shop.exec("Go", [[code("c1", script)], [say("Done")]])
        own, stream = of_thread(shop, run.thread), transcript(run.stdout.encode(), "out.jsonl")
    link([own, stream])
    whole, first, second, third = own.calls
    assert (first.parent, first.id, first.command) == (whole, f"{run.thread}/c1.1", "echo one; exit 3")
    assert (first.exit_code, first.output) == (3, "one\n")
    assert [call.command for call in (second, third)] == ["echo two", "echo three"]
    assert third.parent is whole
    assert [call.id for call in stream.calls] == [call.id for call in (first, second, third)]


def own_lines(stdout: str) -> list[dict[str, dict[str, object] | str]]:
    return [json.loads(line) for line in stdout.splitlines() if line.startswith("{")]


def test_resume_and_fork(workshop: Workshop) -> None:
    with workshop as shop:
        first = shop.exec("One", [[shell("c1", "echo one")], [say("1")]])
        shop.exec("Two", [[shell("c2", "echo two")], [say("2")]], resume=first.thread)
        forked = shop.exec("Three", [[shell("c3", "echo three")], [say("3")]], fork=first.thread)
        parent, child = of_thread(shop, first.thread), of_thread(shop, forked.thread)
    link([parent, child])
    assert [call.command for call in parent.calls] == ["echo one", "echo two"]
    assert len({call.turn for call in parent.calls}) == 2
    assert child.session.parent_id == first.thread
    own = [call for call in child.calls if not call.copied_from]
    assert [call.command for call in own] == ["echo three"]
    assert {call.id for call in child.calls if call.copied_from} <= {call.id for call in parent.calls}
