"""OSCAL assessment results 1.2.1, for GRC platforms. Identifiers are UUIDv5 of content, so bytes are reproducible.

Roles (see `ControlDict.role`): a weakness with an indicator is a finding `not-satisfied` for the stated objective,
operation is an observation, an obligation is a risk with its clock. `satisfied` is never written: finding nothing
proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.document import ControlDict, Document, Incident, SourceDict
from auditor.report import reading, words
from auditor.report.oscal_incidents import observation, risk
from auditor.report.oscal_parts import EPOCH, identify, prose, time, token
from auditor.report.reading import Reading
from auditor.safe.json import dumps

VERSION = "1.2.1"


def render(document: Document) -> bytes:
    """Return the assessment results; JSON with sorted keys."""
    return dumps({"assessment-results": _results(Reading(document))}, indent=True) + b"\n"


def _results(found: Reading) -> dict[str, Any]:
    document = found.document
    stamp = time(document["run"]["generated"]) or EPOCH
    root = identify("document", document["content_digest"], stamp)
    plan = identify("plan")
    return {
        "uuid": root,
        "metadata": {
            "title": prose(document["title"] or "Credential audit of agent logs"),
            "last-modified": stamp,
            "version": prose(document["content_digest"] or "0"),
            "oscal-version": VERSION,
            "props": [{"name": "tool", "value": prose(f"{document['tool']['name']} {document['tool']['version']}")}],
        },
        "import-ap": {"href": f"#{plan}"},
        "results": [_result(found, stamp)],
        "back-matter": {
            "resources": [
                {
                    "uuid": plan,
                    "title": "Automated procedure",
                    "description": "No assessment plan was given. The procedure is the scan itself: every input named "
                    "here was searched for credentials with the rule packs named here, without network access.",
                },
                {
                    "uuid": _report(document),
                    "title": "Audit document",
                    "description": prose(f"The canonical JSON document, {document['content_digest'] or 'unsealed'}."),
                },
            ]
        },
    }


def _report(document: Document) -> str:
    return identify("report", document["content_digest"])


def _result(found: Reading, stamp: str) -> dict[str, Any]:
    document = found.document
    evidence = f"#{_report(document)}"
    incidents = [*found.incidents, *found.accepted]
    observations = [observation(found, one, stamp, evidence) for one in incidents]
    observations += [_operation(control, stamp, evidence) for control in _by_role(document, "operation")]
    observations += [_gaps(document, stamp)] if document["coverage"]["gaps"] else []
    risks = [risk(one, stamp) for one in found.incidents] + list(_obligations(found, stamp))
    findings = list(_findings(document, incidents))
    return {
        "uuid": identify("result", document["content_digest"]),
        "title": "Credential audit",
        "description": prose(
            f"{reading.verdict(document)} {reading.scope_sentence(document)} {reading.gaps_sentence(document)}"
        ),
        "start": stamp,
        "end": stamp,
        "local-definitions": _local(document),
        "reviewed-controls": {"control-selections": list(_selections(found))},
        **({"observations": observations} if observations else {}),
        **({"risks": risks} if risks else {}),
        **({"findings": findings} if findings else {}),
    }


def _local(document: Document) -> dict[str, Any]:
    """The tool, and what it looked at: of a source with several accounts the last."""
    sources = {source["path"]: source for source in document["coverage"]["sources"]}
    items = list(map(_inventory_item, sources.values()))
    return {"components": [_component(document)], **({"inventory-items": items} if items else {})}


def _component(document: Document) -> dict[str, Any]:
    tool = document["tool"]
    packs = [
        {"name": "rule-pack", "value": prose(f"{p['id']} {p['version']} {p['digest']}")} for p in document["rule_packs"]
    ]
    return {
        "uuid": identify("tool"),
        "type": "software",
        "title": prose(tool["name"]),
        "description": prose(f"{tool['name']} {tool['version']}, searches logs of coding agents for credentials."),
        "status": {"state": "operational"},
        **({"props": packs} if packs else {}),
    }


def _inventory_item(source: SourceDict) -> dict[str, Any]:
    return {
        "uuid": identify("source", source["path"]),
        "description": prose(source["path"]),
        "props": [
            {"name": "format", "value": prose(source["format"])},
            {"name": "bytes", "value": str(source["bytes"])},
            {"name": "records", "value": str(source["records"])},
            {"name": "digest", "value": prose(source["digest"])},
            {"name": "status", "value": prose(source["status"])},
        ],
    }


def _selections(found: Reading) -> Iterator[dict[str, Any]]:
    """One selection a framework, in order of names."""
    frameworks: dict[str, set[str]] = {}
    for control in found.document["controls"]:
        frameworks.setdefault(control["framework"], set()).add(control_id(control))
    for name in sorted(frameworks):
        chosen = [{"control-id": control} for control in sorted(frameworks[name])]
        yield {"description": prose(found.framework(name)), "include-controls": chosen}
    if not frameworks:
        # the schema wants one control: AU-13, monitoring for information disclosure, is what a scan is
        yield {"description": "No control map was applied.", "include-controls": [{"control-id": "au-13"}]}


def control_id(control: Mapping[str, Any]) -> str:
    """Return the control's OSCAL id: the catalogue's own for NIST SP 800-53 (`ia-5.7`), else framework and number."""
    given = control.get("oscal_id") or ""
    if given:
        return token(str(given))
    number = re.sub(r"\((\d+)\)", r".\1", str(control["id"])).lower()
    if control["framework"].startswith("nist-800-53"):
        return token(number)
    return token(f"{control['framework']}_{number}")


def _by_role(document: Document, role: str) -> list[ControlDict]:
    return [control for control in document["controls"] if control["role"] == role]


def _operation(control: ControlDict, stamp: str, evidence: str) -> dict[str, Any]:
    said = f"{control['framework']} {control['id']} {control['title']}: {control['why']}"
    return {
        "uuid": identify("operation", control["framework"], control["id"], control["role"]),
        "title": prose(f"Evidence of operation: {control['id']}"),
        "description": prose(said),
        "methods": ["TEST"],
        "types": ["control-objective"],
        "relevant-evidence": [{"href": evidence, "description": "The document's coverage."}],
        "collected": stamp,
    }


def _gaps(document: Document, stamp: str) -> dict[str, Any]:
    gaps = document["coverage"]["gaps"]
    told = [f"{gap['path']}: {words.GAPS.get(gap['reason'], gap['reason'])}" for gap in gaps[:50]]
    more = [f"and {len(gaps) - 50} more"] if len(gaps) > 50 else []
    return {
        "uuid": identify("gaps", document["content_digest"]),
        "title": "Not wholly examined",
        "description": prose("; ".join([*told, *more]), 8000),
        "methods": ["EXAMINE"],
        "types": ["finding"],
        "collected": stamp,
    }


def _findings(document: Document, incidents: list[Incident]) -> Iterator[dict[str, Any]]:
    known = {one["id"]: one for one in incidents}
    for control in _by_role(document, "weakness"):
        touched = [known[name] for name in control["incidents"] if name in known]
        if control["status"] != "indicator-found" or not touched:
            continue
        why = control["why"] or "A credential was readable where it should not be."
        yield {
            "uuid": identify("finding", control["framework"], control["id"]),
            "title": prose(f"{control['id']} {control['title']}"),
            "description": prose(f"{words.count(len(touched), 'credential')} found in logs touch this control. {why}"),
            "target": {
                "type": "objective-id",
                "target-id": f"{control_id(control)}_obj",
                "description": "Credentials are not readable in the logs in scope.",
                "status": {"state": "not-satisfied", "reason": "fail", "remarks": prose(why)},
            },
            "related-observations": [{"observation-uuid": identify("observation", one["id"])} for one in touched],
            **_related_risks(touched),
        }


def _related_risks(touched: list[Incident]) -> dict[str, Any]:
    related = [{"risk-uuid": identify("risk", one["id"])} for one in touched if not one["suppressed"]]
    return {"related-risks": related} if related else {}


def _obligations(found: Reading, stamp: str) -> Iterator[dict[str, Any]]:
    for control in _by_role(found.document, "obligation"):
        if control["status"] != "assessment-required":
            continue
        why = control["why"] or "A person must assess whether this duty applies."
        yield {
            "uuid": identify("obligation", control["framework"], control["id"]),
            "title": prose(f"Assessment required: {control['framework']} {control['id']}"),
            "description": prose(control["title"] or control["id"]),
            "statement": prose(why),
            "status": "open",
            **_deadline(found, control),
        }


def _deadline(found: Reading, control: ControlDict) -> dict[str, str]:
    """The earliest known end of a clock of this framework; an aid for whoever assesses."""
    clocks = [clock for one in found.incidents for clock in one.get("clocks", [])]
    due = sorted(filter(None, (time(clock["due"]) for clock in clocks if clock["framework"] == control["framework"])))
    return {"deadline": due[0]} if due else {}
