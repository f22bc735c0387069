"""A credential's story and what follows from it: occurrences, origin, spread, severity, what to do and until when."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from auditor.document.coverage import PlaceDict


class Occurrence(TypedDict):
    id: str
    place: PlaceDict
    copies: list[PlaceDict]
    session: str
    turn: str
    call_id: str
    role: str
    encoding: list[str]
    timestamp: str
    step: str
    rules: list[str]
    migration: str
    """Version (and file) of the migration that was executing, where known."""
    record: NotRequired[str]
    """Type of the record, where it is one that is not understood, or a report of an error."""


class Origin(TypedDict):
    occurrence: str
    step: str
    run: str
    cause: str
    explanation: str
    migration: str


class Spread(TypedDict):
    step: str
    kind: str
    """`command`, `mcp-argument`, `file`, `commit`, `message`, `prompt`, `sub-agent`, `session`, `output`."""
    detail: str
    session: str
    timestamp: str


class Exposure(TypedDict):
    first_seen: str
    last_seen: str
    to_model: bool
    to_tools: list[str]
    model_requests: int


class ConditionRef(TypedDict):
    code: str
    evidence: list[str]
    """Ids of occurrences, steps or sources that establish it."""


class SeverityFacet(TypedDict):
    facet: str
    value: str
    points: int


class PlaybookStep(TypedDict):
    title: str
    who: str
    console: str
    cli: str
    api: str
    confirm: str
    effect: str
    order: NotRequired[str]
    """What must be done before or after it."""
    containment: NotRequired[bool]
    """True for the step after which the credential opens nothing any more."""


class Clock(TypedDict):
    """A time limit that may follow from an incident: an aid for whoever assesses, never a decision."""

    id: str
    framework: str
    hours: int
    starts: str
    """`detection`, `revocation`, `first-exposure`."""
    text: str
    due: str
    """RFC 3339, where the start is known; empty otherwise (add `hours` to the time of detection)."""


class Window(TypedDict):
    """How long a credential lay open: lower bounds, since a log proves no more."""

    first: str
    last: str
    closed: str
    """When it was revoked, by the operator's declaration; empty while open."""
    at_least_seconds: int
    to_detect_seconds: NotRequired[int]
    """From first sight to the declared detection; -1 when not known."""
    to_revoke_seconds: int
    """From the declared detection to the declared revocation; -1 when not known."""
    text: str


class Incident(TypedDict):
    id: str
    kind: str
    rule: str
    rules: list[str]
    title: str
    severity: str
    severity_vector: list[SeverityFacet]
    confidence: str
    mask: str
    fingerprint: str
    credentials: list[str]
    length_class: str
    parts: dict[str, Any]
    origin: Origin
    occurrences: list[Occurrence]
    spread: list[Spread]
    exposure: Exposure
    conditions: list[ConditionRef]
    controls: list[str]
    """`framework/id` keys into `Document.controls`."""
    playbook: list[PlaybookStep]
    rejected_by: str
    suppressed: str
    """Id of the suppression that covers it, or empty."""
    returned: NotRequired[str]
    """Id of the suppression that covered it and has expired."""
    validity: NotRequired[str]
    """`not checked`, or what the operator declared: `revoked`, `rotated`."""
    status: NotRequired[str]
    """One of `auditor.compliance.status.STATUSES`."""
    window: NotRequired[Window]
    clocks: NotRequired[list[Clock]]
