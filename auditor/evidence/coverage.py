"""The coverage statement: equations that must hold, whatever happened to the inputs.

What is in scope is either examined or named as a gap; what matched is either reported or counted with a reason. An
equation that does not hold is a fault of ours: the audit counts as incomplete, and `auditor verify` refuses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args

from auditor.document import Coverage, Document, Equation, GapDict, Incident, SourceDict
from auditor.model import GapReason

STATUSES = ("examined", "partial", "skipped", "failed")
REASONS = frozenset(get_args(GapReason))
NOT_INPUTS = frozenset({"missing-session", "nothing-to-scan", "hook-failed"})
"""Gaps that speak of no file in scope."""
_LEFT_OUT = frozenset({"excluded-by-config", "ignored-file"})
_UNFINISHED = frozenset({"partial", "failed"})
_RAW = frozenset({"plain", ""})
"""Formats whose records are examined as text, not parsed."""


def balance(document: Document) -> Document:
    """Return the document with its equations (`coverage.equations`); seal it afterwards.

    Nothing examined is never a clean result, and an equation that does not hold is a fault of ours: both become gaps,
    so that the audit cannot end as complete.
    """
    coverage = document["coverage"]
    computed = equations(document)
    gaps = [*coverage["gaps"], *_own_gaps(coverage, computed)]
    gaps.sort(key=lambda gap: (gap["path"], gap["reason"], gap["detail"]))
    balanced: Coverage = {**coverage, "gaps": gaps, "equations": computed}
    return {**document, "coverage": balanced}


def _own_gaps(coverage: Coverage, computed: Sequence[Equation]) -> list[GapDict]:
    path = coverage["sources"][0]["path"] if coverage["sources"] else "-"
    found: list[GapDict] = [
        {"path": path, "reason": "worker-failed", "detail": f"the equation of {one['name']} does not hold"}
        for one in computed
        if not one["holds"]
    ]
    if not coverage["gaps"] and not any(source["bytes"] for source in coverage["sources"]):
        found.append({"path": path, "reason": "nothing-to-scan", "detail": "nothing in scope held a byte"})
    return found


def equations(document: Document) -> list[Equation]:
    """Return the four equations of the coverage statement."""
    return [_inputs(document), _bytes(document), _records(document), _matches(document)]


def faults(document: Document) -> list[str]:
    """Return what does not add up, in words; empty for a sound document. Names of ours only, never input text."""
    wrong = [f"equation `{one['name']}` does not hold" for one in equations(document) if not one["holds"]]
    stored = document["coverage"].get("equations")
    if stored is not None and stored != equations(document):
        wrong.append("the stored equations are not those of the content")
    return wrong + _unknown(document) + _unexplained(document) + _miscounted(document)


def _equation(name: str, total: int, parts: Mapping[str, int]) -> Equation:
    return {"name": name, "total": total, "parts": dict(parts), "holds": total == sum(parts.values())}


def _inputs(document: Document) -> Equation:
    """Inputs discovered = examined + partly examined + skipped + failed."""
    coverage = document["coverage"]
    opened = {source["path"] for source in coverage["sources"]}
    parts = dict.fromkeys(STATUSES, 0)
    parts.update(Counter(source["status"] for source in coverage["sources"]))
    closed = {gap["path"]: gap["reason"] for gap in coverage["gaps"] if gap["reason"] not in NOT_INPUTS}
    for path, reason in closed.items():
        if path not in opened:
            parts["skipped" if reason in _LEFT_OUT else "failed"] += 1
    discovered = document["coverage"].get("counts", {}).get("inputs", sum(parts.values()))
    return _equation("inputs discovered", discovered, parts)


def _bytes(document: Document) -> Equation:
    """Bytes in scope = examined + not examined; a file that grew meanwhile is in scope as far as it was read."""
    sources = document["coverage"]["sources"]
    examined = sum(source["bytes"] for source in sources)
    scope = sum(max(source.get("size", 0), source["bytes"]) for source in sources)
    missed = sum(
        source.get("size", 0) - source["bytes"] for source in sources if source.get("size", 0) > source["bytes"]
    )
    return _equation("bytes in scope", scope, {"examined": examined, "not examined": missed})


def _records(document: Document) -> Equation:
    """Records seen = parsed + examined as raw text + not examined."""
    sources = document["coverage"]["sources"]
    counts = document["coverage"].get("counts", {})
    parsed = sum(source["records"] for source in sources if source["format"] not in _RAW)
    raw = sum(source["records"] for source in sources if source["format"] in _RAW)
    missed = counts.get("records_not_examined", 0)
    total = counts.get("records", parsed + raw + missed)
    return _equation("records seen", total, {"parsed": parsed, "examined as raw text": raw, "not examined": missed})


def _matches(document: Document) -> Equation:
    """Distinct finds = places of incidents + of suppressed ones + below the confidence + outside the selection."""
    counts = document["coverage"].get("counts", {})
    parts = {
        "reported": sum(_places(one) for one in document["incidents"] if not one["suppressed"]),
        "suppressed": sum(_places(one) for one in document["incidents"] if one["suppressed"]),
        "below the asked confidence": counts.get("below_confidence", 0),
        "outside the asked period or session": counts.get("outside_selection", 0),
    }
    return _equation("finds", counts.get("finds", sum(parts.values())), parts)


def _places(incident: Incident) -> int:
    return sum(1 + len(one["copies"]) for one in incident["occurrences"])


def _unknown(document: Document) -> list[str]:
    coverage = document["coverage"]
    wrong = []
    if any(source["status"] not in STATUSES for source in coverage["sources"]):
        wrong.append("an input has an unknown status")
    if any(gap["reason"] not in REASONS for gap in coverage["gaps"]):
        wrong.append("a gap has a reason that is not of the closed list")
    return wrong


def _unexplained(document: Document) -> list[str]:
    """What was not examined has a gap that says why; and nothing examined is never without one.

    An input that the request itself leaves out (a period) is `skipped`, which says enough.
    """
    coverage = document["coverage"]
    explained = {gap["path"] for gap in coverage["gaps"]}
    wrong = [
        f"input {number} is `{source['status']}` without a gap"
        for number, source in enumerate(coverage["sources"])
        if source["path"] not in explained and _unfinished(source)
    ]
    if not coverage["gaps"] and not any(source["bytes"] for source in coverage["sources"]):
        wrong.append("nothing was examined and no gap says so")
    return wrong


def _unfinished(source: SourceDict) -> bool:
    short = source["status"] == "examined" and source.get("size", 0) > source["bytes"]
    return short or source["status"] in _UNFINISHED


def _miscounted(document: Document) -> list[str]:
    """The summary repeats what the content says."""
    coverage, summary = document["coverage"], document["summary"]
    active = [one for one in document["incidents"] if not one["suppressed"]]
    counted = {
        "incidents": len(active),
        "occurrences": sum(len(one["occurrences"]) for one in active),
        "places": sum(_places(one) for one in active),
        "suppressed": len(document["incidents"]) - len(active),
        "sources": len(coverage["sources"]),
        "bytes": sum(source["bytes"] for source in coverage["sources"]),
        "records": sum(source["records"] for source in coverage["sources"]),
        "gaps": len(coverage["gaps"]),
        "complete": not coverage["gaps"],
    }
    return [f"the summary's `{name}` is not that of the content" for name, value in counted.items()
            if summary[name] != value]  # type: ignore[literal-required]  # fmt: skip
