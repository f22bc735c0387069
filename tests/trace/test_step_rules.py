"""Every example of every rule file in `rules/steps/`: command → step, output → migrations, place → migration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from auditor.trace import segments
from auditor.trace.calls import Call, Output
from auditor.trace.rulefiles import OUTPUT, ToolRule, step_rules
from auditor.trace.step import Step
from auditor.trace.steps import Surveyor

EXAMPLES = [(tool, example) for tool in step_rules().tools for example in tool.examples]
IDS = [f"{tool.id}-{number}" for number, (tool, _) in enumerate(EXAMPLES)]
EXPECTATIONS = {
    "action", "phase", "dry_run", "environment", "migrations", "status", "executing", "facts", "target", "variables",
    "tool",
}  # fmt: skip
INPUTS = {"command", "mcp", "arguments", "output", "exit_code"}


def _call(example: Mapping[str, Any]) -> Call:
    server, _, name = example.get("mcp", "").partition("/")
    call = Call(
        "s/c", "s", "c", "mcp" if server else "shell", 1,
        server=server, name=name, command=example.get("command", ""), arguments=example.get("arguments", {}),
        exit_code=example.get("exit_code"),
    )  # fmt: skip
    if call.exit_code is not None:
        call.status = "failed" if call.exit_code else "ok"
    if "output" in example:
        call.outputs.append(Output(2, 100, "", example["output"], "item"))
    return call


def _step(example: Mapping[str, Any]) -> tuple[Step, str]:
    call = _call(example)
    return Surveyor("x.jsonl").steps(call)[-1], call.output


@pytest.mark.parametrize(("tool", "example"), EXAMPLES, ids=IDS)
def test_example(tool: ToolRule, example: Mapping[str, Any]) -> None:
    assert set(example) <= EXPECTATIONS | INPUTS
    step, output = _step(example)
    found = {
        "tool": step.tool,
        "action": step.action,
        "phase": step.phase,
        "dry_run": step.dry_run,
        "environment": step.environment,
        "migrations": step.migrations,
        "status": step.status,
        "facts": {name: step.reading.facts.get(name) for name in example.get("facts", {})},
        "target": {name: step.endpoint.as_target().get(name) for name in example.get("target", {})},
        "variables": sorted(step.variables),
        "executing": {
            needle: segments.executing(step, output.index(needle)) for needle in example.get("executing", {})
        },
    }
    expected = {"tool": tool.id, **{key: value for key, value in example.items() if key in EXPECTATIONS}}
    if tool.named == "program":
        expected["tool"] = example.get("tool", step.command.program if step.command else "")
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize("tool", step_rules().tools, ids=lambda tool: tool.id)
def test_every_file_has_examples_of_its_actions(tool: ToolRule) -> None:
    for kind in OUTPUT:
        tool.output.of(kind)  # compiles
    shown = {example["action"] for example in tool.examples}
    assert shown
    ruled = {rule.action for rule in (*tool.commands, *tool.mcp)} - {"sql"}
    assert ruled <= shown, f"no example for {sorted(ruled - shown)}"


def test_ids_are_unique() -> None:
    ids = [tool.id for tool in step_rules().tools]
    assert len(ids) == len(set(ids))
