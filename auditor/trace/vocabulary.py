"""The closed lists that steps, origins and spread are described in. They are part of the document's promise."""

from __future__ import annotations

from typing import Literal

Action = Literal[
    "inspect", "generate", "lint", "test", "dry-run", "apply", "rollback", "status", "dump", "branch-create",
    "branch-delete", "branch-reset", "connection-string", "credential-create", "rotate", "config", "sql",
    "read-secret", "write-file", "prompt", "message", "other",
]  # fmt: skip

Phase = Literal["generation", "validation", "isolation", "promotion", "none"]

Cause = Literal[
    "tool-output", "tool-result", "command-literal", "tool-argument", "prompt", "assistant-text", "file-change",
    "environment", "configuration", "copied-history", "unknown",
]  # fmt: skip

SpreadKind = Literal["command", "mcp-argument", "file", "commit", "message", "prompt", "sub-agent", "session", "output"]

PREPARING: frozenset[str] = frozenset(
    {"read-secret", "connection-string", "credential-create", "branch-create", "config", "branch-reset", "rotate"}
)
"""Actions that make the next migration step of a session possible and belong to its run."""

MIGRATING: frozenset[str] = frozenset({"generate", "lint", "test", "dry-run", "apply", "rollback", "status"})
"""Actions that carry a migration along."""

CLOSING: frozenset[str] = frozenset({"branch-delete", "branch-reset"})
"""Actions that end the life of a run's isolated database."""
