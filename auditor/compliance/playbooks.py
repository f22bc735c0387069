"""Playbooks: what to do about a credential of one class, as data, filled with the ids the session showed.

Values come from logs, so only plain identifiers are filled in; anything else stays a placeholder like `<role>`, since a
reader will paste these commands into a shell. Order in the list is the order of work: rotate first, redact after.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from auditor import lazy
from auditor.compliance import tables
from auditor.compliance.expressions import Expression, parse
from auditor.compliance.settings import Settings, refuse_unknown, strings, text
from auditor.compliance.surroundings import Surroundings
from auditor.compliance.traits import Case, only_local
from auditor.document import PlaybookStep
from auditor.errors import UsageProblem
from auditor.safe import shipped

EACH = ("", "branch", "created")
FIELDS = ("title", "who", "console", "cli", "api", "confirm", "effect", "order")
LAST = "always"
"""Id of the playbook whose steps follow every other one's."""
_PLAYBOOK = ("id", "title", "kinds", "when", "reviewed_on", "source_note")
_STEP = (*FIELDS, "when", "each", "containment")
_SLOT = lazy.compile(r"\{([a-z_]+)\}")


class Step(NamedTuple):
    """One step with open slots; `each` repeats it for every branch that is known or was created.

    `containment` marks the step after which the credential opens nothing any more.
    """

    fields: Mapping[str, str]
    when: Expression | None
    each: str
    containment: bool


class Playbook(NamedTuple):
    """Steps for some kinds; `when` narrows it (Neon among PostgreSQL)."""

    id: str
    kinds: frozenset[str]
    when: Expression | None
    steps: tuple[Step, ...]


@cache
def load() -> tuple[Playbook, ...]:
    """Return the shipped playbooks, the narrower ones first.

    Raises:
        UsageProblem: unknown key, malformed condition, unknown slot.
    """
    found = [read(path) for path in shipped.files("playbooks")]
    return tuple(sorted(found, key=lambda one: (one.when is None, one.id)))


def read(path: Path) -> Playbook:
    """Return the playbook of one file; see `load`."""
    table, _ = tables.read(path)
    refuse_unknown(table, ("playbook", "step"), path.name)
    head = table.get("playbook", {})
    refuse_unknown(head, _PLAYBOOK, f"{path.name}: playbook")
    return Playbook(
        id=text(head, "id", path.name, required=True),
        kinds=frozenset(strings(head, "kinds", path.name)),
        when=_expression(head, path.name),
        steps=tuple(_step(row, path.name) for row in table.get("step", ())),
    )


def choose(case: Case, codes: frozenset[str]) -> Playbook | None:
    """Return the playbook of a credential: the narrowest of its kind, else its rule's, else its kind's."""
    books = {one.id: one for one in load()}
    fitting = [
        one for one in load() if case.incident["kind"] in one.kinds and (one.when is None or one.when.holds(codes))
    ]
    if fitting and fitting[0].when is not None:
        return fitting[0]
    named = books.get(case.rule["playbook"]) if case.rule else None
    return named or next(iter(fitting), None)


def steps(case: Case, settings: Settings, codes: frozenset[str]) -> list[PlaybookStep]:
    """Return what to do about an incident whose conditions are `codes`, in order."""
    known = Surroundings(case, settings)
    codes = codes | _own_codes(case, known)
    books = [choose(case, codes), next((one for one in load() if one.id == LAST), None)]
    open_steps = [step for book in books if book for step in book.steps if step.when is None or step.when.holds(codes)]
    return [_filled(step, slots) for step in open_steps for slots in known.slots(step.each)]


def _own_codes(case: Case, known: Surroundings) -> frozenset[str]:
    """Codes that only playbooks ask for."""
    held = {
        "NEON": case.neon,
        "LOCAL_TARGET": only_local(case.hosts),
        "BRANCH_CREATED": bool(known.created),
        "PARENT_UNPROTECTED": case.neon and not known.protected,
        "PARENT_PROTECTED": case.neon and known.protected,
        "EXPIRED": "true" in case.incident["parts"].get("expired", ()),
    }
    cause = case.incident["origin"]["cause"].upper().replace("-", "_")
    return frozenset([name for name, holds in held.items() if holds] + [f"CAUSE_{cause}"])


def _filled(step: Step, slots: Mapping[str, str]) -> PlaybookStep:
    def fill(field: str) -> str:
        return _SLOT.sub(lambda match: slots[match[1]], step.fields.get(field, ""))

    filled: PlaybookStep = {
        "title": fill("title"),
        "who": fill("who"),
        "console": fill("console"),
        "cli": fill("cli"),
        "api": fill("api"),
        "confirm": fill("confirm"),
        "effect": fill("effect"),
        "order": fill("order"),
    }
    if step.containment:
        filled["containment"] = True
    return filled


def _step(row: Mapping[str, Any], name: str) -> Step:
    refuse_unknown(row, _STEP, f"{name}: step")
    fields = {field: text(row, field, name) for field in FIELDS}
    each = text(row, "each", name)
    if not fields["title"] or not fields["who"] or each not in EACH:
        raise UsageProblem(f"{name}: a step needs `title` and `who`, and `each` is branch or created")
    for value in fields.values():
        for slot in _SLOT.findall(value):
            if slot not in Surroundings.SLOTS:
                raise UsageProblem(f"{name}: unknown slot {{{slot}}}")
    containment = row.get("containment", False)
    if not isinstance(containment, bool):
        raise UsageProblem(f"{name}: `containment` must be true or false")
    return Step({key: value for key, value in fields.items() if value}, _expression(row, name), each, containment)


def _expression(row: Mapping[str, Any], name: str) -> Expression | None:
    written = text(row, "when", name)
    try:
        return parse(written) if written else None
    except ValueError:
        raise UsageProblem(f"{name}: `when` is no condition") from None
