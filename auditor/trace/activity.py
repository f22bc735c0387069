"""Does a session run migrations at all? Asked of raw bytes of every session without finds, so it must cost next to
nothing: literals from the step rules (`atlas migrate`, `alembic upgrade`, …), one Hyperscan pass, up to the first hit.

A mention in prose is enough for a yes; it only means that the session is traced, not that anything is claimed.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import Any

from auditor.trace.rulefiles import ToolRule, step_rules

_ACTIONS = frozenset({"generate", "dry-run", "apply", "rollback", "branch-create"})
_NOT = frozenset({"shell", "git", "curl", "programs", "script"})
"""Files of ordinary programs, whose names stand in every session."""
LEAST = 7
"""Shorter literals stand everywhere by chance."""
TELLING = 6
"""A program's name of this length says enough by itself; few literals make a fast pass."""
_COMMON = frozenset({"migrate", "gradle", "gradlew", "django"})


def literals() -> list[bytes]:
    """Return what a call of a migration tool holds, sorted."""
    found = {text for tool in step_rules().tools if tool.id not in _NOT for text in _of(tool)}
    long = sorted((text for text in found if len(text) >= LEAST), key=lambda text: (len(text), text))
    kept: list[str] = []
    for text in long:
        if not any(other in text for other in kept):
            kept.append(text)
    return sorted(text.encode() for text in kept)


def _of(tool: ToolRule) -> set[str]:
    found: set[str] = set()
    for rule in tool.commands:
        if rule.action in _ACTIONS or rule.action == "sql":
            first = rule.words[0] - {"*"} if rule.words else {"-", '\\"$', '\\"p', "'p"}
            for program in rule.programs or tool.programs:
                telling = len(program) >= TELLING and program not in _COMMON
                words = {word if len(word) >= TELLING + 4 else f"{program} {word}" for word in first}
                found |= {f"{program} "} if telling else words
    for mcp in tool.mcp:
        if mcp.action in _ACTIONS or mcp.action == "sql":
            found |= set(mcp.tools)
    return found


@lru_cache(maxsize=1)
def _database() -> Any:
    import hyperscan

    expressions = [b"".join(b"\\x%02x" % byte for byte in text) for text in literals()]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = [hyperscan.HS_FLAG_SINGLEMATCH] * len(expressions)
    database.compile(expressions=expressions, ids=list(range(len(expressions))), elements=len(expressions), flags=flags)
    return database


def migrates(data: bytes) -> bool:
    """Tell whether bytes of a session hold a call of a migration tool (or words like one)."""
    found: list[int] = []

    def stop(number: int, *_: object) -> bool:
        found.append(number)
        return True

    import hyperscan

    with suppress(hyperscan.ScanTerminated):
        _database().scan(data, match_event_handler=stop)
    return bool(found)
