"""Folding: matches of one value are one incident; the copies of one output are one occurrence with several places.

Codex writes one tool output up to three times (model copy, item copy, database row). They share session, call and
direction, so that is the fold key; a value outside any call folds by session, turn and speaker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from auditor.document import Exposure, Incident, Occurrence, Origin, PlaceDict
from auditor.model import CONFIDENCES, KINDS, Found, Place, Position

ID_HEX = 12
"""Hex digits of a fingerprint in an incident's id: 48 bits, unique within any report."""


class Placed(NamedTuple):
    """A find with what the trace knows about its place."""

    found: Found
    position: Position

    @property
    def order(self) -> tuple[bool, str, bool, str, str, int, int]:
        """First in time first; then transcripts before databases, then by path and offset."""
        place = self.found.place
        time = self.position.timestamp
        return (not time, time, place.line == 0, place.path, place.pointer, place.line, place.byte_start)


def fold(placed: Iterable[Placed], titles: dict[str, str]) -> list[Incident]:
    """Return incidents, strongest kind and earliest origin first; `titles` maps rule ids to titles."""
    groups: dict[str, list[Placed]] = defaultdict(list)
    for item in placed:
        groups[item.found.fingerprint].append(item)
    incidents = [_incident(sorted(group, key=lambda item: item.order), titles) for group in groups.values()]
    return sorted(incidents, key=lambda one: (KINDS.index(one["kind"]), one["exposure"]["first_seen"], one["id"]))


def _incident(group: Sequence[Placed], titles: dict[str, str]) -> Incident:
    """One credential; what the trace and compliance say of it is still empty."""
    best = min((item.found for item in group), key=_rank)
    occurrences = _occurrences(group)
    return {
        "id": incident_id(best.fingerprint),
        "kind": best.kind,
        "rule": best.rule,
        "rules": sorted({item.found.rule for item in group}),
        "title": titles.get(best.rule, best.rule),
        "severity": "medium",
        "severity_vector": [],
        "confidence": max((item.found.confidence for item in group), key=CONFIDENCES.index),
        "mask": best.mask,
        "fingerprint": best.fingerprint,
        "credentials": sorted({item.found.credential for item in group}),
        "length_class": best.length_class,
        "parts": _parts(group),
        "origin": _origin(occurrences[0]),
        "occurrences": occurrences,
        "spread": [],
        "exposure": _exposure([time for item in group if (time := item.position.timestamp)]),
        "conditions": [],
        "controls": [],
        "playbook": [],
        "rejected_by": best.rejected_by,
        "suppressed": "",
    }


def _origin(first: Occurrence) -> Origin:
    return {
        "occurrence": first["id"],
        "step": "",
        "run": "",
        "cause": "unknown",
        "explanation": "",
        "migration": "",
    }


def _exposure(times: Sequence[str]) -> Exposure:
    return {
        "first_seen": min(times, default=""),
        "last_seen": max(times, default=""),
        "to_model": False,
        "to_tools": [],
        "model_requests": 0,
    }


def incident_id(fingerprint: str) -> str:
    """Return the id of the incident of a fingerprint, e.g. `inc-3fa9c1d2e4b5`."""
    return f"inc-{fingerprint[:ID_HEX]}"


def _rank(found: Found) -> tuple[bool, int, int, int, str]:
    """The find that names an incident: confident, strong kind, and the mask that tells most (a full URL)."""
    return (
        bool(found.rejected_by),
        KINDS.index(found.kind),
        -CONFIDENCES.index(found.confidence),
        -len(found.parts),
        found.mask,
    )


def _parts(group: Sequence[Placed]) -> dict[str, list[str]]:
    """Every public part seen with the value: one password on two hosts shows both."""
    seen: dict[str, set[str]] = defaultdict(set)
    for item in group:
        for name, value in item.found.parts.items():
            seen[name].add(value)
    return {name: sorted(values) for name, values in sorted(seen.items())}


def _occurrences(group: Sequence[Placed]) -> list[Occurrence]:
    folded: dict[tuple[str, ...], list[Placed]] = defaultdict(list)
    for item in group:
        folded[_fold_key(item)].append(item)
    ordered = sorted(folded.values(), key=lambda items: items[0].order)
    return [_occurrence(items, number) for number, items in enumerate(ordered, 1)]


def _fold_key(item: Placed) -> tuple[str, ...]:
    """Same session, call and speaker, or same session, turn and speaker, or the place itself."""
    position, place = item.position, item.found.place
    if position.session and position.call_id:
        return (position.session, position.call_id, position.role)
    if position.session and position.turn:
        return (position.session, position.turn, position.role, position.record)
    return (position.session, place.path, place.pointer if not place.line else str(place.line))


def _occurrence(items: Sequence[Placed], number: int) -> Occurrence:
    first = items[0]
    places = _distinct([item.found.place for item in items])
    occurrence: Occurrence = {
        "id": f"{incident_id(first.found.fingerprint)}.{number}",
        "place": places[0],
        "copies": places[1:],
        "session": first.position.session,
        "turn": first.position.turn,
        "call_id": first.position.call_id,
        "role": first.position.role,
        "encoding": list(first.found.encoding),
        "timestamp": first.position.timestamp,
        "step": first.position.step,
        "rules": sorted({item.found.rule for item in items}),
        "migration": "",
    }
    if first.position.record:
        occurrence["record"] = first.position.record
    return occurrence


def _distinct(places: Sequence[Place]) -> list[PlaceDict]:
    return [place_dict(place) for place in dict.fromkeys(places)]


def place_dict(place: Place) -> PlaceDict:
    """Return the document's form of a place."""
    return {
        "path": place.path,
        "line": place.line,
        "byte_start": place.byte_start,
        "byte_end": place.byte_end,
        "pointer": place.pointer,
    }
