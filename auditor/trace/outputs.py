"""Reading a tool's output by its step rules: which migrations it names, which one was executing at each place, whether
it succeeded, which branch, project, host or database it tells. Offsets are characters of the given text.

An apply may execute several migrations, and the one that matters is the one that was running when a line was printed.
`start` opens a migration, `done` closes it, `end` says that none runs from here on, `close` names afterwards the
migration that everything since the last boundary belonged to; so does `failed`, whose migration goes on to own what
follows. What follows a migration that was started and failed (a traceback on stderr) belongs to that migration too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from auditor import lazy
from auditor.trace.migrations import basename
from auditor.trace.rulefiles import OutputRule

MAX_OUTPUT = 512 * 1024
"""Longer outputs are read at head and tail; nothing between names a migration that matters for a report."""
MAX_EVENTS = 4096
_COLOUR = lazy.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one output says."""

    migrations: tuple[str, ...] = ()
    succeeded: bool | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    starts: tuple[int, ...] = ()
    running: tuple[str, ...] = ()
    """Migration that runs from the offset of the same index in `starts`; empty for none."""
    begins: tuple[int, ...] = ()
    """Where words of this tool stand, ascending: its output begins at one of them."""
    finished: int | None = None
    """Where its output ends for certain."""

    def executing(self, offset: int) -> str:
        """Return the migration that was executing when the text at an offset was printed, or empty."""
        index = bisect_right(self.starts, offset) - 1
        return self.running[index] if index >= 0 else ""


UNREAD = Reading()


@dataclass(frozen=True, slots=True)
class _Mark:
    offset: int
    end: int
    kind: str
    version: str


def read(text: str, rule: OutputRule, exit_code: int | None = None) -> Reading:
    """Read an output by one tool's patterns."""
    if len(text) > MAX_OUTPUT:
        half = MAX_OUTPUT // 2  # keep offsets: blank the middle
        text = f"{text[:half]}{' ' * (len(text) - MAX_OUTPUT)}{text[-half:]}"
    marks = sorted(_marks(text, rule), key=lambda mark: (mark.offset, mark.kind != "start"))[:MAX_EVENTS]
    succeeded = _verdict(text, rule, exit_code)
    executed = [mark for mark in marks if mark.version and mark.kind != "mention"]
    starts, running = _running(marks, failed=succeeded is False)
    named = dict.fromkeys(mark.version for mark in marks if mark.version)
    signs = [mark.offset for mark in marks if mark.kind not in {"mention", "end"}]
    return Reading(
        tuple(dict.fromkeys(mark.version for mark in executed)) or tuple(named),
        succeeded,
        facts(text, rule),
        starts,
        running,
        tuple(sorted({*signs, *_signatures(text, rule), *_errors(text, rule)})),
        max(
            (_line_end(text, match.end()) for pattern in rule.of("last") for match in pattern.finditer(text)),
            default=None,
        ),
    )


def _marks(text: str, rule: OutputRule) -> Iterator[_Mark]:
    for kind in ("start", "done", "close", "failed", "begin", "end", "mention"):
        for pattern in rule.of(kind):
            for match in pattern.finditer(text):
                begin = text.rfind("\n", 0, match.start()) + 1
                yield _Mark(begin, _line_end(text, match.end()), kind, _version(match))


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _version(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return basename(groups.get("file") or "") or (groups.get("version") or "").strip()


def _running(marks: Sequence[_Mark], *, failed: bool) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Boundaries and what runs after each; a failing run ends in its last migration."""
    points: list[tuple[int, str]] = [(0, "")]
    open_from, last = 0, ""
    for mark in marks:
        if mark.kind == "start":
            points.append((mark.offset, mark.version))
            last = mark.version
        elif mark.kind == "done":
            points.append((mark.end, ""))
            open_from = mark.end
        elif mark.kind in {"close", "failed"}:
            points = [point for point in points if point[0] < open_from]
            points += [(open_from, mark.version), (mark.end, mark.version if mark.kind == "failed" else "")]
            open_from, last = mark.end, mark.version if mark.kind == "failed" else ""
        elif mark.kind in {"begin", "end"}:
            points.append((mark.offset, ""))
            open_from = mark.offset
    if failed and last and not points[-1][1]:
        points[-1] = (points[-1][0], last)
    return tuple(offset for offset, _ in points), tuple(version for _, version in points)


def _verdict(text: str, rule: OutputRule, exit_code: int | None) -> bool | None:
    """Exit code first; texts decide where there is none."""
    if exit_code is not None:
        return exit_code == 0
    if any(pattern.search(text) for pattern in rule.of("failure")):
        return False
    return True if any(pattern.search(text) for pattern in rule.of("success")) else None


def facts(text: str, rule: OutputRule) -> dict[str, str]:
    """Return what an output tells about project, branch, host … (never a password: the patterns have no such group)."""
    found: dict[str, str] = {}
    for pattern in rule.of("facts"):
        for match in pattern.finditer(text):
            for name, value in match.groupdict().items():
                if value:
                    found.setdefault(name, value.strip())
    return found


def _signatures(text: str, rule: OutputRule) -> list[int]:
    return [match.start() for pattern in rule.of("signature") for match in islice(pattern.finditer(text), 64)]


def _errors(text: str, rule: OutputRule) -> list[int]:
    """Where lines begin in which the tool says that it failed."""
    found = (match.start() for pattern in rule.of("failure") for match in islice(pattern.finditer(text), 64))
    return [text.rfind("\n", 0, at) + 1 for at in found]


def plain(text: str) -> str:
    """Return the text without colour sequences; offsets change, so only for reading words."""
    return _COLOUR.sub("", text)
