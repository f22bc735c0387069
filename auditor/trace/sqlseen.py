"""SQL that a session shows: on command lines, in files that it writes, in what a tool says that it executes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from auditor import lazy
from auditor.trace import sql
from auditor.trace.step import Step

MAX_TEXT = 256 * 1024
_EXECUTED = lazy.compile(r"^ *-> (.+)$|^query: (.+)$|^-- execute\(\"(.+)\"\)$", re.MULTILINE)
_LINT = lazy.compile(r"destructive changes detected|\bDS10\d\b")
_PLUS = lazy.compile(r"^\+", re.MULTILINE)


def texts_of(step: Step) -> Iterator[str]:
    """Yield the SQL texts of a step: its own statement, files it writes, statements its tool prints."""
    known, call = step.recognised, step.call
    if known is not None and known.sql:
        yield known.sql[:MAX_TEXT]
    if step.wrote and any(path.endswith(".sql") for path in step.wrote) and call is not None:
        yield _PLUS.sub("", (step.command.stdin if step.command else "") or call.command)[:MAX_TEXT]
    if step.action in {"apply", "dry-run"} and call is not None:
        found = ["".join(groups) for groups in _EXECUTED.findall(call.output[:MAX_TEXT])]
        if found:
            yield "\n".join(f"{one.rstrip(';')};" for one in found)


def destruction(step: Step, steps: Sequence[Step]) -> tuple[str, ...]:
    """Return the destructive statements of an apply: its own, and those of the migrations that it executes, as earlier
    steps wrote them."""
    texts = list(texts_of(step))
    for other in steps:
        if other.keys & step.keys:
            texts.extend(texts_of(other))
    return tuple(sorted({kind for text in texts for kind in sql.destructive(text)}))


def reviewed_needed(reviews: Sequence[Step]) -> bool:
    """Tell whether the last look was a lint that warned of destruction: the apply came without another one."""
    last = reviews[0]
    return last.action == "lint" and last.call is not None and bool(_LINT.search(last.call.output[:MAX_TEXT]))
