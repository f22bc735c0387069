"""`auditor doctor`: whether hooks are installed, trusted and working, and what else of Codex's settings leaks.

Tells names and places only; a literal token in a configuration is reported by its line, never shown.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from auditor.codex import hooks_file, trust
from auditor.codex.servers import is_proxied
from auditor.errors import UsageProblem

Level = Literal["ok", "warning", "problem"]
_DAY = 86400.0
_RUN_SECONDS = 30.0
_LEAST = (0, 145)
"""Codex 0.145 brought SessionEnd (openai/codex, PR 33895)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    level: Level
    check: str
    text: str
    remedy: str = ""


def examine(home: Path, project: Path, etc: Path) -> list[Finding]:
    """Check an installation; never raises for what it finds.

    Args:
        home: CODEX_HOME.
        project: the folder whose `.codex` counts too.
        etc: the managed layer, /etc/codex.
    """
    config, broken = _config(home / "config.toml")
    layers = {"user": home, "project": project / ".codex", "managed": etc}
    found = list(broken)
    found += _hooks(layers, config)
    found += _client(etc)
    found += _policy()
    found += _config_text(home / "config.toml")
    found += _environment(config)
    found += _servers(config)
    found += _permissions(home)
    found += _state()
    return found


def _config(path: Path) -> tuple[Mapping[str, Any], list[Finding]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError, RecursionError) as problem:
        return {}, [Finding("problem", "config", f"{path}: cannot be read ({type(problem).__name__})", "Repair it.")]


def _hooks(layers: Mapping[str, Path], config: Mapping[str, Any]) -> Iterator[Finding]:
    any_found = False
    for layer, folder in layers.items():
        path = folder / "hooks.json"
        try:
            hooks = list(hooks_file.ours(hooks_file.read(path)))
        except UsageProblem as problem:
            yield Finding("problem", "hooks", problem.message, problem.hint)
            continue
        if hooks:
            any_found = True
            yield from _layer(layer, path, hooks, config)
    if not any_found:
        yield Finding("problem", "hooks", "no hooks are installed", "auditor install codex")
    if config.get("features", {}).get("hooks") is False:
        yield Finding("problem", "hooks", "hooks are switched off (features.hooks)", "Remove that line.")


def _layer(layer: str, path: Path, hooks: list[hooks_file.Hook], config: Mapping[str, Any]) -> Iterator[Finding]:
    missing = sorted(set(hooks_file.GROUPS) - {hook.event for hook in hooks})
    if missing:
        yield Finding("problem", "hooks", f"{path}: no hook for {', '.join(missing)}", "auditor install codex")
    else:
        yield Finding("ok", "hooks", f"{path}: installed ({layer})")
    for command in sorted({hook.command for hook in hooks}):
        yield _binary(command)
    if layer != "managed":
        yield _trust(path, hooks, config.get("hooks", {}).get("state", {}))


def _binary(command: str) -> Finding:
    """Run the command as Codex does (`$SHELL -lc`), with an event that has no answer and a state folder of its own."""
    words = shlex.split(command)
    program = words[0] if words else ""
    if not program or not shutil.which(program):
        return Finding(
            "problem", "program", f"{program} does not exist or cannot run: hooks fail", "auditor install codex"
        )
    with tempfile.TemporaryDirectory() as state:
        env = {**os.environ, "XDG_STATE_HOME": state}
        shell = os.environ.get("SHELL") or "/bin/sh"
        try:
            done = subprocess.run(
                [shell, "-lc", command], input=b"{}", env=env, capture_output=True, timeout=_RUN_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            text = f"{program} does not answer ({type(problem).__name__}): hooks fail"
            return Finding("problem", "program", text, "Run it by hand.")
    if done.returncode:
        text = f"{program} ends with {done.returncode}: hooks fail"
        return Finding("problem", "program", text, f"See why: echo {{}} | {command}")
    if done.stdout:
        text = f"{shell} -l prints something of its own, which Codex takes for a broken answer: every hook fails"
        return Finding("problem", "program", text, "Let your profile print for interactive shells only.")
    return Finding("ok", "program", f"{program} is there and answers")


def _client(etc: Path) -> Iterator[Finding]:
    """What of Codex itself keeps hooks from running."""
    client = shutil.which("codex")
    said = _version(client) if client else None
    if said and said < _LEAST:
        text = f"{client} is older than {'.'.join(map(str, _LEAST))}: it knows no SessionEnd, sessions are audited late"
        yield Finding("warning", "codex", text, "Update Codex.")
    config, broken = _config(etc / "requirements.toml")
    yield from broken
    if config.get("allow_managed_hooks_only") is True and not any(_ours(etc / "hooks.json")):
        text = f"{etc / 'requirements.toml'} allows managed hooks only: yours are skipped"
        yield Finding("problem", "hooks", text, "auditor install codex --managed, as the administrator")


def _version(client: str) -> tuple[int, ...] | None:
    try:
        done = subprocess.run([client, "--version"], capture_output=True, text=True, timeout=_RUN_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"(\d+)\.(\d+)\.\d+", done.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _ours(path: Path) -> list[hooks_file.Hook]:
    try:
        return list(hooks_file.ours(hooks_file.read(path)))
    except UsageProblem:
        return []


def _trust(path: Path, hooks: list[hooks_file.Hook], state: Mapping[str, Any]) -> Finding:
    """Hooks that were not reviewed, or changed since, are skipped by Codex without a word."""
    standings: dict[str, list[str]] = {}
    for hook in hooks:
        name = trust.key(str(path), hook.event, hook.group, hook.index)
        expected = trust.digest(hook.event, hook.matcher, hook.handler)
        standings.setdefault(trust.standing(state, name, expected), []).append(hook.event)
    bad = [f"{kind}: {', '.join(events)}" for kind, events in sorted(standings.items()) if kind != "trusted"]
    if bad:
        return Finding("problem", "trust", f"{path}: Codex skips {'; '.join(bad)}", "Open Codex and review /hooks.")
    return Finding("ok", "trust", f"{path}: all hooks are reviewed")


def _policy() -> Iterator[Finding]:
    from auditor.codex import place, policy

    try:
        chosen = policy.read(place.policy_files())
    except (policy.BadPolicy, OSError) as problem:
        text = str(problem) if isinstance(problem, policy.BadPolicy) else type(problem).__name__
        yield Finding("problem", "policy", f"auditor.toml: {text}; every hook fails", "Correct it.")
        return
    level: Level = "warning" if chosen.observes else "ok"
    yield Finding(level, "policy", f"policy is {chosen.policy}" + (": nothing is prevented" if chosen.observes else ""))


def _config_text(path: Path) -> Iterator[Finding]:
    """Literal credentials in the configuration itself."""
    try:
        data = path.read_bytes()
    except OSError:
        return
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load

    lines = sorted({data.count(b"\n", 0, one.start) + 1 for one in Engine(load()).scan(data, confidence="medium")})
    if lines:
        where = ", ".join(map(str, lines))
        remedy = "Use bearer_token_env_var or env_vars, and rotate the values."
        yield Finding("problem", "config", f"{path}: literal credentials in line {where}", remedy)


def _environment(config: Mapping[str, Any]) -> Iterator[Finding]:
    policy = config.get("shell_environment_policy", {})
    policy = policy if isinstance(policy, dict) else {}
    narrow = policy.get("inherit") in ("none", "core") or bool(policy.get("include_only"))
    names = [str(name).upper() for name in policy.get("exclude", ())]
    covered = any("DATABASE_URL" in name for name in names) and any("PASSW" in name for name in names)
    if narrow or (covered and policy.get("ignore_default_excludes") is False):
        yield Finding("ok", "environment", "commands do not see variables that hold credentials")
        return
    text = "commands see every variable of your environment (DATABASE_URL, PGPASSWORD, *_TOKEN …)"
    yield Finding("warning", "environment", text, "auditor install codex --environment")


def _servers(config: Mapping[str, Any]) -> Iterator[Finding]:
    servers = config.get("mcp_servers", {})
    servers = servers if isinstance(servers, dict) else {}
    bare = [name for name, one in servers.items() if isinstance(one, dict) and "command" in one and not is_proxied(one)]
    remote = [name for name, one in servers.items() if isinstance(one, dict) and "url" in one]
    if bare:
        text = f"MCP servers without redacting proxy: {', '.join(sorted(bare))}"
        yield Finding("warning", "mcp", text, "auditor install codex --wrap-mcp")
    if remote:
        text = f"remote MCP servers, whose results reach the transcript unfiltered: {', '.join(sorted(remote))}"
        yield Finding("warning", "mcp", text, "Reach them through `auditor mcp -- npx -y mcp-remote URL`.")


def _permissions(home: Path) -> Iterator[Finding]:
    """Transcripts that other users of the machine can read, unless CODEX_HOME itself is closed."""
    try:
        closed = not home.stat().st_mode & 0o011
    except OSError:
        return
    readable = 0 if closed else sum(1 for path in _transcripts(home) if path.stat().st_mode & 0o044)
    if readable:
        text = f"{readable} files with transcripts or credentials below {home} can be read by other users"
        yield Finding("warning", "permissions", text, f"chmod 700 {home}")
    else:
        yield Finding("ok", "permissions", "no transcript can be read by other users")


def _transcripts(home: Path) -> Iterator[Path]:
    for pattern in (
        "sessions/**/rollout-*",
        "archived_sessions/rollout-*",
        "history.jsonl",
        "*.sqlite",
        "auth.json",
        "config.toml",
    ):
        yield from (path for path in home.glob(pattern) if path.is_file())


def _state() -> Iterator[Finding]:
    from auditor.codex.ledger import Ledger, absorb, exists

    if not exists():
        yield Finding("ok", "queue", "no session was audited yet")
        return
    try:
        with Ledger(check=True) as book:
            absorb(book)
            queued, last, failures = book.queued(), book.last_run(), book.failures()
    except (OSError, sqlite3.Error) as problem:
        text = f"the ledger cannot be used ({type(problem).__name__}): sessions are not audited"
        yield Finding("problem", "queue", text, "Look at ~/.local/state/auditor: permissions, space, running workers.")
        return
    level: Level = "warning" if queued > 10 else "ok"
    yield Finding(level, "queue", f"{queued} sessions wait for their audit")
    if last:
        age = (time.time() - last[0]) / _DAY
        yield Finding("ok", "last run", f"{age:.1f} days ago: {os.path.basename(last[1])}")
    if failures:
        events = ", ".join(sorted({one.event for one in failures}))
        remedy = "auditor ledger list; then auditor ledger resolve --failures"
        yield Finding("problem", "failures", f"{len(failures)} hooks failed ({events})", remedy)
