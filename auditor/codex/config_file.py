"""`config.toml` of Codex: MCP servers behind the proxy, and an environment policy, with comments and order kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from auditor.codex.servers import is_proxied
from auditor.errors import UsageProblem

SECRET_NAMES = ("*KEY*", "*SECRET*", "*TOKEN*", "*PASSWORD*", "*PASSWD*", "PGPASSWORD", "*DATABASE_URL*", "*_DSN")
"""Names of variables that commands of the agent need not see; Codex's own excludes know neither URLs nor passwords."""


def read(path: Path) -> tomlkit.TOMLDocument:
    """Return a parsed configuration, empty when there is none.

    Raises:
        UsageProblem: it cannot be read or is no TOML.
    """
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (OSError, ValueError, TOMLKitError) as problem:
        raise UsageProblem(f"{path}: no readable TOML ({type(problem).__name__})", "Repair it first.") from None


def wrap_servers(config: tomlkit.TOMLDocument, program: str) -> list[str]:
    """Put every stdio MCP server behind `auditor mcp`; return the names of those that changed."""
    changed = []
    for name, server in _servers(config):
        if isinstance(server.get("command"), str) and not is_proxied(_plain(server)):
            arguments = ["mcp", "--vault", "--", server["command"], *(server.get("args") or ())]
            server["command"], server["args"] = program, arguments
            changed.append(name)
    return changed


def unwrap_servers(config: tomlkit.TOMLDocument) -> list[str]:
    """Take the proxy away again; return the names of those that changed."""
    changed = []
    for name, server in _servers(config):
        if not is_proxied(_plain(server)):
            continue
        words = [str(word) for word in server["args"]]
        if "--" in words and words[-1] != "--":
            command, *arguments = words[words.index("--") + 1 :]
            server["command"], server["args"] = command, arguments
            if not arguments:
                del server["args"]
            changed.append(name)
    return changed


def protect_environment(config: tomlkit.TOMLDocument) -> bool:
    """Exclude variables that hold credentials from commands; tell whether something changed."""
    policy = config.setdefault("shell_environment_policy", tomlkit.table())
    if not isinstance(policy, dict):
        raise UsageProblem("shell_environment_policy is no table")
    before = tomlkit.dumps(config)
    policy["ignore_default_excludes"] = False
    known = [str(name) for name in policy.get("exclude", ())]
    policy["exclude"] = known + [name for name in SECRET_NAMES if name not in known]
    return bool(tomlkit.dumps(config) != before)


def protects(policy: Mapping[str, object]) -> bool:
    """Tell whether a policy is as `protect_environment` leaves it."""
    names = policy.get("exclude")
    excluded = isinstance(names, list) and set(SECRET_NAMES) <= set(map(str, names))
    return excluded and policy.get("ignore_default_excludes") is False


def unprotect_environment(config: tomlkit.TOMLDocument, before: Mapping[str, object]) -> bool:
    """Take away what `protect_environment` added to the policy that was there before; tell whether it was there."""
    policy = config.get("shell_environment_policy")
    if not isinstance(policy, dict) or not protects(policy):
        return False
    names = before.get("exclude", ())
    ours = set(SECRET_NAMES) - set(map(str, names if isinstance(names, list) else ()))
    _set(policy, "exclude", [name for name in map(str, policy["exclude"]) if name not in ours] or before.get("exclude"))
    _set(policy, "ignore_default_excludes", before.get("ignore_default_excludes"))
    if not policy:
        del config["shell_environment_policy"]
    return True


def forget_reviews(config: tomlkit.TOMLDocument, names: Iterable[str]) -> bool:
    """Take away what Codex noted of hooks of these names; tell whether there was something."""
    hooks = config.get("hooks", {})
    state = hooks.get("state", {}) if isinstance(hooks, dict) else {}
    known = [name for name in names if name in state]
    for name in known:
        del state[name]
    if known and not state:
        del hooks["state"]
    if known and not hooks:
        del config["hooks"]
    return bool(known)


def _set(table: Any, name: str, value: object) -> None:
    if value is None:
        table.pop(name, None)
    else:
        table[name] = value


def text(config: tomlkit.TOMLDocument) -> bytes:
    """Return the bytes of a configuration."""
    return bytes(tomlkit.dumps(config).encode())


def _servers(config: tomlkit.TOMLDocument) -> list[tuple[str, Any]]:
    servers = config.get("mcp_servers", {})
    pairs = servers.items() if isinstance(servers, dict) else ()
    return [(str(name), one) for name, one in pairs if isinstance(one, dict | InlineTable)]


def _plain(server: Any) -> dict[str, object]:
    plain: dict[str, object] = server.unwrap()
    return plain
