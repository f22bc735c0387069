"""Where a credential came from: the first event in time that put it into the record, its cause, and one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from auditor import lazy
from auditor.document import Origin
from auditor.safe.text import clip_middle
from auditor.trace.patches import Effect
from auditor.trace.placement import Seen
from auditor.trace.step import Mask, Step, name, shown
from auditor.trace.vocabulary import Cause

_SPOKEN: dict[str, Cause] = {
    "user": "prompt",
    "assistant": "assistant-text",
    "reasoning": "assistant-text",
    "developer": "configuration",
    "system": "configuration",
    "meta": "configuration",
    "environment": "environment",
}
_SHOWN = 120
_SENTENCES: dict[Cause, str] = {
    "tool-output": "`{command}` printed it{migration}.",
    "tool-result": "The result of `{command}` carried it{migration}.",
    "command-literal": "It was written literally in the command `{command}`; nothing earlier in the record shows it.",
    "tool-argument": "It was an argument of `{command}`; nothing earlier in the record shows it.",
    "prompt": "The user typed or pasted it into a prompt.",
    "assistant-text": "The model wrote it in a message; nothing earlier in the record shows where it read it.",
    "environment": "The environment that was recorded beside the session held it.",
    "configuration": "A configuration or context record held it.",
    "copied-history": "Only a copy of another session's history holds it; that session is not in scope.",
    "unknown": "It stands in a log that names no step.",
}
_NAMELESS: dict[Cause, str] = {
    "tool-output": "A command whose call is not in the record printed it{migration}.",
    "tool-result": "The result of a call that is not in the record carried it{migration}.",
}
"""Of outputs whose call is in a part of the history that is not here."""
_PATCHED: dict[Effect, str] = {
    "wrote": "A patch wrote it into {files}; nothing earlier in the record shows it.",
    "removed": "A patch removed it from {files}, where it had been on disk; nothing earlier in the record shows it.",
    "kept": "A patch quoted it from {files}, where it had been on disk; nothing earlier in the record shows it.",
    "unknown": "A change of {files} held it; nothing earlier in the record shows it.",
}
_ERRORS = frozenset({"error", "stream_error", "turn.failed"})
"""Records in which Codex reports an error (openai/codex, codex-rs/protocol/src/protocol.rs, codex-rs/exec/src/
exec_events.rs)."""
_ERROR = "Codex reported it in an error; nothing earlier in the record shows it."
_RECORD = "A record of type `{record}` held it."
_NO_TYPE = lazy.compile(r"other|odd-\d+")
_GIVEN = "It was given in the environment of the call `{command}`; nothing earlier in the record shows it."
_ENVIRONMENT = "/action/env/"
"""Where a `local_shell_call` tells the variables that it sets (openai/codex, codex-rs/protocol/src/models.rs,
`LocalShellExecAction`)."""
_WROTE = "`{command}` wrote it into {files}; nothing earlier in the record shows it."


def first(seen: Sequence[Seen]) -> Seen:
    """Return the origin among occurrences that are ordered by time: originals before copies."""
    own = [one for one in seen if not one.copied] or list(seen)
    return next((one for one in own if one.occurrence["timestamp"]), own[0])


def cause_of(seen: Seen) -> Cause:
    """Return how a credential got into the record at one place."""
    step = seen.step
    call = step.call if step else None
    if step is None or call is None:
        return "unknown" if seen.record else _SPOKEN.get(seen.role, "configuration" if step else "unknown")
    if call.copied_from:
        return "copied-history"
    if seen.role == "tool":
        return "tool-result" if call.tool == "mcp" or _in_traffic(seen) else "tool-output"
    if step.action == "write-file":
        return "file-change" if call.tool == "apply_patch" else "command-literal"
    if in_environment(seen):
        return "tool-argument"
    if call.tool == "shell" or call.tool == "write_stdin" or call.tool == "code":
        return "command-literal"
    return "tool-argument"


def _in_traffic(seen: Seen) -> bool:
    """Tell whether an answer without its call stands in a log of MCP, where no command prints."""
    call = seen.step.call if seen.step else None
    return call is not None and call.tool == "other" and seen.session is not None and seen.session.kind == "mcp-log"


def in_environment(seen: Seen) -> bool:
    """Tell whether a place is among the variables that a call sets for its command."""
    call = seen.step.call if seen.step else None
    return call is not None and call.tool == "shell" and _ENVIRONMENT in seen.occurrence["place"]["pointer"]


def describe(seen: Seen, mask: Mask, migration: str) -> Origin:
    """Return the document's form of an origin."""
    cause = cause_of(seen)
    step = seen.step
    return {
        "occurrence": seen.occurrence["id"],
        "step": name(step.id, mask) if step else "",
        "run": name(step.run, mask) if step else "",
        "cause": cause,
        "explanation": sentence(cause, seen, mask, migration),
        "migration": name(migration, mask),
    }


def sentence(cause: Cause, seen: Seen, mask: Mask, migration: str) -> str:
    """Return one sentence that says why we say so."""
    step = seen.step
    named = (seen.touch.files or step.wrote) if step else ()
    files = ", ".join(name(path, mask) for path in sorted(set(named))[:3])
    command = brief(_command(seen), mask)
    text = _template(cause, seen, files, command).format(
        command=command,
        record=seen.record,
        migration=_while(step, name(migration, mask)),
        files=files or "a file",
    )
    why = _why(step, cause)
    return f"{text} {why}" if why else text


def _while(step: Step | None, migration: str) -> str:
    """Words for the migration of an origin: a dry run shows migrations, and executes none."""
    if not migration:
        return ""
    return f" while it showed migration {migration}" if _shows(step) else f" while migration {migration} was executing"


def _shows(step: Step | None) -> bool:
    return step is not None and (step.dry_run or step.action == "dry-run")


def _template(cause: Cause, seen: Seen, files: str, command: str) -> str:
    if in_environment(seen):
        return _GIVEN
    if cause == "unknown" and seen.record:
        return _record(seen.record)
    if not command and cause in _NAMELESS:
        return _NAMELESS[cause]
    if cause == "file-change":
        return _PATCHED[seen.touch.effect]
    return _WROTE if cause == "command-literal" and files else _SENTENCES[cause]


def _record(kind: str) -> str:
    if kind in _ERRORS:
        return _ERROR
    return "A record that is not understood held it." if _NO_TYPE.fullmatch(kind) else _RECORD


def _command(seen: Seen) -> str:
    """The step's command; variables are set for all commands of a call."""
    step = seen.step
    if step is None:
        return ""
    return step.call.command if step.call is not None and in_environment(seen) else step.shown


def brief(command: str, mask: Mask) -> str:
    """Return a command on one line, masked and cut."""
    return clip_middle(" ".join(shown(command, mask).split()), _SHOWN)  # assignments first, the command itself last


def _why(step: Step | None, cause: Cause) -> str:
    """What it is about the step that makes it leak."""
    if step is None or cause not in {"tool-output", "tool-result"}:
        return ""
    if step.action == "connection-string":
        return "A connection string is the secret itself."
    if step.action in {"branch-create", "credential-create", "rotate"}:
        return "What it creates is shown with its secret."
    if step.action == "dry-run" and step.tool == "atlas":
        return "A dry run prints the statements of pending migrations, passwords included."
    if step.recognised is not None and "URL" in step.recognised.template:
        return "The output template prints the connection URL."
    return ""
