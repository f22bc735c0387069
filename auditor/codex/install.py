"""`auditor install codex`: what would change, and changing it.

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
BACKUP = ".before-auditor-"


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
    obsolete: tuple[Path, ...] = ()
    """Copies of ours that say no more than the file does afterwards: they go, and none is made."""


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
        UsageProblem: a file that is there cannot be understood, or the program could not be called.
    """
    found = []
    program = shlex.split(place.program())[0]
    if not os.access(program, os.X_OK):
        raise UsageProblem(
            f"{program}: not there, so hooks would fail", "Install with the `auditor` of an installation."
        )
    content = hooks_file.read(where.hooks)
    wanted = hooks_file.installed(content, f"{place.program()} hook")
    if wanted != content:
        found.append(Change(where.hooks, hooks_file.text(wanted), "hooks for nine events"))
    found += _config_changes(where, wrap_mcp, environment)
    shipped = shipped_skill()
    document = where.skill / "SKILL.md"
    if skill and (not document.is_file() or document.read_bytes() != shipped):
        found.append(Change(document, shipped, "agent skill"))
    return found


def apply(changes: Sequence[Change]) -> list[Path]:
    """Make the changes; return the backups that were written.

    Raises:
        UsageProblem: a file cannot be written.
        Refused: a link stands where a file should.
    """
    return [backup for change in changes if (backup := _apply(change))]


def _apply(change: Change) -> Path | None:
    try:
        backup = _backup(change)
        if change.new is None:
            change.path.unlink()
            _drop_empty(change.path.parent)
        else:
            _write(change.path, change.new)
        for copy in change.obsolete:
            copy.unlink()
    except OSError as problem:
        raise UsageProblem(f"{change.path}: cannot be changed ({os.strerror(problem.errno or 0).lower()})") from None
    return backup


def _backup(change: Change) -> Path | None:
    from auditor.safe.files import write_private

    if change.new is None or change.obsolete or change.path.name == "SKILL.md" or not change.path.exists():
        return None  # nothing of others is lost
    backup = change.path.with_name(f"{change.path.name}{BACKUP}{time.strftime('%Y%m%dT%H%M%S')}")
    write_private(backup, change.path.read_bytes())
    return backup


def _write(path: Path, data: bytes) -> None:
    """Modes stay; a new configuration is private, unless it is the machine's, which every user's Codex must read."""
    from auditor.safe.files import write_private

    path.parent.mkdir(parents=True, exist_ok=True)
    private = path.name == "config.toml" and path.parent != Path(place.CODEX_MANAGED)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600 if private else 0o644
    write_private(path, data)
    path.chmod(mode)


def _drop_empty(folder: Path) -> None:
    """Folders that a removal leaves empty go too, but for CODEX_HOME itself."""
    while folder.name in (SKILL, "skills", ".agents", ".codex") and folder != Path(place.codex_home()):
        if any(folder.iterdir()):
            return
        folder.rmdir()
        folder = folder.parent


def _config_changes(where: Target, wrap_mcp: bool, environment: bool) -> list[Change]:
    if not wrap_mcp and not environment:
        return []
    config = config_file.read(where.config)
    names = config_file.wrap_servers(config, shlex.split(place.program())[0]) if wrap_mcp else []
    what = [f"MCP proxy for {', '.join(names)}"] if names else []
    what += ["shell_environment_policy"] if environment and config_file.protect_environment(config) else []
    return [Change(where.config, config_file.text(config), " and ".join(what))] if what else []


def shipped_skill() -> bytes:
    """Return SKILL.md: in the package when installed, beside it in a checkout."""
    packaged = files("auditor") / "skills" / SKILL / "SKILL.md"
    if packaged.is_file():
        return packaged.read_bytes()
    return (Path(__file__).parents[2] / "skills" / SKILL / "SKILL.md").read_bytes()
