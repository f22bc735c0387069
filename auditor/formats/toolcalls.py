"""How a tool call is written: names, arguments and commands of every period, made one shape.

Sources: openai/codex, codex-rs/core/src/tools/handlers/ and its history (tool names and argument keys),
codex-rs/protocol/src/models.rs (`function_call`, `custom_tool_call`, `local_shell_call`). MCP tools were named
`neon__run_sql` in mid-2025, `mcp__neon__run_sql` until April 2026, `run_sql` with namespace `mcp__neon` since.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from auditor.formats import patch
from auditor.formats.envelope import items, mapping, number, parse, text
from auditor.model import NOTHING

SHELL_TOOLS = frozenset(
    {"shell", "container.exec", "shell_command", "exec_command", "local_shell", "unified_exec", "user_shell", "bash"}
)
_SCRIPT_FLAGS = frozenset({"-c", "-lc", "-ic", "-lic", "-ilc", "-Command", "-command", "/c", "/C", "-NoProfile"})
_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "fish", "powershell", "pwsh", "cmd"})
_POWERSHELL = frozenset({"powershell", "pwsh"})
_ESCALATED = frozenset({"require_escalated", "with_additional_permissions"})


class ToolCall(NamedTuple):
    """One call, whatever its wire form."""

    tool: str
    server: str = ""
    name: str = ""
    command: str = ""
    """Script of a shell call, patch text, JavaScript, characters typed: what was to be executed."""
    arguments: Mapping[str, object] = NOTHING
    data: Mapping[str, object] = NOTHING


def function(name: str, namespace: str, raw: str) -> ToolCall:
    """Return the call of a `function_call` item; `raw` is its `arguments` string holding JSON."""
    value = parse(raw.encode("utf-8", "replace")) if raw else None
    arguments: Mapping[str, Any] = value if isinstance(value, dict) else {}
    if name in SHELL_TOOLS:
        return shell(name, arguments, fallback=raw)
    if name == "write_stdin":
        fed = number(arguments, "session_id")
        data = {"session": "" if fed is None else str(fed)}
        return ToolCall("write_stdin", name=name, command=text(arguments, "chars"), arguments=arguments, data=data)
    if name == "apply_patch":
        return patched(text(arguments, "input", "patch", "command") or raw, name)
    if name == "wait" and not namespace:
        return ToolCall("code-wait", name=name, arguments=arguments, data={"cell": text(arguments, "cell_id")})
    server, tool = mcp_name(name, namespace)
    if server:
        return ToolCall("mcp", server=server, name=tool, arguments=arguments)
    return ToolCall(name or "other", name=name, command=text(arguments, "message", "prompt"), arguments=arguments)


def custom(name: str, namespace: str, source: str) -> ToolCall:
    """Return the call of a `custom_tool_call` item; `source` is free text (patch, JavaScript, script)."""
    if name == "apply_patch":
        return patched(source, name)
    if name in {"exec", "code"}:
        return ToolCall("code", name=name, command=source)
    value = parse(source.encode("utf-8", "replace")) if source.lstrip().startswith("{") else None
    arguments: Mapping[str, Any] = value if isinstance(value, dict) else {}
    if name in SHELL_TOOLS:
        return shell(name, arguments, fallback=source)
    server, tool = mcp_name(name, namespace)
    if server:
        return ToolCall("mcp", server=server, name=tool, command="" if arguments else source, arguments=arguments)
    return ToolCall(name or "other", name=name, command=source)


def shell(name: str, arguments: Mapping[str, Any], fallback: str = "") -> ToolCall:
    """Return a shell call from its arguments: `command` (argv or string) or `cmd` (string)."""
    argv = items(arguments, "command", "cmd")
    plain = text(arguments, "command", "cmd"), language(text(arguments, "shell"))
    script, spoken = script_of(argv) if argv else plain
    data: dict[str, object] = {"cwd": text(arguments, "workdir", "working_directory"), "shell": spoken}
    permissions = text(arguments, "sandbox_permissions")
    if permissions in _ESCALATED or arguments.get("with_escalated_permissions") is True:
        data["escalated"] = True
    if text(arguments, "justification"):
        data["justification"] = text(arguments, "justification")
    return with_patch(name, script or ("" if arguments else fallback), arguments, data, argv)


def with_patch(
    name: str,
    script: str,
    arguments: Mapping[str, Any],
    data: Mapping[str, object],
    argv: Sequence[object] = (),
) -> ToolCall:
    """Return the call of a script, which is `apply_patch` when a patch goes in by argument or heredoc."""
    inline = str(argv[1]) if len(argv) == 2 and argv[0] in {"apply_patch", "applypatch"} else ""
    text_of_patch = inline or patch.in_script(script)
    if text_of_patch:
        changed = {**data, "changes": patch.changes(text_of_patch)}
        return ToolCall("apply_patch", name=name, command=text_of_patch, arguments=arguments, data=changed)
    return ToolCall("shell", name=name, command=script, arguments=arguments, data=data)


def patched(source: str, name: str) -> ToolCall:
    """Return an `apply_patch` call with the files it touches."""
    return ToolCall("apply_patch", name=name, command=source, data={"changes": patch.changes(source)})


def local_shell(action: Mapping[str, Any]) -> ToolCall:
    """Return the call of a `local_shell_call` item's `action`."""
    return shell("local_shell", {**action, "workdir": text(action, "working_directory")})


def script_of(argv: Sequence[object]) -> tuple[str, str]:
    """Return what an argv runs and its language (see `language`): the script of `bash -lc SCRIPT` and its kin, else
    the words quoted for a shell."""
    words = [word for word in argv if isinstance(word, str)]
    if len(words) >= 3 and _name(words[0]) in _SHELLS and words[-2] in _SCRIPT_FLAGS:
        return words[-1], language(words[0])
    return shlex.join(words), language("sh")


def script_in(command: str) -> tuple[str, str]:
    """Return the script inside a shell-quoted command line (`/bin/bash -lc 'cat .env'`), or the line itself, and its
    language.

    `codex exec --json` and the app-server write commands this way (codex-rs/exec/src/exec_events.rs).
    """
    head = command[:200].split(None, 2)
    if len(head) < 3 or _name(head[0].strip("'\"")) not in _SHELLS or head[1] not in _SCRIPT_FLAGS:
        return command, ""
    try:
        words = shlex.split(command)
    except ValueError:
        return command, ""
    return script_of(words) if words[-2] in _SCRIPT_FLAGS else (command, "")


def language(shell: str) -> str:
    """Return the language of what a program runs: `powershell` for its name or path, `shell` for any other."""
    return "powershell" if _name(shell) in _POWERSHELL else "shell" if shell else ""


def _name(shell: str) -> str:
    """The program's name, without folder and `.exe`."""
    return shell.replace("\\", "/").rsplit("/", 1)[-1].lower().removesuffix(".exe")


def mcp_name(name: str, namespace: str = "") -> tuple[str, str]:
    """Return (server, tool) of a function name in any of the three periods, or two empty strings.

    The function name is lossy (other characters became `_`, long names are cut): a result item's own server and
    tool are to be preferred where there are any.
    """
    if namespace.startswith("mcp__"):
        server = namespace[5:].rstrip("_")
        return server, name.removeprefix(f"mcp__{server}__")
    if name.startswith("mcp__"):
        server, _, tool = name[5:].partition("__")
        return (server, tool) if tool else ("", "")
    server, separator, tool = name.partition("__")
    return (server, tool) if separator and server and tool else ("", "")


def parsed_commands(value: object) -> list[dict[str, str]]:
    """Return Codex's own reading of a command (`parsed_cmd`, `commandActions`): type, cmd, path of each part."""
    return [
        {key: text(part, *names) for key, names in _PARSED.items() if text(part, *names)}
        for part in (value if isinstance(value, list) else [])
        if mapping(part)
    ]


_PARSED = {"type": ("type",), "cmd": ("cmd", "command"), "path": ("path",), "name": ("name",), "query": ("query",)}
