"""Results of the SARIF log: one an incident, with its other places, its leak path as a code flow, and its controls.

Limits are GitHub's (docs.github.com, "SARIF support for code scanning"); DefectDojo makes a finding of every entry of
`locations`, so there is exactly one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor import lazy
from auditor.document import Incident, Occurrence, StepDict
from auditor.report import reading, words
from auditor.report.reading import Reading
from auditor.report.sarif_places import location, moment
from auditor.safe.markup import plain, sarif

MARKER = lazy.compile(r"\[REDACTED:[^\]\s]{1,80}\]")
RELATED, FLOW = 99, 1_000
_LINKS = 3
_RANK = {"critical": 95.0, "high": 80.0, "medium": 55.0, "low": 25.0, "info": 5.0}
_SINKS = {"command": "sink", "mcp-argument": "sink", "file": "sink", "commit": "sink"}


class Results:
    """Writes results that refer to rules and artifacts by index."""

    def __init__(self, found: Reading, rules: Mapping[str, int], artifacts: Mapping[str, int]) -> None:
        self.found = found
        self.rules = rules
        self.artifacts = artifacts

    def result(self, one: Incident, rule: str) -> dict[str, Any]:
        """Return one incident; the first place is the location, all others are related."""
        spots = reading.places(one)
        spot = self.found.first(one)
        first = spot["place"] if spot else None
        others = [place for place in spots if place != first]
        flows = list(self._flows(one))
        return {
            "ruleId": rule,
            "ruleIndex": self.rules[rule],
            "kind": "fail",
            "rank": _RANK.get(one["severity"], 5.0),
            "message": {"text": _message(one, len(others))},
            "locations": [location(first, self.artifacts, region=True)] if first else [],
            "relatedLocations": [
                {"id": number, **location(place, self.artifacts), "message": {"text": "The same credential"}}
                for number, place in enumerate(others[:RELATED], 1)
            ],
            "occurrenceCount": max(len(spots), 1),
            **({"codeFlows": flows} if flows else {}),
            "fingerprints": {"auditorIncident/v1": plain(one["id"])},
            "partialFingerprints": {
                "primaryLocationLineHash": f"{plain(one['fingerprint'])[:16]}:1",
                "auditorCredential/v1": plain(one["fingerprint"]),
            },
            "taxa": [self._taxon(framework, name) for framework, name in self._controls(one)],
            **self._state(one),
            **self._fixes(one),
            "properties": self._properties(one),
        }

    def _controls(self, one: Incident) -> Iterator[tuple[str, str]]:
        """CWE first: importers read the first or the last they see."""
        touched = [(control["framework"], control["id"]) for control in self.found.controls_of(one)]
        weaknesses = [name for framework, name in touched if framework == "cwe"]
        for name in dict.fromkeys(["CWE-532", *weaknesses]):
            yield ("cwe", name)
        yield from (pair for pair in dict.fromkeys(touched) if pair[0] != "cwe")

    def _taxon(self, framework: str, name: str) -> dict[str, Any]:
        component = "CWE" if framework == "cwe" else self.found.framework(framework)
        return {"id": plain(name), "toolComponent": {"name": plain(component)}}

    def _state(self, one: Incident) -> dict[str, Any]:
        state = {"new": "new", "open": "unchanged"}.get(self.found.trend_of(one))
        known = {item["id"]: item for item in self.found.document["suppressions"]}.get(one["suppressed"])
        reason = known["reason"] if known else "accepted"
        accepted = [{"kind": "external", "status": "accepted", "justification": plain(reason, 500)}]
        return {
            **({"baselineState": state} if state else {}),
            **({"suppressions": accepted} if one["suppressed"] else {}),
        }

    def _fixes(self, one: Incident) -> dict[str, Any]:
        """What to do, and the redaction of the first place: as long as what it replaces, since Codex keeps offsets."""
        spot = self.found.first(one)
        if spot is None or not spot["place"]["line"] or spot["place"]["byte_end"] <= spot["place"]["byte_start"]:
            return {}
        place = spot["place"]
        size = place["byte_end"] - place["byte_start"]
        mark = next(iter(MARKER.findall(plain(one["mask"]))), "")
        cover = mark + "*" * (size - len(mark)) if len(mark) <= size <= 4096 else ""
        if not cover:
            return {}
        at = location(place, self.artifacts)["physicalLocation"]["artifactLocation"]
        region = {"byteOffset": place["byte_start"], "byteLength": size}
        change = {"deletedRegion": region, "insertedContent": {"text": cover}}
        said = " ".join(f"{number}. {step['title']}." for number, step in enumerate(one["playbook"], 1))
        described = {"text": sarif(said or "Rotate the credential, then redact every copy.", 2000)}
        return {
            "fixes": [
                {"description": described, "artifactChanges": [{"artifactLocation": at, "replacements": [change]}]}
            ]
        }

    def _properties(self, one: Incident) -> dict[str, Any]:
        return {
            "severity": one["severity"],
            "confidence": one["confidence"],
            "kind": one["kind"],
            "mask": plain(one["mask"], 500),
            "cause": one["origin"]["cause"],
            "conditions": [plain(condition["code"]) for condition in one["conditions"]],
            "controls": [plain(control) for control in one["controls"]],
            "firstSeen": plain(one["exposure"]["first_seen"]),
            "lastSeen": plain(one["exposure"]["last_seen"]),
            "reachedModel": one["exposure"]["to_model"],
            "reachedTools": [plain(tool) for tool in one["exposure"]["to_tools"]],
        }

    # the leak path

    def _flows(self, one: Incident) -> Iterator[dict[str, Any]]:
        """One code flow; one thread a session. Without steps the occurrences are the path."""
        threads: dict[str, list[dict[str, Any]]] = {}
        steps = self.found.path_steps(one)
        moves = {move["step"]: move["kind"] for move in one["spread"]}
        if steps:
            for order, step in enumerate(steps[:FLOW], 1):
                threads.setdefault(step["session"], []).append(self._step(one, step, order, moves))
        elif len(one["occurrences"]) > 1:
            for order, spot in enumerate(one["occurrences"][:FLOW], 1):
                threads.setdefault(spot["session"], []).append(self._spot(spot, order))
        if threads:
            yield {
                "message": {"text": "The way of the credential"},
                "threadFlows": [
                    {"id": plain(session or "outside any session", 100), "locations": locations}
                    for session, locations in threads.items()
                ],
            }

    def _step(self, one: Incident, step: StepDict, order: int, moves: Mapping[str, str]) -> dict[str, Any]:
        leak = step["id"] == one["origin"]["step"]
        verb = "leaks" if leak else words.SPREAD.get(moves.get(step["id"], ""), "seen again")
        text = f"{step['tool']} {step['action']}: {verb}. {step['command']}"
        kinds = ["source", "return"] if leak else ["call", *filter(None, [_SINKS.get(moves.get(step["id"], ""))])]
        at = location(step["place"], self.artifacts, region=True)
        time = moment(step["started"])
        state = {
            "migration": words.joined(step["migrations"], 5),
            "branch": step["target"].get("branch", ""),
            "environment": step["environment"],
        }
        return {
            "location": {**at, "message": {"text": sarif(text, 500)}},
            "executionOrder": order,
            **({"executionTimeUtc": time} if time else {}),
            "importance": "essential" if leak else "important",
            "kinds": kinds,
            "nestingLevel": 0,
            "state": {name: {"text": sarif(value, 200)} for name, value in state.items() if value},
        }

    def _spot(self, spot: Occurrence, order: int) -> dict[str, Any]:
        time = moment(spot["timestamp"])
        at = location(spot["place"], self.artifacts, region=True)
        return {
            "location": {**at, "message": {"text": sarif(f"seen in {spot['role'] or 'text'}", 100)}},
            "executionOrder": order,
            **({"executionTimeUtc": time} if time else {}),
            "importance": "essential" if order == 1 else "important",
            "nestingLevel": 0,
        }


def _message(one: Incident, others: int) -> str:
    """Title first (importers cut at 150), then the mask, the cause and links to the first other places."""
    cause = words.CAUSES.get(one["origin"]["cause"], one["origin"]["cause"])
    title = sarif(one["title"] or one["kind"], 90)
    links = ", ".join(f"[place {number}]({number})" for number in range(1, min(others, _LINKS) + 1))
    more = f" Also at {links}{f' and {others - _LINKS} more' if others > _LINKS else ''}." if others else ""
    explained = f" {sarif(one['origin']['explanation'], 500)}" if one["origin"]["explanation"] else ""
    return f"{title}, {sarif(cause, 60)}: {sarif(one['mask'], 300)}.{explained}{more}"
