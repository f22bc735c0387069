"""The MCP servers of a Codex configuration: which run behind our proxy."""

from __future__ import annotations

import os
import tomllib

_LIMIT = 4 << 20


def proxied(home: str) -> frozenset[str]:
    """Return the names of servers that run behind `auditor mcp`; none where the configuration cannot be read."""
    return frozenset(name for name, server in configured(home).items() if is_proxied(server))


def configured(home: str) -> dict[str, dict[str, object]]:
    """Return the `[mcp_servers]` tables of `config.toml`."""
    try:
        with open(os.path.join(home, "config.toml"), "rb") as file:
            servers = tomllib.loads(file.read(_LIMIT).decode()).get("mcp_servers", {})
    except (OSError, ValueError, RecursionError):
        return {}
    return {name: one for name, one in servers.items() if isinstance(one, dict)} if isinstance(servers, dict) else {}


def is_proxied(server: dict[str, object]) -> bool:
    """Tell whether a server's command is our proxy."""
    arguments = server.get("args")
    command = server.get("command")
    if not isinstance(arguments, list) or not isinstance(command, str):
        return False
    return os.path.basename(command) == "auditor" and arguments[:1] == ["mcp"]
