"""Steps → runs: the chain that carries migrations to one database, with what prepared it and what cleaned up after it.

A run goes from generation over validation to an apply on one target. An apply on another database, or of other
migrations, begins the next run. Reading a secret or asking for a connection string belongs to the run of the next
migration step, since it is done for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from auditor import lazy
from auditor.document import RunDict
from auditor.trace.connection import Endpoint
from auditor.trace.step import Mask, Step, name
from auditor.trace.vocabulary import CLOSING, MIGRATING, PREPARING

_CONFIGURATION = lazy.compile(
    r"\.env|config|\.hcl$|\.ini$|\.toml$|\.ya?ml$|\.properties$|knexfile|data-source|schema|models?[/.]|\.pgpass", re.I
)
_NEUTRAL = frozenset({"apply_patch", "shell", "git", "neon", "neonctl", "node", "python", "code"})
"""Tools that serve the migrations of any other."""


@dataclass(slots=True, eq=False)
class Run:
    """One run while it is built."""

    id: str
    session: str
    steps: list[Step] = field(default_factory=list)
    tool: str = ""
    keys: set[str] = field(default_factory=set)
    endpoint: Endpoint = field(default_factory=Endpoint)
    environment: str = ""
    applied: bool = False
    notes: list[str] = field(default_factory=list)
    order_ok: bool = True

    def add(self, step: Step) -> None:
        """Take in one step."""
        self.steps.append(step)
        step.run = self.id
        if step.action not in MIGRATING and step.action != "write-file":
            return
        self.keys |= step.keys
        if step.tool not in _NEUTRAL or not self.tool:
            self.tool = self.tool if self.tool not in _NEUTRAL | {""} else step.tool
        if step.action in {"apply", "dry-run", "rollback"}:
            self.endpoint = self.endpoint.over(step.endpoint) if self.endpoint else step.endpoint
            self.environment = step.environment or self.environment
        self.applied = self.applied or (step.real_apply and step.executed)

    @property
    def migrations(self) -> list[str]:
        """Migrations that the run wrote, checked or applied, in order."""
        return list(dict.fromkeys(one for step in self.steps for one in step.migrations))

    def done(self, action: str) -> list[Step]:
        """Return the executed steps of one action."""
        return [step for step in self.steps if step.action == action and step.executed]


def chain(steps: Sequence[Step]) -> list[Run]:
    """Return the runs of one session's steps, which are in the order they happened."""
    found: list[Run] = []
    pending: list[Step] = []
    for step in steps:
        if _migrating(step):
            run = _run_for(found, step)
            for one in (*pending, step):
                run.add(one)
            pending = []
        elif found and not pending and (step.action in CLOSING or _looks_after(found[-1], step)):
            found[-1].add(step)
        elif _preparing(step):
            pending.append(step)
    for step in (step for run in found if not _worth(run) for step in run.steps):
        step.run = ""
    return [run for run in found if _worth(run)]


def _worth(run: Run) -> bool:
    """A look at the history alone is no run, nor are files that only look like migrations."""
    actions = {step.action for step in run.steps}
    return bool(actions & (MIGRATING - {"status"}))


def _looks_after(run: Run, step: Step) -> bool:
    """A look at the database or branch right after an apply belongs to its run."""
    if not run.applied or step.action not in {"inspect", "status", "sql"}:
        return False
    return (step.tool == run.tool or step.tool in {"neon", "neonctl"}) and not _elsewhere(run, step)


def _migrating(step: Step) -> bool:
    if not step.executed:
        return False
    return (
        step.action in MIGRATING - {"status"}
        or (step.action == "status" and step.tool not in _NEUTRAL)
        or (step.action == "write-file" and bool(step.migrations))
    )


def _preparing(step: Step) -> bool:
    if step.action == "write-file":
        return step.carries or any(_CONFIGURATION.search(path) for path in step.wrote)
    return step.action in PREPARING


def _run_for(found: list[Run], step: Step) -> Run:
    """The open run that a step continues, or a new one."""
    if found and _continues(found[-1], step):
        return found[-1]
    if not found or step.action != "status":
        session = step.session
        found.append(Run(f"{session}/run-{len(found) + 1}", session))
    return found[-1]


def _continues(run: Run, step: Step) -> bool:
    related = bool(step.keys & run.keys)
    if step.tool != run.tool and not related and not {step.tool, run.tool} & _NEUTRAL:
        return step.action == "status"
    if not run.applied:
        return True
    if step.action in {"generate", "write-file"}:
        return False
    return not _elsewhere(run, step)


def _elsewhere(run: Run, step: Step) -> bool:
    """Tell whether a step works on another database than the run's."""
    mine, other = run.endpoint, step.endpoint
    if mine.host and other.host:
        return mine.host != other.host or bool(mine.database and other.database and mine.database != other.database)
    if mine.branch and other.branch:
        return mine.branch != other.branch
    return bool(run.environment and step.environment and run.environment != step.environment)


def as_document(run: Run, mask: Mask, best: Callable[[str], str]) -> RunDict:
    """Return the document's form; `best` gives the file name of a migration where it is known."""
    return {
        "id": name(run.id, mask),
        "session": run.session,
        "tool": name(run.tool, mask),
        "steps": [name(step.id, mask) for step in run.steps],
        "migrations": list(dict.fromkeys(name(best(one), mask) for one in run.migrations)),
        "environment": name(run.environment, mask),
        "target": run.endpoint.masked(lambda text: name(text, mask)).as_target(),
        "order_ok": run.order_ok,
        "notes": [name(note, mask) for note in run.notes],
    }


def applies(runs: Iterable[Run]) -> list[tuple[Run, Step]]:
    """Return the applies that changed a database, with their runs."""
    return [(run, step) for run in runs for step in run.steps if step.real_apply and step.executed]
