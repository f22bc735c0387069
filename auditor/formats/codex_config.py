"""Codex configuration: `config.toml` and profiles beside it, TOML with MCP servers and providers.

Source: openai/codex, codex-rs/config/src/{config_toml,mcp_types}.rs. A literal there was put there; no step leaked it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor import lazy
from auditor.formats.dialect import LineDialect
from auditor.model import Event

_TABLES = lazy.compile(
    rb"^\[(?:mcp_servers|model_providers|shell_environment_policy|profiles|projects|sandbox_workspace_write|features"
    rb"|history|otel|tui|hooks)(?:\.|\]| *\])",
    re.M,
)
_KEYS = lazy.compile(rb"^(?:model|model_provider|approval_policy|sandbox_mode|notify|profile) *= *[\"\[]", re.M)


class CodexConfig(LineDialect):
    """Tables that only Codex has, with its keys or by its name."""

    name = "codex-config"
    family = "configuration"
    opaque_keys: frozenset[bytes] = frozenset()

    def recognises(self, head: bytes, name: str) -> float:
        if head[:1] == b"{":
            return 0.0
        tables, keys = _TABLES.search(head) is not None, _KEYS.search(head) is not None
        named = name.endswith("config.toml")
        if tables and (keys or named):
            return 0.8
        return 0.3 if named else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        yield Event("other", role="meta")
