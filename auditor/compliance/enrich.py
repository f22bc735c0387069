"""From the reconstructed document to the judged one: conditions, severity, controls, playbooks, windows, clocks."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.compliance import conditions, controls, frameworks, playbooks, severity, windows
from auditor.compliance.frameworks import ControlMap
from auditor.compliance.settings import Settings
from auditor.compliance.status import status
from auditor.compliance.traits import Around, Case
from auditor.document import Document, Incident
from auditor.errors import UsageProblem

NOTHING_DECLARED = Settings()


def enrich(document: Document, settings: Settings = NOTHING_DECLARED) -> Document:
    """Return the document with everything filled in that follows from it and from the operator's declarations.

    Pure and idempotent: enriching twice gives the same. Suppressed incidents and held placeholders keep their
    conditions and severity, but touch no control and start no clock.

    Raises:
        UsageProblem: a control map or playbook file is broken, or `settings.frameworks` names an unknown one.
    """
    around = Around(document)
    audit = conditions.of_audit(document, settings)
    judged = [_judged(Case(incident, around), settings) for incident in document["incidents"]]
    facts = controls.Facts(
        frozenset(one["code"] for one in audit),
        {one["id"]: _codes(one) for one in judged if not one["suppressed"] and not one["rejected_by"]},
    )
    maps = wanted(frameworks.load(settings.control_files), settings)
    primary = {codes: controls.primary(maps, facts, codes) for codes in facts.code_sets}
    touched = {name: primary[codes] for name, codes in facts.incidents.items()}
    return {
        **document,
        "incidents": [{**one, "controls": touched.get(one["id"], [])} for one in judged],
        "frameworks": controls.frameworks(maps, facts),
        "conditions": audit,
        "controls": controls.matrix(maps, facts),
    }


def wanted(maps: Sequence[ControlMap], settings: Settings) -> Sequence[ControlMap]:
    """Return the maps the operator asked for, or all; raises `UsageProblem` for an unknown id."""
    unknown = settings.frameworks - {one.id for one in maps}
    if unknown:
        known = ", ".join(one.id for one in maps)
        raise UsageProblem(f"no control map `{min(unknown)}`", f"known: {known}")
    return [one for one in maps if not settings.frameworks or one.id in settings.frameworks]


def _judged(case: Case, settings: Settings) -> Incident:
    unrated = conditions.of_incident(case, settings, conditions.UNRATED)
    level, vector = severity.rate(case, settings, frozenset(one["code"] for one in unrated))
    rated: Incident = {**case.incident, "severity": level, "severity_vector": vector}
    found = unrated + conditions.of_incident(Case(rated, case.around), settings, conditions.BY_SEVERITY)
    codes = frozenset(one["code"] for one in found)
    return {
        **rated,
        "conditions": found,
        "playbook": playbooks.steps(case, settings, codes),
        "status": status(rated, settings, codes),
        "validity": windows.validity(rated, settings),
        "window": windows.window(rated, settings),
        "clocks": windows.clocks(rated, settings),
    }


def _codes(incident: Incident) -> frozenset[str]:
    return frozenset(one["code"] for one in incident["conditions"])
