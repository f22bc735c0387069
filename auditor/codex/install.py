"""`auditor install codex` and `uninstall`: what would change, and changing it.

Every file is read, changed in memory, backed up beside itself and replaced in one step. Nothing is trusted on the
user's behalf: Codex asks for a review of new hooks in `/hooks`, and says nothing when it skips them.
"""

from __future__ import annotations

import os
import shlex
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from auditor.codex import config_file, hooks_file, place
from auditor.errors import UsageProblem

Scope = Literal["user", "project", "managed"]
SKILL = "auditor"


@dataclass(frozen=True, slots=True)
class Target:
    """Where one installation lives."""

    scope: Scope
    hooks: Path
    config: Path
    skill: Path


@dataclass(frozen=True, slots=True)
class Change:
    """One file that changes; `new` is None where it goes away."""

    path: Path
    new: bytes | None
    what: str


def target(scope: Scope, home: Path | None = None, project: Path | None = None, etc: Path | None = None) -> Target:
    """Return the places of a scope.

    Args:
        scope: `user` ($CODEX_HOME), `project` (`.codex` of a project, which must be trusted), `managed` (/etc/codex).
        home: CODEX_HOME, by default the running user's.
        project: by default the current folder.
        etc: by default /etc/codex.
    """
    if scope == "project":
        root = project or Path.cwd()
        folder = root / ".codex"
        return Target(scope, folder / "hooks.json", folder / "config.toml", root / ".agents" / "skills" / SKILL)
    folder = (etc or Path(place.CODEX_MANAGED)) if scope == "managed" else (home or Path(place.codex_home()))
    return Target(scope, folder / "hooks.json", folder / "config.toml", folder / "skills" / SKILL)


def plan(where: Target, *, wrap_mcp: bool = False, environment: bool = False, skill: bool = True) -> list[Change]:
    """Return what an installation changes; nothing when all is as it should be.

    Raises:
        UsageProblem: a file that is there cannot be understood.
    """
    found = []
    content = hooks_file.read(where.hooks)
    wanted = hooks_file.installed(content, f"{place.program()} hook")
    if wanted != content:
        found.append(Change(where.hooks, hooks_file.text(wanted), "hooks for nine events"))
    found += _config_changes(where, wrap_mcp, environment)
    shipped = _skill()
    document = where.skill / "SKILL.md"
    if skill and (not document.is_file() or document.read_bytes() != shipped):
        found.append(Change(document, shipped, "agent skill"))
    return found


def plan_removal(where: Target) -> list[Change]:
    """Return what taking the installation away changes."""
    found = []
    content = hooks_file.read(where.hooks)
    left = hooks_file.removed(content)
    if left != content:
        bare = not left.get("hooks") and set(left) <= {"hooks"}
        found.append(Change(where.hooks, None if bare else hooks_file.text(left), "our hooks"))
    config = config_file.read(where.config)
    if names := config_file.unwrap_servers(config):
        found.append(Change(where.config, config_file.text(config), f"MCP proxy of {', '.join(names)}"))
    document = where.skill / "SKILL.md"
    if document.is_file() and document.read_bytes() == _skill():
        found.append(Change(document, None, "agent skill"))
    return found


def apply(changes: Sequence[Change]) -> list[Path]:
    """Make the changes; return the backups that were written.

    Raises:
        UsageProblem: a file cannot be written.
        Refused: a link stands where a file should.
    """
    return [backup for change in changes if (backup := _apply(change))]


def _apply(change: Change) -> Path | None:
    from auditor.safe.files import write_private

    try:
        change.path.parent.mkdir(parents=True, exist_ok=True)
        old = change.path.read_bytes() if change.path.exists() else None
        mode = stat.S_IMODE(change.path.stat().st_mode) if old is not None else 0o644
        backup = None
        if old is not None and change.path.name != "SKILL.md":
            backup = change.path.with_name(f"{change.path.name}.before-auditor-{time.strftime('%Y%m%dT%H%M%S')}")
            write_private(backup, old)
        if change.new is None:
            change.path.unlink()
            if change.path.name == "SKILL.md":
                change.path.parent.rmdir()
        else:
            write_private(change.path, change.new)
            if change.path.name != "config.toml":  # it may hold literal tokens
                change.path.chmod(mode)
    except OSError as problem:
        raise UsageProblem(f"{change.path}: cannot be changed ({os.strerror(problem.errno or 0).lower()})") from None
    return backup


def _config_changes(where: Target, wrap_mcp: bool, environment: bool) -> list[Change]:
    if not wrap_mcp and not environment:
        return []
    config = config_file.read(where.config)
    words = shlex.split(place.program())
    names = config_file.wrap_servers(config, words[0]) if wrap_mcp else []
    what = [f"MCP proxy for {', '.join(names)}"] if names else []
    what += ["shell_environment_policy"] if environment and config_file.protect_environment(config) else []
    return [Change(where.config, config_file.text(config), " and ".join(what))] if what else []


def _skill() -> bytes:
    """The shipped SKILL.md: in the package when installed, beside it in a checkout."""
    packaged = files("auditor") / "skills" / SKILL / "SKILL.md"
    if packaged.is_file():
        return packaged.read_bytes()
    return (Path(__file__).parents[2] / "skills" / SKILL / "SKILL.md").read_bytes()
