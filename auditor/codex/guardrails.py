"""Order of a migration, asked of the session so far: lint before apply, dry-run first, no DROP in named environments.

What a command does is read by the same rules that audit a session, and what ran before by reading its transcript. That
costs two tenths of a second and grows with the transcript, so it is off by default, and nothing here is imported then.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from auditor.codex.policy import Policy
from auditor.trace.calls import Call
from auditor.trace.shell import parse
from auditor.trace.sql import destructive
from auditor.trace.sqlseen import destruction
from auditor.trace.steps import Surveyor

if TYPE_CHECKING:
    from auditor.trace.step import Step

_DROPS = ("drop", "truncate")
_DELETING = frozenset({"branch-delete"})
_EXECUTING = frozenset({"apply", "rollback", "sql"})
_FILE_BYTES = 1 << 20

LINT_FIRST = "auditor: denied, lint first (`atlas migrate lint --env NAME --latest 1`); none ran in this session yet."
DRY_RUN_FIRST = "auditor: denied, dry-run first (`--dry-run`, for alembic `--sql`); none ran well in this session yet."
NO_DROP = (
    "auditor: denied, DROP and TRUNCATE are not allowed in this environment. Write a migration and have it reviewed."
)


class Asked(NamedTuple):
    """What a hook was asked about."""

    tool: str
    """`Bash` or `mcp__server__tool`."""
    given: Mapping[str, object]
    """Its input; of `Bash` the `command`."""
    id: str = ""
    """It may stand in the transcript already."""
    transcript: str = ""
    """Path of the session so far, empty when there is none."""
    folder: str = ""
    """Where it runs; SQL files it names are read from there."""


def reason(asked: Asked, policy: Policy) -> str:
    """Return why a call breaks a rule of the policy, or nothing."""
    surveyor = Surveyor(asked.transcript)
    calls = [call for call in _calls(asked.transcript) if call.call_id != asked.id or not asked.id]
    before = [step for call in calls for step in surveyor.steps(call)]
    now = surveyor.steps(_call(asked.tool, asked.given))
    known = [*before, *now]
    if any(
        _destroys(step, known, asked.folder) for step in now if any(_concerns(step, name) for name in policy.no_drop)
    ):
        return NO_DROP
    return _out_of_order(before, now, policy)


def _out_of_order(before: Sequence[Step], now: Sequence[Step], policy: Policy) -> str:
    """The first apply of a call that nothing prepared: neither the session before nor the same call."""
    seen = list(before)
    for step in now:
        if step.real_apply:
            if policy.lint_before_apply and not any(_linted(one) for one in seen):
                return LINT_FIRST
            if policy.dry_run_first and not any(_tried(one) for one in seen):
                return DRY_RUN_FIRST
        seen.append(step)
    return ""


def _linted(step: Step) -> bool:
    """A lint that found something ran too: what it said stands in front of the model."""
    return step.action == "lint" and step.executed


def _tried(step: Step) -> bool:
    return step.dry_run and step.executed and step.status != "failed"


def _destroys(step: Step, steps: Sequence[Step], folder: str) -> bool:
    if step.action in _DELETING or (step.command is not None and step.command.program == "dropdb"):
        return True
    found = [*destruction(step, steps)]
    if step.action in _EXECUTING and step.call is not None:
        found += [kind for text in _brought(step.call.command, folder) for kind in destructive(text)]
    return any(kind.startswith(_DROPS) for kind in found)


def _brought(command: str, folder: str) -> Iterator[str]:
    """SQL that reaches a client by a pipe or in a file."""
    for one in parse(command).commands:
        if one.piped:
            yield " ".join(one.argv[1:])
        for word in (*one.argv[1:], *(redirect.target for redirect in one.redirects)):
            if word.endswith(".sql"):
                with suppress(OSError), open(os.path.join(folder, word), "rb") as file:
                    yield file.read(_FILE_BYTES).decode("utf-8", "replace")


def _concerns(step: Step, environment: str) -> bool:
    """An environment is named by `--env`, a service, a host, a database, a branch: as a word of the call."""
    said = (step.environment, step.endpoint.branch, step.endpoint.database, step.endpoint.host)
    call = step.call
    texts = (*said, call.command, *map(str, call.arguments.values())) if call is not None else said
    word = re.compile(rf"(?<![\w-]){re.escape(environment)}(?![\w-])", re.IGNORECASE)
    return any(word.search(text) for text in texts)


def _call(tool: str, given: Mapping[str, object]) -> Call:
    if tool == "Bash":
        return Call("now", "", "now", "shell", 0, command=str(given.get("command", "")))
    _mcp, server, name = [*tool.split("__", 2), "", ""][:3]
    return Call("now", "", "now", "mcp", 0, server=server, name=name, arguments=given)


def _calls(transcript: str) -> list[Call]:
    """The calls on record; a transcript that is not there tells of none."""
    from auditor.formats import registry
    from auditor.intake import FileSource, discover
    from auditor.trace.sessions import read

    source = next(iter(discover([transcript])), None) if transcript else None
    if not isinstance(source, FileSource):
        return []
    return read(source, registry.DIALECTS["codex-rollout"]).calls
