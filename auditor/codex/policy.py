"""What hooks may do, from `auditor.toml` in trusted places only: the user's configuration folder, then /etc/auditor.

    [hooks]
    policy = "redact"            # observe | redact | block
    mcp = "warn"                 # allow | warn | deny: tools that return credentials
    redact_after = false         # redact transcripts in place after each session
    lint_before_apply = false
    dry_run_first = false
    no_drop = ["production"]     # environments in whose commands DROP and TRUNCATE are denied

A project's file is never read, because the agent can write it. Standard library only: hot path.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

POLICIES = ("observe", "redact", "block")
MCP_POLICIES = ("allow", "warn", "deny")


class Policy:
    """The `[hooks]` table with its defaults; a plain class, since making a named tuple costs a hook milliseconds."""

    __slots__ = ("dry_run_first", "lint_before_apply", "mcp", "no_drop", "policy", "redact_after")

    def __init__(
        self,
        policy: str = "redact",
        mcp: str = "warn",
        redact_after: bool = False,
        lint_before_apply: bool = False,
        dry_run_first: bool = False,
        no_drop: tuple[str, ...] = (),
    ) -> None:
        self.policy, self.mcp, self.redact_after = policy, mcp, redact_after
        self.lint_before_apply, self.dry_run_first, self.no_drop = lint_before_apply, dry_run_first, no_drop

    @property
    def observes(self) -> bool:
        """Nothing is changed or stopped."""
        return self.policy == "observe"

    @property
    def blocks(self) -> bool:
        """What would show a credential by its nature is denied."""
        return self.policy == "block"


class BadPolicy(ValueError):
    """A policy file that does not say what it should; the text names the key, never a value."""


def read(files: tuple[str, ...]) -> Policy:
    """Return the policy of these files, later ones winning key by key; files that are absent say nothing.

    Raises:
        BadPolicy: a file is no TOML, or a key has no allowed value.
        OSError: a file is there and cannot be read.
    """
    table: dict[str, object] = {}
    for file in files:
        if os.path.exists(file):
            table.update(_table(file))
    return _policy(table)


def _table(file: str) -> Mapping[str, object]:
    import tomllib

    try:
        with open(file, "rb") as handle:
            found = tomllib.load(handle).get("hooks", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise BadPolicy("auditor.toml is no valid TOML") from None
    if not isinstance(found, dict):
        raise BadPolicy("hooks is no table")
    return found


def _policy(table: Mapping[str, object]) -> Policy:
    default = Policy()
    flags = {
        name: _flag(table, name, getattr(default, name))
        for name in ("redact_after", "lint_before_apply", "dry_run_first")
    }
    names = table.get("no_drop", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadPolicy("hooks.no_drop is no list of names")
    return Policy(
        policy=_choice(table, "policy", POLICIES, default.policy),
        mcp=_choice(table, "mcp", MCP_POLICIES, default.mcp),
        no_drop=tuple(names),
        **flags,
    )


def _choice(table: Mapping[str, object], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = table.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        raise BadPolicy(f"hooks.{name} is none of {', '.join(allowed)}")
    return value


def _flag(table: Mapping[str, object], name: str, default: bool) -> bool:
    value = table.get(name, default)
    if not isinstance(value, bool):
        raise BadPolicy(f"hooks.{name} is neither true nor false")
    return value
