"""Who really said a message: the user, or the harness speaking in the user's or developer's role.

Wrappers: openai/codex, codex-rs/core/src/context/ (`environment_context`, `user_shell_command`, AGENTS.md …).
"""

from __future__ import annotations

from typing import Any

from auditor import lazy
from auditor.formats.envelope import unread
from auditor.formats.outputs import facts
from auditor.formats.toolcalls import language
from auditor.model import NOTHING, Event, Role

_ENVIRONMENT = ("<environment_context>", "<turn_aborted>", "<subagent_notification>")
_INSTRUCTIONS = (
    "<permissions instructions>", "<skills_instructions>", "<user_instructions>", "# AGENTS.md instructions",
    "<INSTRUCTIONS>", "<collaboration_mode>", "<apps_instructions>", "<plugins_instructions>", "<skill>",
)  # fmt: skip
_SHELL = lazy.compile(r"<shell>([^<>\n]{1,200})</shell>")
_USER_SHELL = "<user_shell_command>"
_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "developer": "developer", "system": "system"}


def role_of(role: str, said: str) -> Role:
    """Return who speaks: a wrapper text in a user or developer message is not the user."""
    start = said.lstrip()[:64]
    if start.startswith(_ENVIRONMENT):
        return "environment"
    if start.startswith(_INSTRUCTIONS):
        return "developer"
    return _ROLES.get(role, "meta")


def spoken(role: str, said: str, base: Event, **fields: Any) -> Event:
    """Return a message event, or the call of a command the user ran with `!`, which Codex stores as a message."""
    shell = _typed_command(said)
    common: dict[str, Any] = {
        "timestamp": base.timestamp, "session": base.session, "turn": base.turn, "pointer": base.pointer,
    }  # fmt: skip
    if shell is None:
        who = role_of(role, said)
        told = {"shell": _shell_of(said)} if who == "environment" else unread("message") if who == "meta" else NOTHING
        return Event("message", **common, role=who, text=said, data=told, **fields)
    command, result = shell
    found = facts(result)
    return Event(
        "item",
        **common,
        role="user",
        tool="shell",
        command=command.strip(),
        text=found.body,
        exit_code=found.exit_code,
        status=found.status,
        data={"source": "usershell"},
    )


def _shell_of(context: str) -> str:
    """The language of a session's commands, as its `<environment_context>` tells the shell: see `language`."""
    named = _SHELL.search(context)
    return language(named[1]) if named else ""


def _typed_command(said: str) -> tuple[str, str] | None:
    """Command and result of a `<user_shell_command>` message, None for any other text."""
    said = said.lstrip()
    if not said.startswith(_USER_SHELL):
        return None
    command, closed, rest = said.partition("<command>")[2].partition("</command>")
    result = rest.partition("<result>")[2]
    end = result.rfind("</result>")
    return (command, (result[:end] if end >= 0 else result).strip("\n")) if closed else None
