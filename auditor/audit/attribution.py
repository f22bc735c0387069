"""First attribution: the call that put each occurrence into the record, as a step, and each incident's origin.

The classification of steps, runs and spread is `auditor.trace`'s; this is what every occurrence has even without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from auditor.audit.incidents import place_dict
from auditor.document import Incident, Occurrence, StepDict
from auditor.model import Place
from auditor.trace.calls import Call

_COMMAND_SHOWN = 400
"""Characters of a masked command that a report shows."""

_BY_ROLE = {
    "user": "prompt",
    "assistant": "assistant-text",
    "reasoning": "assistant-text",
    "environment": "environment",
    "developer": "configuration",
    "system": "configuration",
    "meta": "configuration",
}


def step_of(call: Call, path: str, mask: Callable[[str], str]) -> StepDict:
    """Return a call as an unclassified step; its command is masked."""
    return {
        "id": call.id,
        "session": call.session,
        "turn": call.turn,
        "call_id": call.call_id,
        "run": "",
        "tool": call.server or call.tool,
        "action": "other",
        "phase": "none",
        "dry_run": False,
        "environment": "",
        "target": {},
        "migrations": [],
        "command": mask(call.command or call.name)[:_COMMAND_SHOWN],
        "exit_code": call.exit_code,
        "status": call.status or "unknown",
        "approval_policy": call.approval_policy,
        "sandbox": call.sandbox,
        "started": call.started,
        "ended": call.ended,
        "place": place_dict(Place(path, call.line, call.offset, call.offset, call.pointer)),
    }


def attribute(incident: Incident, calls: Mapping[str, Call]) -> Incident:
    """Return the incident with the cause and explanation of its first occurrence."""
    first = incident["occurrences"][0]
    call = calls.get(first["step"])
    cause = _cause(first, call)
    origin = {
        **incident["origin"],
        "step": first["step"],
        "cause": cause,
        "explanation": _explanation(cause, first, call),
    }
    return {**incident, "origin": origin}  # type: ignore[typeddict-item]


def _cause(occurrence: Occurrence, call: Call | None) -> str:
    if call is None:
        return _BY_ROLE.get(occurrence["role"], "unknown")
    is_mcp = call.tool == "mcp"
    if occurrence["role"] == "tool":
        return "tool-result" if is_mcp else "tool-output"
    if call.tool == "apply_patch":
        return "file-change"
    return "tool-argument" if is_mcp else "command-literal"


_SENTENCES = {
    "tool-result": "The result of the MCP tool {tool} carried it.",
    "tool-output": "The output of a {tool} command showed it.",
    "file-change": "A patch wrote it into a file.",
    "tool-argument": "It was an argument of the MCP tool {tool}.",
    "command-literal": "It was written literally in a {tool} command.",
    "prompt": "The user typed or pasted it into a prompt.",
    "assistant-text": "The model wrote it in a message.",
    "environment": "The environment that Codex stored beside the session held it.",
    "configuration": "A configuration or context record held it.",
    "unknown": "It stands in a log that names no step.",
}


def _explanation(cause: str, occurrence: Occurrence, call: Call | None) -> str:
    tool = (f"{call.server} {call.name}".strip() if call.tool == "mcp" else call.tool) if call else ""
    return _SENTENCES[cause].format(tool=tool)
