"""Control maps: one TOML file per framework, one table per control, role and set of conditions.

A map carries ids, short titles as identifiers and reasons in our own words; never the text of a standard.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from auditor.compliance import tables
from auditor.compliance.conditions import CODES
from auditor.compliance.expressions import Expression, named, parse
from auditor.compliance.settings import parsed_time, refuse_unknown, rfc3339, strings, text
from auditor.errors import UsageProblem
from auditor.safe import shipped

ROLES = ("weakness", "operation", "obligation")
RELATIONS = ("primary", "supporting", "conditional")
WHY_LIMIT = 200
_FRAMEWORK = ("id", "title", "version", "id_pattern", "order", "requires", "reviewed_on", "source_note")
_CONTROL = ("id", "title", "role", "relation", "when", "why", "evidence", "oscal_id")


class Control(NamedTuple):
    """One row of a map."""

    id: str
    title: str
    role: str
    relation: str
    when: tuple[Expression, ...]
    why: str
    evidence: tuple[str, ...]
    oscal_id: str

    @property
    def codes(self) -> frozenset[str]:
        """Every condition it is mapped from."""
        return named(self.when)


class ControlMap(NamedTuple):
    """One framework. `requires` is a condition of the audit without which the map says nothing (declared scope)."""

    id: str
    title: str
    version: str
    order: int
    requires: str
    reviewed_on: str
    source_note: str
    digest: str
    controls: tuple[Control, ...]


def load(extra: Sequence[Path] = ()) -> tuple[ControlMap, ...]:
    """Return the shipped maps and `extra` ones, in the order reports show them.

    Raises:
        UsageProblem: unreadable file, unknown key, role, relation or condition, malformed or repeated id, long reason.
    """
    maps = [*_shipped(), *(read(path) for path in extra)]
    ids = [one.id for one in maps]
    for one in ids:
        if ids.count(one) > 1:
            raise UsageProblem(f"there are two control maps `{one}`", "give yours an id of its own")
    return tuple(sorted(maps, key=lambda one: (one.order, one.id)))


@cache
def _shipped() -> tuple[ControlMap, ...]:
    return tuple(read(path) for path in shipped.files("controls"))


def read(path: Path) -> ControlMap:
    """Return the map of one file; see `load`."""
    table, data = tables.read(path)
    refuse_unknown(table, ("framework", "control"), path.name)
    head = table.get("framework", {})
    refuse_unknown(head, _FRAMEWORK, f"{path.name}: framework")
    pattern = re.compile(text(head, "id_pattern", path.name, required=True))
    controls = tuple(_control(row, pattern, path.name) for row in table.get("control", ()))
    _refuse_repeated(controls, path.name)
    requires = text(head, "requires", path.name)
    if requires and requires not in CODES:
        raise UsageProblem(f"{path.name}: requires an unknown condition")
    return ControlMap(
        id=text(head, "id", path.name, required=True),
        title=text(head, "title", path.name, required=True),
        version=text(head, "version", path.name, required=True),
        order=_order(head, path.name),
        requires=requires,
        reviewed_on=_date(head, path.name),
        source_note=text(head, "source_note", path.name, required=True),
        digest="sha256:" + hashlib.sha256(data).hexdigest(),
        controls=controls,
    )


def _control(row: Mapping[str, Any], pattern: re.Pattern[str], name: str) -> Control:
    refuse_unknown(row, _CONTROL, f"{name}: control")
    number = text(row, "id", name, required=True)
    where = f"{name}: {number}"
    if not pattern.fullmatch(number):
        raise UsageProblem(f"{name}: a control id is not of this framework's form")
    why = text(row, "why", where, required=True)
    if len(why) > WHY_LIMIT:
        raise UsageProblem(f"{where}: `why` is longer than {WHY_LIMIT} characters")
    return Control(
        id=number,
        title=text(row, "title", where, required=True),
        role=_one_of(row, "role", ROLES, where),
        relation=_one_of(row, "relation", RELATIONS, where),
        when=tuple(_expression(one, where) for one in strings(row, "when", where)),
        why=why,
        evidence=tuple(strings(row, "evidence", where)),
        oscal_id=text(row, "oscal_id", where),
    )


def _expression(written: str, where: str) -> Expression:
    try:
        expression = parse(written)
    except ValueError:
        raise UsageProblem(f"{where}: `when` holds something that is no condition") from None
    for code in expression.codes:
        if code not in CODES and not code.startswith(("CHECK:", "CHECKED:")):
            raise UsageProblem(f"{where}: unknown condition {code}")
    return expression


def _one_of(row: Mapping[str, Any], key: str, allowed: Sequence[str], where: str) -> str:
    found = text(row, key, where, required=True)
    if found not in allowed:
        raise UsageProblem(f"{where}: `{key}` is none of {', '.join(allowed)}")
    return found


def _order(head: Mapping[str, Any], name: str) -> int:
    found = head.get("order", 100)
    if not isinstance(found, int) or isinstance(found, bool):
        raise UsageProblem(f"{name}: `order` must be a whole number")
    return found


def _date(head: Mapping[str, Any], name: str) -> str:
    found = parsed_time(text(head, "reviewed_on", name, required=True))
    if found is None:
        raise UsageProblem(f"{name}: `reviewed_on` must be a date")
    return rfc3339(found)[:10]


def _refuse_repeated(controls: Sequence[Control], name: str) -> None:
    seen: set[tuple[str, str]] = set()
    for one in controls:
        if (one.id, one.role) in seen:
            raise UsageProblem(f"{name}: {one.id} stands twice with the role {one.role}")
        seen.add((one.id, one.role))
