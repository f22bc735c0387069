"""OCSF 1.8.0 events, class 2006 Data Security Finding, one a line and incident; times in milliseconds.

A clean document gives no line: there is no finding to tell. `discovery_details[].value` exists in the schema and is
never filled. Numbers are those of ocsf/ocsf-schema 1.8.0, events/findings and objects/data_security.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from auditor.document import Document, Incident, PlaceDict
from auditor.report import reading, words
from auditor.report.reading import Reading
from auditor.safe.json import dumps
from auditor.safe.markup import plain
from auditor.safe.text import clip

VERSION = "1.8.0"
CLASS = 2006
DETAILS = 100
"""Most places told of one incident; `total` counts all."""
_SEVERITY = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_CONFIDENCE = {"low": 1, "medium": 2, "high": 3}
_CREATE, _UPDATE, _CLOSE = 1, 2, 3
_NEW, _IN_PROGRESS, _SUPPRESSED, _RESOLVED = 1, 2, 3, 4
_AT_REST, _DEVELOPER_SECURITY, _SECURITY, _REGULAR_FILE = 1, 11, 6, 1


def render(document: Document) -> bytes:
    """Return JSON lines, worst incident first, accepted ones last."""
    found = Reading(document)
    return b"".join(dumps(_event(found, one)) + b"\n" for one in [*found.incidents, *found.accepted])


def _event(found: Reading, one: Incident) -> dict[str, Any]:
    known = found.trend_of(one) == "open"
    status = _status(one, known=known)
    activity = _CLOSE if status == _RESOLVED else _UPDATE if known else _CREATE
    generated = milliseconds(found.document["run"]["generated"])
    first, last = milliseconds(one["exposure"]["first_seen"]), milliseconds(one["exposure"]["last_seen"])
    spots = reading.places(one)
    return {
        "activity_id": activity,
        "category_uid": 2,
        "class_uid": CLASS,
        "type_uid": CLASS * 100 + activity,
        "time": generated or last or first or 0,
        **({"start_time": first} if first is not None else {}),
        **({"end_time": last} if last is not None else {}),
        "severity_id": _SEVERITY.get(one["severity"], 0),
        "severity": one["severity"].capitalize(),
        "confidence_id": _CONFIDENCE.get(one["confidence"], 0),
        "status_id": status,
        "count": len(one["occurrences"]),
        "message": plain(f"{one['title']}: {one['mask']}", 500),
        "metadata": _metadata(found.document),
        "finding_info": _finding(one, first, last, generated),
        "data_security": _data(one, spots),
        **({"file": _file(spots[0])} if spots else {}),
        **({"resources": _resources(one)} if _resources(one) else {}),
        **({"risk_details": _risk(one)} if one["severity_vector"] else {}),
    }


def _status(one: Incident, *, known: bool) -> int:
    state = reading.status(one)
    if state == "accepted":
        return _SUPPRESSED
    if state == "closed":
        return _RESOLVED
    return _IN_PROGRESS if known or state != "open" else _NEW


def milliseconds(text: str) -> int | None:
    """Return a time as whole milliseconds since 1970; a well-known exporter writes seconds here."""
    found = reading.moment(text)
    return round(found.timestamp() * 1000) if found else None


def _metadata(document: Document) -> dict[str, Any]:
    tool = document["tool"]
    product = {"name": plain(tool["name"]), "vendor_name": plain(tool["name"]), "version": plain(tool["version"])}
    labels = [plain(f"{pack['id']} {pack['version']}") for pack in document["rule_packs"]]
    return {"version": VERSION, "product": product, "labels": labels, "log_name": "agent logs"}


def _finding(one: Incident, first: int | None, last: int | None, created: int | None) -> dict[str, Any]:
    times = {"first_seen_time": first, "last_seen_time": last, "created_time": created}
    return {
        "uid": plain(one["id"]),
        "title": plain(one["title"] or one["kind"], 150),
        "desc": plain(_described(one), 1000),
        "types": [plain(one["kind"])],
        **{name: time for name, time in times.items() if time is not None},
        "attacks": [{"technique": {"uid": "T1552.001", "name": "Unsecured Credentials: Credentials In Files"}}],
        "analytic": {"type_id": 1, "name": plain(one["rule"]), "uid": plain(one["rule"])},
        "tags": [
            {"name": "fingerprint", "value": plain(one["fingerprint"])},
            *({"name": "control", "value": plain(control)} for control in one["controls"]),
            *({"name": "playbook", "value": plain(step["title"])} for step in one["playbook"]),
        ],
    }


def _described(one: Incident) -> str:
    cause = words.CAUSES.get(one["origin"]["cause"], one["origin"]["cause"])
    return f"{one['mask']}, {cause}. {one['origin']['explanation']}".strip()


def _data(one: Incident, spots: Sequence[PlaceDict]) -> dict[str, Any]:
    return {
        "category_id": _SECURITY,
        "data_lifecycle_state_id": _AT_REST,
        "detection_system_id": _DEVELOPER_SECURITY,
        "pattern_match": plain(one["rule"]),
        "total": len(spots),
        "discovery_details": list(_details(one, spots[:DETAILS])),
    }


def _details(one: Incident, spots: Sequence[PlaceDict]) -> Iterator[dict[str, Any]]:
    for place in spots:
        at: dict[str, Any] = {"start_line": place["line"], "end_line": place["line"]} if place["line"] else {}
        if place["pointer"]:
            at["json_path" if place["line"] else "cell_name"] = plain(place["pointer"], 300)
        yield {"type": plain(one["kind"]), "count": 1, **({"occurrence_details": at} if at else {})}


def _file(place: PlaceDict) -> dict[str, Any]:
    name = PurePosixPath(place["path"]).name or place["path"] or "?"
    return {"name": plain(name), "path": plain(place["path"]), "type_id": _REGULAR_FILE}


def _resources(one: Incident) -> list[dict[str, Any]]:
    hosts = one["parts"].get("host", [])
    names = hosts if isinstance(hosts, list) else [hosts]
    return [{"name": plain(str(name)), "type": "database"} for name in names]


def _risk(one: Incident) -> str:
    facets = [f"{facet['facet']}: {facet['value']} ({facet['points']})" for facet in one["severity_vector"]]
    return plain(clip("; ".join(facets), 1000))
