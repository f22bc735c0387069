"""The documents every format is tried with: by name, so that test ids stay short."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache

import pytest

from auditor.compliance import Settings, enrich
from auditor.compliance.settings import Declaration
from auditor.document import Document
from tests.report import hostile, sample

MANY = 5000


def one() -> Document:
    document = sample.leaking()
    document["incidents"] = document["incidents"][:1]
    return document


@cache
def _judged() -> Document:
    """What the operator's declarations add: status, windows, clocks, playbooks, conditions, all frameworks."""
    declared = Settings(
        regulated=frozenset({"card-data", "ephi", "personal-data"}),
        clocks=frozenset({"gdpr", "nis2", "dora"}),
        detected="2026-11-21T10:00:00Z",
        detection_hours=1,
        declarations=(Declaration("inc-3fa9c1d2e4b5", "rotated", "2026-11-22T10:00:00Z", "dba", "OPS-1"),),
    )
    return enrich(sample.leaking(), declared)


def judged() -> Document:
    return copy.deepcopy(_judged())


def bare() -> Document:
    """What the pipeline knows without trace and compliance: incidents with places and nothing else."""
    document = sample.leaking()
    document.update(steps=[], sessions=[], runs=[], checks=[], controls=[], suppressions=[])
    document["run"] = {"generated": "", "arguments": []}
    for incident in document["incidents"]:
        incident.update(spread=[], playbook=[], conditions=[], controls=[], severity_vector=[], parts={}, rules=[])
        incident["origin"].update(step="", run="", cause="unknown", explanation="")
        incident["exposure"].update(first_seen="", last_seen="", to_tools=[])
    return document


@cache
def _many() -> Document:
    document = sample.leaking()
    template = document["incidents"][1]
    for number in range(MANY):
        incident = copy.deepcopy(template)
        incident["id"] = f"inc-{number:012x}"
        incident["occurrences"] = incident["occurrences"] * 3
        document["incidents"].append(incident)
    document["summary"]["incidents"] += MANY
    return document


def many() -> Document:
    return copy.deepcopy(_many())


def _hostile(text: str) -> Callable[[], Document]:
    return lambda: hostile.fill(sample.leaking(), lambda: text)


BUILDERS: dict[str, Callable[[], Document]] = {
    "leaking": sample.leaking,
    "clean": sample.clean,
    "nothing": sample.nothing,
    "one": one,
    "judged": judged,
    "bare": bare,
    "many": many,
    "empty-texts": _hostile(""),
    **{f"hostile-{number}": _hostile(text) for number, text in enumerate(hostile.STRINGS)},
}

EVERY = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
