"""What each hook event is answered with. None means no opinion. Each event imports what it needs itself: hot path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from auditor.codex import place
from auditor.codex.policy import Policy

Payload = Mapping[str, object]
Answer = dict[str, object] | None

_ID = r"[0-9A-Za-z-]{1,64}"


def answer(event: str, payload: Payload, policy: Policy) -> Answer:
    """Answer one event; unknown ones have no answer, since Codex goes on adding them."""
    handler = _HANDLERS.get(event)
    return handler(payload, policy) if handler else None


def _pre_tool(payload: Payload, policy: Policy) -> Answer:
    tool, command = _text(payload, "tool_name"), _command(payload)
    if policy.observes:
        return None
    if tool.startswith("mcp__"):
        return _mcp(tool, payload, policy) or _deny("PreToolUse", _guardrail(payload, policy))
    if tool == "apply_patch":
        return _deny("PreToolUse", _literal(command)) if policy.blocks else None
    if tool != "Bash" or not command:
        return None
    reason = _reason(command, policy) or _guardrail(payload, policy)
    if reason:
        return _deny("PreToolUse", reason)
    from auditor.codex import rewrite

    changed = rewrite.wrapped(command, place.program())
    if changed == command:
        return None
    return _specific("PreToolUse", permissionDecision="allow", updatedInput={"command": changed})


def _permission(payload: Payload, policy: Policy) -> Answer:
    """A person is about to decide; what would be denied anyway need not be asked."""
    command = _command(payload)
    if policy.observes or _text(payload, "tool_name") != "Bash" or not command:
        return None
    reason = _reason(command, policy)
    return _specific("PermissionRequest", decision={"behavior": "deny", "message": reason}) if reason else None


def _post_tool(payload: Payload, policy: Policy) -> Answer:
    if policy.observes:
        return None
    from auditor.codex import detector

    text = _seen(payload.get("tool_response"))
    changed = detector.redacted(text)
    if changed == text:
        return None
    note = "[auditor: credentials were cut out of this output; go on without them]\n"
    message = "auditor: a credential got past the filter; the model sees it redacted, but the transcript holds it"
    return {"decision": "block", "reason": note + changed, "systemMessage": message}


def _prompt(payload: Payload, policy: Policy) -> Answer:
    if policy.observes:
        return None
    from auditor.codex import detector

    kinds = detector.kinds(_text(payload, "prompt"))
    if not kinds:
        return None
    _forget_prompt(payload)
    reason = (
        f"auditor: not sent, the prompt holds a credential ({', '.join(kinds)}). Nothing of it went to the model. "
        "Name the environment variable or the `atlas --env` that holds it instead, and send the prompt again."
    )
    return {"decision": "block", "reason": reason}


def _forget_prompt(payload: Payload) -> None:
    """The interface has put the prompt into its history, or is about to."""
    from auditor.codex import launch, spool

    spool.leave(place.prompts(), "prompt", {"session": _session(payload), "home": place.codex_home()})
    launch.worker("--prompts")


def _stop(payload: Payload, policy: Policy) -> Answer:
    """A look at what the turn wrote; a warning for the person, never a block, which would make the model go on."""
    if payload.get("stop_hook_active") is True:
        return None
    return _increment(_text(payload, "transcript_path"))


def _subagent_stop(payload: Payload, policy: Policy) -> Answer:
    if payload.get("stop_hook_active") is True:
        return None
    return _increment(_text(payload, "agent_transcript_path") or _text(payload, "transcript_path"))


def _compact(payload: Payload, policy: Policy) -> Answer:
    """What is compacted now is copied once more, so it is looked at before."""
    return _increment(_text(payload, "transcript_path"))


def _session_start(payload: Payload, policy: Policy) -> Answer:
    from auditor.codex import launch

    launch.worker("--sweep", place.codex_home())
    return None


def _session_end(payload: Payload, policy: Policy) -> Answer:
    from auditor.codex import launch, spool

    spool.leave(
        place.spool(),
        "job",
        {
            "session": _session(payload),
            "transcript": _text(payload, "transcript_path"),
            "home": place.codex_home(),
            "redact": policy.redact_after and not policy.observes,
        },
    )
    launch.worker()
    return None


def _none(payload: Payload, policy: Policy) -> Answer:
    return None


_HANDLERS: Mapping[str, Callable[[Payload, Policy], Answer]] = {
    "SessionStart": _session_start,
    "UserPromptSubmit": _prompt,
    "PreToolUse": _pre_tool,
    "PermissionRequest": _permission,
    "PostToolUse": _post_tool,
    "PreCompact": _compact,
    "PostCompact": _none,
    "SubagentStart": _none,
    "SubagentStop": _subagent_stop,
    "Stop": _stop,
    "SessionEnd": _session_end,
    "Interrupt": _none,
}
EVENTS = frozenset(_HANDLERS)


def _reason(command: str, policy: Policy) -> str:
    """Why a command is denied: a literal credential always, what prints one by its nature under `block`."""
    from auditor.codex import rewrite

    meant = rewrite.unwrapped(command, place.program())
    if (reason := _literal(meant)) or not policy.blocks:
        return reason
    from auditor.codex import guard

    return guard.shows_credential(meant)


def _literal(text: str) -> str:
    from auditor.codex import detector

    kinds = detector.kinds(text)
    if not kinds:
        return ""
    from auditor.codex import guard

    return guard.LITERAL.format(kinds=", ".join(kinds))


def _guardrail(payload: Payload, policy: Policy) -> str:
    if not (policy.lint_before_apply or policy.dry_run_first or policy.no_drop):
        return ""
    from auditor.codex import guardrails, rewrite

    tool, given = _text(payload, "tool_name"), payload.get("tool_input")
    if tool == "Bash":
        given = {"command": rewrite.unwrapped(_command(payload), place.program())}
    asked = guardrails.Asked(
        tool,
        given if isinstance(given, dict) else {},
        *(_text(payload, name) for name in ("tool_use_id", "transcript_path", "cwd")),
    )
    return guardrails.reason(asked, policy)


def _mcp(tool: str, payload: Payload, policy: Policy) -> Answer:
    from auditor.codex import guard

    chosen = "deny" if policy.blocks else policy.mcp
    if chosen == "allow" or not guard.returns_credential(tool):
        return None
    from auditor.codex.servers import proxied

    if tool.split("__")[1] in proxied(place.codex_home(), _text(payload, "cwd")):
        return None
    return _deny("PreToolUse", guard.MCP_DENIED) if chosen == "deny" else {"systemMessage": guard.MCP_WARNED}


def _increment(transcript: str) -> Answer:
    if not transcript:
        return None
    from auditor.codex import increment

    found = increment.look(transcript)
    if not found:
        return None
    counts = ", ".join(f"{kind} {count}x" for kind, count in sorted(found.items()))
    many = "credentials stand" if sum(found.values()) > 1 else "credential stands"
    return {
        "systemMessage": f"auditor: {sum(found.values())} new {many} in this transcript ({counts}); rotate, and see "
        "`auditor scan`"
    }


def _specific(event: str, **fields: object) -> dict[str, object]:
    return {"hookSpecificOutput": {"hookEventName": event, **fields}}


def _deny(event: str, reason: str) -> Answer:
    return _specific(event, permissionDecision="deny", permissionDecisionReason=reason) if reason else None


def _text(payload: Payload, name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def _session(payload: Payload) -> str:
    session = _text(payload, "session_id")
    return session if re.fullmatch(_ID, session) else ""


def _command(payload: Payload) -> str:
    given = payload.get("tool_input")
    command = given.get("command") if isinstance(given, dict) else None
    return command if isinstance(command, str) else ""


def _seen(response: object) -> str:
    """The text of a tool's answer: as it is, the text parts of an MCP result, or the whole result as JSON."""
    if isinstance(response, str):
        return response
    if response is None:
        return ""
    import json

    return json.dumps(response, ensure_ascii=False)
