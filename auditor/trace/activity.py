"""Does a session run migrations at all? Asked of raw bytes of every session, so it must cost next to nothing: literals
from the step rules (`atlas migrate`, `alembic upgrade`, …) that the detector's prefilter looks for in the same pass.

A mention in prose is enough for a yes; it only means that the session is traced, not that anything is claimed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from auditor.safe import cache, shipped

if TYPE_CHECKING:
    from auditor.trace.rulefiles import ToolRule

_ACTIONS = frozenset({"generate", "dry-run", "apply", "rollback", "branch-create"})
_NOT = frozenset({"shell", "git", "curl", "programs", "script"})
"""Files of ordinary programs, whose names stand in every session."""
LEAST = 7
"""Shorter literals stand everywhere by chance."""
TELLING = 6
"""A program's name of this length says enough by itself; few literals make a fast pass."""
COMMAND, TOOL = 10, 13
"""Bytes of a call of a program, and of a tool's name, that tell it from other text; more only slows the pass."""
_COMMON = frozenset({"migrate", "gradle", "gradlew", "django"})


def literals() -> list[bytes]:
    """Return what calls of migration tools hold, sorted; of long texts the beginning."""
    from auditor.trace.rulefiles import step_rules

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
                found |= {text[:COMMAND] for text in ({f"{program} "} if telling else words)}
    for mcp in tool.mcp:
        if mcp.action in _ACTIONS or mcp.action == "sql":
            found |= {tool[:TOOL] for tool in mcp.tools}
    return found


def words() -> tuple[bytes, ...]:
    """Return `literals`, from the cache folder where the step rules are those of last time: they take long to read."""
    rules = [path.read_bytes() for path in shipped.files("steps")]
    key = cache.key(Path(__file__).read_bytes(), *rules)
    stored = cache.load("words", key)
    if stored is None:
        stored = b"\n".join(literals())
        cache.store("words", key, stored)
    return tuple(stored.split(b"\n"))
