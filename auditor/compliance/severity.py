"""Severity with its vector: seven facets, each with a value in words and points; the sum picks the level.

The table is in docs/severity.md. Deterministic: no clock but the declared one, no network, no guess about validity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from auditor.compliance.settings import Settings, parsed_time
from auditor.compliance.traits import ORGANISATION_WIDE, Case, is_local, is_private, only_local, parts
from auditor.document import SeverityFacet

LEVELS: Sequence[tuple[int, str]] = ((70, "critical"), (50, "high"), (30, "medium"), (10, "low"), (0, "info"))
"""Least points of each level, out of 100."""
CLASS_POINTS = {"critical": 40, "high": 34, "medium": 24, "low": 12, "info": 0}
REVOKED_POINTS = -60
EXPIRED_POINTS = -30
_WIDE_SPREAD = frozenset({"commit", "sub-agent", "session"})
_AGES = ((3600, 0, "less than an hour"), (86_400, 2, "less than a day"), (30 * 86_400, 5, "less than 30 days"))

Facet = tuple[str, int]


def rate(case: Case, settings: Settings, codes: frozenset[str]) -> tuple[str, list[SeverityFacet]]:
    """Return level and vector of an incident whose conditions (all but SEVERITY_HIGH) are `codes`.

    A find held for a placeholder, or of low confidence, is never more than `low`.
    """
    vector: list[SeverityFacet] = []
    for name, facet in FACETS:
        value, points = facet(case, settings, codes)
        vector.append({"facet": name, "value": value, "points": points})
    total = sum(one["points"] for one in vector)
    level = next((name for least, name in LEVELS if total >= least), "info")
    doubtful = case.incident["rejected_by"] or case.incident["confidence"] == "low"
    return ("low" if doubtful and level not in ("low", "info") else level), vector


def _class(case: Case, settings: Settings, codes: frozenset[str]) -> Facet:
    life = "long-lived" if case.static else "short-lived"
    return f"{case.incident['kind']}, {life}, base {case.base_severity}", CLASS_POINTS.get(case.base_severity, 24)


def _privilege(case: Case, settings: Settings, codes: frozenset[str]) -> Facet:
    if "PRIVILEGED" in codes:
        whole = case.incident["kind"] in ORGANISATION_WIDE and not case.owner_names
        reach = "reaches the whole account" if whole else "owner or administrator"
        return (f"{reach}, local target", 5) if only_local(case.hosts) else (reach, 15)
    return ("a named role", 3) if case.users else ("unknown", 5)


def _target(case: Case, settings: Settings, codes: frozenset[str]) -> Facet:
    label = settings.environment_of(case.target_names)
    if label:
        return f"labelled {label}", 15 if label == "production" else 4
    if "SHARED_ACROSS_TARGETS" in codes:
        return f"{len(case.hosts)} hosts open with the same value", 13
    if only_local(case.hosts):
        return "local", 0
    if case.hosts and all(is_local(host) or is_private(host) for host in case.hosts):
        return "a private network", 6
    if case.neon:
        protected = settings.is_protected(parts(case.incident, "parent", "branch"))
        return ("a Neon branch of a protected parent", 4) if protected else _NEON_BRANCH
    return ("remote, not labelled", 8) if case.hosts else ("unknown", 6)


_NEON_BRANCH = ("a Neon branch, not labelled: its password may open the parent", 10)


def _spread(case: Case, settings: Settings, codes: frozenset[str]) -> Facet:
    kinds = {one["kind"] for one in case.incident["spread"]}
    sessions = {one["session"] for one in case.incident["occurrences"]} - {""}
    if kinds & _WIDE_SPREAD or len(sessions) > 1:
        return "beyond its session", 10
    if not kinds:
        return "stayed where it appeared", 0
    return f"{len(kinds)} kinds of later use" if len(kinds) > 1 else "one kind of later use", 7 if len(kinds) > 2 else 4


def _age(case: Case, settings: Settings, codes: frozenset[str]) -> Facet:
    first, reference = parsed_time(case.incident["exposure"]["first_seen"]), case.around.last_event
    reference = parsed_time(settings.as_of) or reference
    if first is None or reference is None:
        return "unknown", 3
    seconds = (reference - first).total_seconds()
    return next(((text, points) for limit, points, text in _AGES if seconds < limit), ("30 days or more", 8))


def _audience(case: Case, settings: Settings, codes: frozenset[str]) -> Facet:
    audience = [
        name
        for code, name in (
            ("SECRET_TO_MODEL", "model provider"),
            ("SECRET_TO_TOOL", "tools"),
            ("WIDE_READERS", "other users"),
            ("IN_VCS", "repository"),
        )
        if code in codes
    ]
    if not audience:
        return "local user", 0
    far = "WIDE_READERS" in codes or "IN_VCS" in codes or len(audience) > 1
    return ", ".join(audience), 12 if far else 8


def _validity(case: Case, settings: Settings, codes: frozenset[str]) -> Facet:
    for declared in settings.declarations:
        if declared.speaks_of(case.incident["id"], case.incident["fingerprint"]) and declared.validity != "active":
            return f"declared {declared.validity}", REVOKED_POINTS
    if "true" in parts(case.incident, "expired"):
        return "past its own expiry", EXPIRED_POINTS
    return "not checked", 0


FACETS: Sequence[tuple[str, Callable[[Case, Settings, frozenset[str]], Facet]]] = (
    ("class", _class),
    ("privilege", _privilege),
    ("target", _target),
    ("spread", _spread),
    ("age", _age),
    ("audience", _audience),
    ("validity", _validity),
)
