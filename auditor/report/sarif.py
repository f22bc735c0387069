"""SARIF 2.1.0 (OASIS, errata 01), for code scanning, IDEs and vulnerability managers.

One run, one result an incident. Columns say nothing here (a session line is one long JSON text), so regions name the
line and byte offsets stand in `properties`; importers that see a byte offset in a region drop the line. What exceeds
GitHub's limits is cut and told in a notification, since an oversized upload is rejected as a whole.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor.document import Document, Incident, SourceDict
from auditor.report import reading, sarif_results, words
from auditor.report.reading import Reading
from auditor.report.sarif_places import moment, physical, uri
from auditor.safe.json import dumps
from auditor.safe.markup import plain, sarif

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
CATEGORY = "agent-logs/"
"""Constant, so that an upload replaces our last one and no other tool's."""
RESULTS: Sequence[int] = (25_000, 5_000, 1_000, 200)
"""Most results that GitHub takes, and what is tried where they would not fit into `SIZE`."""
SIZE = 10_000_000
"""Bytes of an upload, packed by gzip, that GitHub takes."""
NOTIFICATIONS = 1_000
TAGS = 10
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5", "info": "0.5"}
"""GitHub reads the score as text, of the rule; `0.0` would mean none."""
_LEVELS = {"critical": "error", "high": "error", "medium": "warning"}
_PRECISION = {"high": "very-high", "medium": "high", "low": "medium"}
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:auditor:sarif")


def render(document: Document) -> bytes:
    """Return the log; JSON with sorted keys, of a size that GitHub takes."""
    found, data = Reading(document), b""
    for most in RESULTS:
        data = dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(found, most)]}, indent=True) + b"\n"
        if len(data) <= SIZE or len(zlib.compress(data)) <= SIZE:
            break
    return data


def _run(found: Reading, most: int) -> dict[str, Any]:
    document = found.document
    shown = [*found.incidents, *found.accepted][:most]
    rules = list(_rules(found, shown))
    indexes = {rule["id"]: number for number, rule in enumerate(rules)}
    artifacts = {source["path"]: number for number, source in enumerate(document["coverage"]["sources"])}
    taxonomies = _taxonomies(found, shown)
    writer = sarif_results.Results(found, indexes, artifacts)
    invocation, redacted = _invocation(found, artifacts, most)
    return {
        "tool": _tool(document, rules, taxonomies),
        "automationDetails": {"id": CATEGORY},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "artifacts": [_artifact(source) for source in document["coverage"]["sources"]],
        "taxonomies": taxonomies,
        "results": [_result(writer, found, one) for one in shown],
        **({"redactionTokens": ["[REDACTED]"]} if redacted else {}),
        "properties": {
            "contentDigest": plain(document["content_digest"]),
            "verdict": reading.verdict(document),
            "coverage": f"{reading.scope_sentence(document)} {reading.gaps_sentence(document)}",
        },
    }


def _result(writer: sarif_results.Results, found: Reading, one: Incident) -> dict[str, Any]:
    rule = rule_id(found, one)
    return {**writer.result(one, rule), "level": _LEVELS.get(one["severity"], "note")}


def rule_id(found: Reading, one: Incident) -> str:
    """Return the rule, or `rule/severity` where the incident's severity isn't the rule's: GitHub scores rules only."""
    rule = found.rules_by_id.get(one["rule"])
    base = rule["severity"] if rule else one["severity"]
    name = plain(one["rule"] or one["kind"])
    return name if one["severity"] == base else f"{name}/{one['severity']}"


def _rules(found: Reading, shown: Sequence[Incident]) -> Iterator[dict[str, Any]]:
    """Every active rule, then one variant for each severity that differs from its rule's."""
    written = set()
    for rule in found.rules:
        written.add(rule["id"])
        yield _rule(rule["id"], rule["severity"], rule)
    for one in shown:
        name = rule_id(found, one)
        if name not in written:
            written.add(name)
            known = found.rules_by_id.get(one["rule"])
            yield _rule(name, one["severity"], known or _unnamed(one))


def _unnamed(one: Incident) -> Mapping[str, Any]:
    title = one["title"] or one["kind"]
    return {"title": title, "description": title, "kind": one["kind"], "confidence": one["confidence"], "cwe": []}


def _rule(name: str, severity: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    numbers = [532, *(number for number in rule["cwe"] if number != 532)]
    title = plain(rule["title"] or rule["kind"], 150)
    described = plain(rule["description"] or rule["title"] or rule["kind"], 1000)
    advice = "Rotate the credential first, then redact every copy and close the way it leaked."
    tags = ["security", *(f"external/cwe/cwe-{number}" for number in numbers)][:TAGS]
    return {
        "id": plain(name),
        **_friendly(plain(name)),
        "shortDescription": {"text": sarif(title)},
        "fullDescription": {"text": sarif(described)},
        "help": {"text": sarif(f"{described} {advice}")},
        "defaultConfiguration": {"level": _LEVELS.get(severity, "note")},
        "properties": {
            "security-severity": SCORES.get(severity, "0.5"),
            "precision": _PRECISION.get(rule["confidence"], "medium"),
            "problem.severity": _LEVELS.get(severity, "recommendation"),
            "tags": tags,
        },
        "relationships": [
            {"target": {"id": f"CWE-{number}", "toolComponent": {"name": "CWE"}}, "kinds": ["superset"]}
            for number in numbers
        ],
    }


def _friendly(name: str) -> dict[str, str]:
    """A readable name, only where it says more than the id (SARIF1001 of the multitool)."""
    readable = "".join(part.capitalize() for part in name.replace("/", "-").split("-"))
    return {"name": readable} if readable.lower() != name.lower() else {}


def _tool(document: Document, rules: list[dict[str, Any]], taxonomies: list[dict[str, Any]]) -> dict[str, Any]:
    reasons = sorted({gap["reason"] for gap in document["coverage"]["gaps"]})
    return {
        "driver": {
            "name": plain(document["tool"]["name"]),
            "version": plain(document["tool"]["version"]),
            "semanticVersion": plain(document["tool"]["version"]),
            "rules": rules,
            "notifications": [_notice_kind(reason) for reason in reasons],
            "supportedTaxonomies": [
                {"name": one["name"], "index": number, "guid": one["guid"]} for number, one in enumerate(taxonomies)
            ],
        },
        "extensions": [
            {
                "name": plain(pack["id"]),
                "version": plain(pack["version"]),
                "properties": {"digest": plain(pack["digest"]), "rules": pack["rules"]},
            }
            for pack in document["rule_packs"][:100]
        ],
    }


def _notice_kind(reason: str) -> dict[str, Any]:
    title = sarif(f"Not wholly examined: {words.GAPS.get(reason, reason)}")
    advice = sarif("What was not examined may hold credentials. See the coverage of the report.")
    described = {"text": title}
    return {
        "id": plain(reason),
        "shortDescription": described,
        "fullDescription": described,
        "help": {"text": advice},
    }


def _taxonomies(found: Reading, shown: Sequence[Incident]) -> list[dict[str, Any]]:
    """CWE with what rules name, and one taxonomy a framework with the controls that incidents touch."""
    numbers = {532, *(number for rule in found.rules for number in rule["cwe"])}
    taxa: dict[str, dict[str, str]] = {"cwe": {f"CWE-{number}": "" for number in numbers}}
    versions = {one["framework"]: one["version"] for one in found.document["controls"]}
    for control in (control for one in shown for control in found.controls_of(one)):
        taxa.setdefault(control["framework"], {})[control["id"]] = control["title"]
    return [_taxonomy(found, name, versions.get(name, ""), taxa[name]) for name in sorted(taxa)]


def _taxonomy(found: Reading, name: str, version: str, taxa: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": "CWE" if name == "cwe" else plain(found.framework(name)),
        "guid": str(uuid.uuid5(_NAMESPACE, f"{name} {version}")),
        **({"version": plain(version)} if version else {}),
        "isComprehensive": False,
        "taxa": [
            {"id": plain(taxon), **({"shortDescription": {"text": sarif(taxa[taxon])}} if taxa[taxon] else {})}
            for taxon in sorted(taxa)
        ],
    }


def _artifact(source: SourceDict) -> dict[str, Any]:
    kind, _, digest = source["digest"].partition(":")
    named = {"sha256": "sha-256"}.get(kind, kind)
    return {
        "location": {"uri": uri(source["path"])},
        "length": source["bytes"],
        "roles": ["analysisTarget"],
        **({"hashes": {plain(named): plain(digest)}} if digest else {}),
        "properties": {
            "format": plain(source["format"]),
            "records": source["records"],
            "status": source["status"],
            **({"mode": plain(source["mode"])} if source["mode"] else {}),
        },
    }


def _invocation(found: Reading, artifacts: Mapping[str, int], most: int) -> tuple[dict[str, Any], bool]:
    """The run, its gaps as notifications; and whether an argument was masked (SARIF 3.14.28, 3.5.2)."""
    document = found.document
    given = [plain(argument) for argument in document["run"]["arguments"]]
    masked = [sarif_results.MARKER.sub("[REDACTED]", argument) for argument in given]
    ended = moment(document["run"]["generated"])
    gaps, left_out = document["coverage"]["gaps"], len(document["incidents"]) - most
    told = [_notification(gap["path"], gap["reason"], gap["detail"], artifacts) for gap in gaps[:NOTIFICATIONS]]
    cut = []
    if len(gaps) > NOTIFICATIONS:
        cut.append(f"{len(gaps) - NOTIFICATIONS} more gaps are not told here")
    if left_out > 0:
        cut.append(f"{words.count(left_out, 'incident')} left out: the format's readers take no more")
    notices = [{"level": "warning", "message": {"text": sarif(text)}} for text in cut]
    return {
        "executionSuccessful": bool(document["summary"]["bytes"]),
        "arguments": masked,
        **({"endTimeUtc": ended} if ended else {}),
        "toolExecutionNotifications": [*told, *notices],
    }, masked != given


def _notification(path: str, reason: str, detail: str, artifacts: Mapping[str, int]) -> dict[str, Any]:
    said = words.GAPS.get(reason, reason) + (f": {detail}" if detail else "")
    return {
        "level": "warning",
        "descriptor": {"id": plain(reason)},
        "message": {"text": sarif(f"Not wholly examined: {said}", 1000)},
        **({"locations": [{"physicalLocation": physical(path, 0, artifacts)}]} if path else {}),
    }
