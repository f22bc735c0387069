"""Compare an audit document with labels of the samples and the corpus; every difference is one line of text.

The lines name calls, tools and labels, never values. What may differ is written in `fixtures/corpus/README.md`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from auditor.document import Document, Incident, StepDict
from auditor.secret import Secret

_CELL = re.compile(r"(?P<table>\w+)\[rowid=[^\]]*\]\.(?P<column>\w+)")
CARRYING = {"command", "mcp-argument", "file"}
"""Kinds of spread that must be labelled to be named."""


class Answers:
    """One audit beside labelled credentials; `key` and `values` make their fingerprints, `root` shortens paths."""

    def __init__(
        self, labels: list[dict[str, Any]], document: Document, values: dict[str, str], key: bytes, root: str
    ) -> None:
        self.labels, self.document, self.root = labels, document, root
        self.steps: dict[str, StepDict] = {step["id"]: step for step in document["steps"]}
        self.prints = {label["label"]: Secret(values[label["label"]].encode()).fingerprint(key) for label in labels}

    def differences(self) -> list[str]:
        """Return what the audit says of the credentials otherwise than the labels."""
        return list(self._incidents())

    def _incidents(self) -> Iterator[str]:
        found = {incident["fingerprint"]: incident for incident in self.document["incidents"]}
        for incident in found.values():
            if incident["fingerprint"] not in self.prints.values():
                yield f"an incident nobody planted: {incident['kind']} by {incident['rules']}"
        for label in self.labels:
            incident_ = found.get(self.prints[label["label"]])
            if incident_ is None:
                yield f"{label['label']}: not found"
                continue
            for text in self._credential(label, incident_):
                yield f"{label['label']}: {text}"

    def _credential(self, label: dict[str, Any], incident: Incident) -> Iterator[str]:
        if incident["kind"] != label["kind"]:
            yield f"kind {incident['kind']}, not {label['kind']}"
        yield from self._origin(label, incident)
        yield from self._run(label, incident)
        yield from self._migrations(label["migrations"], incident["origin"]["migration"])
        yield from self._spread(label, incident)
        yield from self._places(label, incident)

    def _origin(self, label: dict[str, Any], incident: Incident) -> Iterator[str]:
        wanted, origin = label["origin"], incident["origin"]
        if origin["cause"] != wanted["cause"]:
            yield f"cause {origin['cause']}, not {wanted['cause']}"
        step = self.steps.get(origin["step"])
        if not wanted["call_id"]:
            if step is not None and step["call_id"]:
                yield f"origin in {step['call_id']}, not in a message"
            return
        if step is None:
            yield "origin without a step"
            return
        if not self._same_call(step, wanted["call_id"]):
            yield f"origin in {step['call_id']}, not {wanted['call_id']}"
        if (step["tool"], step["action"]) != (wanted["tool"], wanted["action"]):
            yield f"origin is {step['tool']}/{step['action']}, not {wanted['tool']}/{wanted['action']}"

    def _same_call(self, step: StepDict, wanted: str) -> bool:
        nested = step["call_id"].startswith("exec-") or f"/{wanted}" in step["id"]
        return step["call_id"] == wanted or nested

    def _run(self, label: dict[str, Any], incident: Incident) -> Iterator[str]:
        wanted = label["run"]
        if not wanted:
            return
        run = next((run for run in self.document["runs"] if run["id"] == incident["origin"]["run"]), None)
        if run is None:
            yield "origin without a run"
            return
        if run["tool"] != wanted["tool"]:
            yield f"run of {run['tool']}, not {wanted['tool']}"
        calls = {self.steps[step]["call_id"] for step in run["steps"]}
        missing = [call for call in wanted["calls"] if call not in calls]
        if missing and not any(call.startswith("exec-") for call in calls):
            yield f"run lacks {missing}"

    def _migrations(self, wanted: list[str], found: str) -> Iterator[str]:
        if not wanted and found:
            yield f"leaked by migration {found}, which the record doesn't tell"
        if wanted and not any(version in found for version in wanted):
            yield f"leaked by migration {found or 'none'}, not {wanted}"

    def _spread(self, label: dict[str, Any], incident: Incident) -> Iterator[str]:
        found = Counter(
            (one["kind"], self.steps[one["step"]]["call_id"] if one["step"] else "") for one in incident["spread"]
        )
        wanted = {(one["kind"], one["call_id"]) for one in label["spread"]}
        for kind, call in sorted(wanted - set(found)):
            yield f"no spread by {kind} in {call or 'a message'}"
        for kind, call in sorted(set(found) - wanted):
            if kind in CARRYING:
                yield f"spread by {kind} in {call or 'a message'}, which is not labelled"

    def _places(self, label: dict[str, Any], incident: Incident) -> Iterator[str]:
        places = {
            (place["path"], place["line"], place["byte_start"], place["pointer"])
            for occurrence in incident["occurrences"]
            for place in (occurrence["place"], *occurrence["copies"])
        }
        found: dict[str, Any] = {}
        for path, line, _, pointer in places:
            name, cell = path.removeprefix(self.root).lstrip("/"), _CELL.match(pointer)
            if line == 0 and cell:
                column = f"{cell['table']}.{cell['column']}"
                found.setdefault(name, Counter())[column] += 1
            else:
                found[name] = found.get(name, 0) + 1
        if found != label["places"]:
            yield f"places {dict(sorted(found.items()))}, not {label['places']}"

    def steps_differ(self, steps: dict[str, str]) -> Iterator[str]:
        """Yield the calls that the audit names otherwise."""
        for call, wanted in steps.items():
            found = {f"{step['tool']}/{step['action']}" for step in self.document["steps"] if step["call_id"] == call}
            if wanted not in found:
                yield f"{call} is {sorted(found) or 'no step'}, not {wanted}"

    def checks_differ(self, checks: dict[str, str]) -> Iterator[str]:
        """Yield the workflow checks that the audit judges otherwise; one violation among several answers counts."""
        for check, wanted in checks.items():
            found = {one["status"] for one in self.document["checks"] if one["id"] == check}
            said = "violated" if "violated" in found else "followed" if "followed" in found else "not-applicable"
            if said != wanted:
                yield f"check {check} is {said}, not {wanted}"

    def versions_differ(self, versions: dict[str, list[str]]) -> Iterator[str]:
        """Yield the calls whose migrations the audit doesn't know."""
        for call, wanted in versions.items():
            steps = [step for step in self.document["steps"] if self._same_call(step, call)]
            found = [version for step in steps for version in step["migrations"]]
            missing = [version for version in wanted if not any(version in one for one in found)]
            if missing:
                yield f"{call} ran {found}, without {missing}"
