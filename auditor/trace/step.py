"""A step: one recognised command or call, with what it means. Raw texts inside; `document` masks what leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from auditor.document import StepDict, Target
from auditor.safe.text import clip
from auditor.trace.calls import Call
from auditor.trace.connection import NOWHERE, Endpoint
from auditor.trace.migrations import key
from auditor.trace.outputs import UNREAD, Reading
from auditor.trace.recognition import Recognised
from auditor.trace.shell import SimpleCommand

Mask = Callable[[str], str]
"""Replaces credentials in a text by markers; given by whoever holds the engine."""

Order = tuple[bool, str, int, int]
SHOWN = 2000
"""Characters of a command that a report shows."""
MASKED = 64 * 1024
NAME = 200
_ASKED = frozenset({"git", "neon", "neonctl", "curl"})
"""Tools whose steps say something whatever they do: commits, and the protection of branches."""
_PHASES = {
    "generate": "generation", "lint": "validation", "test": "validation", "dry-run": "validation",
    "branch-create": "isolation", "branch-delete": "isolation", "branch-reset": "isolation",
    "connection-string": "isolation",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Step:
    """What one command of a call, one MCP call, one patch or one message does."""

    id: str
    session: str
    path: str
    line: int
    offset: int
    pointer: str
    tool: str
    action: str
    phase: str = "none"
    turn: str = ""
    call: Call | None = None
    dry_run: bool = False
    environment: str = ""
    endpoint: Endpoint = NOWHERE
    isolated: bool | None = None
    migrations: list[str] = field(default_factory=list)
    shown: str = ""
    exit_code: int | None = None
    status: str = "unknown"
    started: str = ""
    ended: str = ""
    recognised: Recognised | None = None
    command: SimpleCommand | None = None
    reading: Reading = UNREAD
    begin: int | None = None
    """Where its output begins in the output of its call; None when nothing tells."""
    silent: bool = False
    """Nothing in the output of its call is its own."""
    wrote: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()
    run: str = ""
    carries: bool = False
    """A credential was seen in it."""
    number: int = 0
    """Place among the steps of the audit, in the order they were taken in."""

    @property
    def ordinary(self) -> bool:
        """Tell whether runs, checks and spread never ask about it, unless a credential is placed in it."""
        known = self.recognised
        return (
            self.action == "other"
            and self.tool not in _ASKED
            and not (self.wrote or self.migrations or self.dry_run)
            and not (known is not None and (known.dev_urls or known.sql))
            and "://" not in self.shown
        )

    @property
    def order(self) -> Order:
        """First in time first; what has no time comes last."""
        return (self.started == "", self.started, self.line, self.number)

    @property
    def keys(self) -> frozenset[str]:
        """Keys of its migrations."""
        return _keys(tuple(self.migrations)) if self.migrations else frozenset()

    @property
    def real_apply(self) -> bool:
        """Tell whether it changed a database by a migration."""
        return self.action == "apply" and not self.dry_run

    @property
    def executed(self) -> bool:
        """Tell whether it ran at all: hooks and users decline calls, `&&` chains end early."""
        return self.status != "declined"


@lru_cache(maxsize=8192)
def _keys(migrations: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(key, migrations))


def phase_of(action: str, given: str, isolated: bool | None, migrating: bool = False) -> str:
    """Return the phase of a migration that an action belongs to; an apply on nothing known counts as promotion."""
    if given:
        return given
    if action in {"apply", "rollback"} or (action == "sql" and isolated is not None):
        return "isolation" if isolated else "promotion"
    if action == "write-file":
        return "generation" if migrating else "none"
    return _PHASES.get(action, "none")


def as_document(step: Step, mask: Mask) -> StepDict:
    """Return the document's form; every text of the input goes through `mask`."""
    call = step.call
    return {
        "id": name(step.id, mask),
        "session": step.session,
        "turn": step.turn,
        "call_id": (call.parent or call).call_id if call else "",
        "run": name(step.run, mask),
        "tool": name(step.tool, mask),
        "action": step.action,
        "phase": step.phase,
        "dry_run": step.dry_run,
        "environment": name(step.environment, mask),
        "target": {} if step.endpoint is NOWHERE else _target(step.endpoint, mask),
        "migrations": [name(one, mask) for one in step.migrations],
        "command": shown(step.shown, mask),
        "exit_code": step.exit_code,
        "status": step.status,
        "approval_policy": call.approval_policy if call else "",
        "sandbox": call.sandbox if call else "",
        "started": step.started,
        "ended": step.ended,
        "place": {
            "path": step.path,
            "line": step.line,
            "byte_start": step.offset,
            "byte_end": step.offset,
            "pointer": step.pointer,
        },
    }


def _target(endpoint: Endpoint, mask: Mask) -> Target:
    return endpoint.masked(lambda text: name(text, mask)).as_target()


def shown(text: str, mask: Mask) -> str:
    """Return the masked beginning of a text; masked before it is cut, so that no cut makes a secret look harmless."""
    return clip(mask(text[:MASKED]), SHOWN)


def name(text: str, mask: Mask) -> str:
    """Return a masked name: of an environment, branch, migration, program."""
    return _name(text, mask) if text else ""


@lru_cache(maxsize=8192)
def _name(text: str, mask: Mask) -> str:
    return clip(mask(text[:MASKED]), NAME)
