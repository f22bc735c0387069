"""From conditions to controls: which rows of a map are touched, and by which incidents.

A control is never "passed": a weakness without an indicator is `no-indicator-in-scope`, and only within the coverage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from auditor.compliance.frameworks import Control, ControlMap
from auditor.document import ControlDict, Framework

PRIMARY_PER_FRAMEWORK = 3
"""Controls that one incident shows per framework; the matrix has all."""
_TOUCHED = {"weakness": "indicator-found", "operation": "evidence", "obligation": "assessment-required"}


@dataclass(frozen=True)
class Facts:
    """What holds: codes of the audit, and codes of each open incident by its id, in document order."""

    audit: frozenset[str]
    incidents: Mapping[str, frozenset[str]]

    @cached_property
    def code_sets(self) -> frozenset[frozenset[str]]:
        """The few distinct sets among many incidents."""
        return frozenset(self.incidents.values())


def frameworks(maps: Sequence[ControlMap], facts: Facts) -> list[Framework]:
    """Return what each map is, and whether the declared scope makes it speak."""
    return [_framework(one, speaks(one, facts)) for one in maps]


def speaks(one: ControlMap, facts: Facts) -> bool:
    """Tell whether a map's scope was declared, or it needs none."""
    return not one.requires or one.requires in facts.audit


def matrix(maps: Sequence[ControlMap], facts: Facts) -> list[ControlDict]:
    """Return every row of every map in scope, with the incidents that touch it."""
    return [_row(one, control, facts) for one in maps if speaks(one, facts) for control in one.controls]


def primary(maps: Sequence[ControlMap], facts: Facts, codes: frozenset[str]) -> list[str]:
    """Return `framework/id` of the primary controls these codes touch, at most three per framework."""
    return [
        f"{one.id}/{number}" for one in maps if speaks(one, facts) for number in _primary_of(one, facts.audit, codes)
    ]


def _primary_of(one: ControlMap, audit: frozenset[str], codes: frozenset[str]) -> list[str]:
    touched = [
        control.id
        for control in one.controls
        if control.relation == "primary" and control.role != "operation" and _touches(control, audit, codes)
    ]
    return list(dict.fromkeys(touched))[:PRIMARY_PER_FRAMEWORK]


def _touches(control: Control, audit: frozenset[str], codes: frozenset[str]) -> bool:
    """Tell whether the incident's own codes matter; what holds of the audit alone is no incident's in particular."""
    both = codes | audit
    return any(one.holds(both) and not one.holds(audit) for one in control.when)


def _row(one: ControlMap, control: Control, facts: Facts) -> ControlDict:
    touching_sets = {codes for codes in facts.code_sets if _touches(control, facts.audit, codes)}
    touching = [name for name, codes in facts.incidents.items() if codes in touching_sets] if touching_sets else []
    holds = bool(touching) or any(when.holds(facts.audit) for when in control.when)
    held = facts.audit.union(*touching_sets) & control.codes
    return {
        "framework": one.id,
        "version": one.version,
        "id": control.id,
        "title": control.title,
        "role": control.role,
        "relation": control.relation,
        "status": _TOUCHED[control.role] if holds else "no-indicator-in-scope",
        "why": control.why,
        "incidents": touching,
        "evidence": list(control.evidence),
        "conditions": sorted(held) if holds else [],
        "oscal_id": control.oscal_id,
    }


def _framework(one: ControlMap, in_scope: bool) -> Framework:
    return {
        "id": one.id,
        "title": one.title,
        "version": one.version,
        "digest": one.digest,
        "reviewed_on": one.reviewed_on,
        "source_note": one.source_note,
        "in_scope": in_scope,
        "note": "" if in_scope else "Not applied: the operator did not declare the data this framework is about.",
    }
