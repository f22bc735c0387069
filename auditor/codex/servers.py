"""The MCP servers of a Codex configuration: which run behind our proxy."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator

_LIMIT = 4 << 20


def proxied(home: str, folder: str) -> frozenset[str]:
    """Return the names of servers that run behind `auditor mcp`; none where the configuration cannot be read.

    Args:
        home: CODEX_HOME.
        folder: where the session runs: a project's `.codex` may put a bare server under the name of a proxied one.
    """
    layers = [configured(home), *(configured(os.path.join(one, ".codex")) for one in _upward(folder))]
    bare = {name for layer in layers for name, server in layer.items() if not is_proxied(server)}
    return frozenset(name for layer in layers for name in layer) - bare


def _upward(folder: str) -> Iterator[str]:
    while folder.startswith("/"):
        yield folder
        if folder == (above := os.path.dirname(folder)):
            return
        folder = above


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
