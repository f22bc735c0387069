"""One incident in OSCAL: what was observed, and the risk with its facets and remediation."""

from __future__ import annotations

from typing import Any

from auditor.document import Incident, PlaybookStep
from auditor.report import reading, words
from auditor.report.oscal_parts import identify, prose, time, token
from auditor.report.reading import Reading

_STATUS = {"open": "open", "acknowledged": "open", "closed": "closed", "accepted": "deviation-approved"}
FACETS = "urn:auditor:severity"


def observation(found: Reading, one: Incident, stamp: str, evidence: str) -> dict[str, Any]:
    """Return what was seen of one credential, with the inputs that hold it as subjects."""
    known = {source["path"] for source in found.document["coverage"]["sources"]}
    paths = [path for path in reading.by_path(reading.places(one)) if path in known]
    subjects = [{"subject-uuid": identify("source", path), "type": "inventory-item"} for path in paths]
    places = words.count(len(reading.places(one)), "place")
    cause = words.CAUSES.get(one["origin"]["cause"], one["origin"]["cause"])
    return {
        "uuid": identify("observation", one["id"]),
        "title": prose(f"{one['title'] or one['kind']} ({one['id']})"),
        "description": prose(f"{one['mask']}, {cause}, {places}. {one['origin']['explanation']}"),
        "props": [
            {"name": "kind", "value": prose(one["kind"])},
            {"name": "severity", "value": prose(one["severity"])},
            {"name": "confidence", "value": prose(one["confidence"])},
            {"name": "fingerprint", "value": prose(one["fingerprint"])},
        ],
        "methods": ["EXAMINE"],
        "types": ["finding"],
        **({"subjects": subjects} if subjects else {}),
        "relevant-evidence": [{"href": evidence, "description": prose(f"Incident {one['id']} of the document.")}],
        "collected": stamp,
    }


def risk(one: Incident, stamp: str) -> dict[str, Any]:
    """Return the open risk of one credential: facets of its severity, and the playbook as remediation."""
    exposure = one["exposure"]
    audience = words.joined(reading.remote(one), 8) or "readers of the logs"
    started = time(exposure["first_seen"])
    clocks = sorted(filter(None, (time(clock["due"]) for clock in one.get("clocks", []))))
    return {
        "uuid": identify("risk", one["id"]),
        "title": prose(f"{one['severity']}: {one['title'] or one['kind']}"),
        "description": prose(f"{one['mask']} was readable in logs and reached {audience}."),
        "statement": prose("Whoever can read the logs, or received them, can use the credential until it is revoked."),
        "status": _STATUS.get(reading.status(one), "remediating"),
        **({"characterizations": [_facets(one)]} if one["severity_vector"] else {}),
        **({"deadline": clocks[0]} if clocks else {}),
        **({"remediations": [_remediation(one)]} if one["playbook"] else {}),
        **({"risk-log": {"entries": [_first_seen(one, started)]}} if started else {}),
    }


def _facets(one: Incident) -> dict[str, Any]:
    facets = [
        {"name": token(facet["facet"]), "system": FACETS, "value": prose(f"{facet['value']} ({facet['points']})")}
        for facet in one["severity_vector"]
    ]
    return {"origin": {"actors": [{"type": "tool", "actor-uuid": identify("tool")}]}, "facets": facets}


def _remediation(one: Incident) -> dict[str, Any]:
    return {
        "uuid": identify("remediation", one["id"]),
        "lifecycle": "recommendation",
        "title": "Playbook",
        "description": "Rotate first, redact afterwards; in this order.",
        "tasks": [_task(one, number, step) for number, step in enumerate(one["playbook"], 1)],
    }


def _task(one: Incident, number: int, step: PlaybookStep) -> dict[str, Any]:
    told = [step["who"], step["console"], step["cli"], step["api"], step["confirm"], step["effect"]]
    return {
        "uuid": identify("task", one["id"], str(number)),
        "type": "action",
        "title": prose(f"{number}. {step['title']}"),
        "description": prose("; ".join(filter(None, told)) or step["title"]),
    }


def _first_seen(one: Incident, started: str) -> dict[str, Any]:
    return {
        "uuid": identify("first seen", one["id"]),
        "title": "First seen in the logs",
        "start": started,
        "status-change": "open",
    }
