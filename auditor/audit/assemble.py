"""The last step of the pipeline: everything known becomes one document, with its digest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from auditor import __version__
from auditor.audit.request import ScanRequest
from auditor.detect.rules import Rule, RulePack, RuleSet
from auditor.document import (
    SCHEMA_VERSION,
    Coverage,
    Document,
    GapDict,
    RuleDict,
    SessionDict,
    SourceDict,
    Summary,
)
from auditor.document import RulePack as RulePackDict
from auditor.evidence.digest import content_digest
from auditor.model import SEVERITIES, Gap, SourceReport
from auditor.trace.reconstruction import Reconstruction


def assemble(
    request: ScanRequest,
    rules: RuleSet,
    sources: Sequence[SourceReport],
    gaps: Iterable[Gap],
    rejected: Mapping[str, int],
    sessions: Sequence[SessionDict],
    story: Reconstruction,
) -> Document:
    """Return the document without compliance data; `seal` it after enrichment."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "auditor", "version": __version__},
        "title": request.title,
        "scope": request.scope,
        "rule_packs": [_pack(pack) for pack in rules.packs],
        "rules": [_rule(rule) for rule in rules],
        "key_id": request.key_id,
        "coverage": _coverage(sources, gaps, rejected),
        "sessions": list(sessions),
        "steps": story.steps,
        "runs": list(story.runs),
        "checks": list(story.checks),
        "incidents": list(story.incidents),
        "controls": [],
        "suppressions": [],
        "summary": _empty_summary(),
        "content_digest": "",
        "run": {"generated": request.generated, "arguments": list(request.arguments)},
    }


def _coverage(sources: Sequence[SourceReport], gaps: Iterable[Gap], rejected: Mapping[str, int]) -> Coverage:
    return {
        "sources": [_source(source) for source in sources],
        "gaps": [_gap(gap) for gap in sorted(set(gaps), key=lambda gap: (gap.path, gap.reason, gap.detail))],
        "rejected": dict(sorted(rejected.items())),
    }


def seal(document: Document) -> Document:
    """Return the document with its summary counted and its content digest computed."""
    counted: Document = {**document, "summary": summarise(document)}
    return {**counted, "content_digest": content_digest(counted)}


def summarise(document: Document) -> Summary:
    """Count incidents (suppressed ones apart), places, coverage."""
    active = [incident for incident in document["incidents"] if not incident["suppressed"]]
    occurrences = [occurrence for incident in active for occurrence in incident["occurrences"]]
    severities = Counter(incident["severity"] for incident in active)
    sources, gaps = document["coverage"]["sources"], document["coverage"]["gaps"]
    return {
        "incidents": len(active),
        "occurrences": len(occurrences),
        "places": sum(1 + len(occurrence["copies"]) for occurrence in occurrences),
        "by_severity": {name: severities[name] for name in reversed(SEVERITIES) if severities[name]},
        "by_kind": dict(sorted(Counter(incident["kind"] for incident in active).items())),
        "sessions": len(document["sessions"]),
        "steps": len(document["steps"]),
        "sources": len(sources),
        "bytes": sum(source["bytes"] for source in sources),
        "records": sum(source["records"] for source in sources),
        "gaps": len(gaps),
        "complete": not gaps,
        "rejected": sum(document["coverage"]["rejected"].values()),
        "suppressed": len(document["incidents"]) - len(active),
    }


def _empty_summary() -> Summary:
    return {
        "incidents": 0,
        "occurrences": 0,
        "places": 0,
        "by_severity": {},
        "by_kind": {},
        "sessions": 0,
        "steps": 0,
        "sources": 0,
        "bytes": 0,
        "records": 0,
        "gaps": 0,
        "complete": False,
        "rejected": 0,
        "suppressed": 0,
    }


def _pack(pack: RulePack) -> RulePackDict:
    return {"id": pack.id, "version": pack.version, "digest": pack.digest, "rules": pack.rules}


def _rule(rule: Rule) -> RuleDict:
    return {
        "id": rule.id,
        "pack": rule.pack,
        "title": rule.title,
        "kind": rule.kind,
        "description": rule.description,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "static": rule.static,
        "privileged": rule.privileged,
        "cwe": list(rule.cwe),
        "playbook": rule.playbook,
    }


def _source(source: SourceReport) -> SourceDict:
    described: SourceDict = {
        "path": source.path,
        "format": source.format,
        "bytes": source.bytes,
        "records": source.records,
        "digest": source.digest,
        "status": source.status,
        "mode": source.mode,
    }
    return {**described, "size": source.size} if source.size else described


def _gap(gap: Gap) -> GapDict:
    return {"path": gap.path, "reason": gap.reason, "detail": gap.detail}
