"""`hooks.json`: our groups beside what is there.

Ours are appended last, so that nobody else's index moves (trust hangs on it), and recognised by their command, so that
a second installation changes nothing. What others wrote is kept as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor import lazy
from auditor.errors import UsageProblem

_TOOLS = "^(Bash|apply_patch|mcp__.*)$"
GROUPS: Mapping[str, tuple[str | None, int]] = {
    "SessionStart": (None, 10),
    "UserPromptSubmit": (None, 30),
    "PreToolUse": (_TOOLS, 30),
    "PermissionRequest": ("Bash", 30),
    "PostToolUse": (_TOOLS, 30),
    "PreCompact": (None, 30),
    "Stop": (None, 30),
    "SubagentStop": (None, 30),
    "SessionEnd": (None, 3),
}
"""Event → matcher and time limit in seconds; SessionEnd may have 3 at most.

Stable: every change asks the user for a new review."""

_OURS = lazy.compile(r"(?:^|[/\\'])auditor'? hook$")


@dataclass(frozen=True, slots=True)
class Hook:
    """One handler of ours and where it stands."""

    event: str
    matcher: str | None
    group: int
    index: int
    handler: Mapping[str, Any]

    @property
    def command(self) -> str:
        """The command line Codex runs."""
        return str(self.handler.get("command", ""))


def read(path: Path) -> dict[str, Any]:
    """Return the content of a hooks file, empty when there is none.

    Raises:
        UsageProblem: it cannot be read, or is not what Codex accepts.
    """
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:
        raise UsageProblem(f"{path}: no readable JSON ({type(problem).__name__})", "Repair or move it first.") from None
    hooks = content.get("hooks", {}) if isinstance(content, dict) else None
    if not isinstance(hooks, dict) or not all(isinstance(groups, list) for groups in hooks.values()):
        raise UsageProblem(f"{path}: not the form of a hooks file", "Repair or move it first.")
    return dict(content)


def ours(content: Mapping[str, Any]) -> Iterator[Hook]:
    """Yield our handlers."""
    for event, groups in content.get("hooks", {}).items():
        for number, group in enumerate(groups):
            if not isinstance(group, dict):
                continue
            for index, handler in enumerate(group.get("hooks") or ()):
                if isinstance(handler, dict) and _OURS.search(str(handler.get("command", ""))):
                    yield Hook(event, group.get("matcher"), number, index, handler)


def installed(content: Mapping[str, Any], command: str) -> dict[str, Any]:
    """Return the content with our groups: as they are where they stand already, else appended."""
    result: dict[str, Any] = json.loads(json.dumps(content))
    known = {hook.event: hook for hook in ours(result)}
    hooks = result.setdefault("hooks", {})
    for event, (matcher, timeout) in GROUPS.items():
        handler = {"type": "command", "command": command, "timeout": timeout}
        group: dict[str, Any] = {"matcher": matcher} if matcher else {}
        group["hooks"] = [handler]
        found = known.get(event)
        if found is None:
            hooks.setdefault(event, []).append(group)
        elif len(hooks[event][found.group]["hooks"]) == 1:
            hooks[event][found.group] = group
        else:
            hooks[event][found.group]["hooks"][found.index] = handler
    return result


def removed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content without our handlers and without what they leave empty."""
    result: dict[str, Any] = json.loads(json.dumps(content))
    for hook in reversed(list(ours(result))):
        groups = result["hooks"][hook.event]
        del groups[hook.group]["hooks"][hook.index]
        if not groups[hook.group]["hooks"]:
            del groups[hook.group]
        if not groups:
            del result["hooks"][hook.event]
    return result


def text(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of a hooks file."""
    return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"
