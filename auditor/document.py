"""The audit document: the one canonical result that every format renders (schema major version 1).

Plain JSON-able mappings, so that a stored document renders to the same bytes as a fresh one. Built by
`auditor.audit`, enriched by `auditor.compliance`, rendered by `auditor.report`. It never holds a credential.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

SCHEMA_VERSION = "1.0"


class PlaceDict(TypedDict):
    """See `auditor.model.Place`."""

    path: str
    line: int
    byte_start: int
    byte_end: int
    pointer: str


class Tool(TypedDict):
    name: str
    version: str


class RulePack(TypedDict):
    id: str
    version: str
    digest: str
    rules: int


class SourceDict(TypedDict):
    path: str
    format: str
    bytes: int
    records: int
    digest: str
    status: str
    mode: str
    size: NotRequired[int]
    """Bytes in scope when it was opened; absent when nothing told (standard input)."""


class GapDict(TypedDict):
    path: str
    reason: str
    detail: str


class Equation(TypedDict):
    """`total` of something must be the sum of `parts`; computed by `auditor.evidence.coverage`."""

    name: str
    total: int
    parts: dict[str, int]
    holds: bool


class Coverage(TypedDict):
    sources: list[SourceDict]
    gaps: list[GapDict]
    rejected: dict[str, int]
    """Matches held for placeholders, by check name."""
    counts: NotRequired[dict[str, int]]
    """What the pipeline counted: `places` found, `records_parsed`, `records_raw`, `records_not_examined`."""
    equations: NotRequired[list[Equation]]


class SessionDict(TypedDict):
    id: str
    parent_id: str
    path: str
    cli_version: str
    model: str
    cwd: str
    started: str
    ended: str
    approval_policy: str
    sandbox: str
    originator: str
    turns: int
    kind: str
    """`codex`, `codex-exec`, `mcp-log`, …: the family of the source."""


class Target(TypedDict, total=False):
    host: str
    database: str
    project: str
    branch: str


class StepDict(TypedDict):
    id: str
    session: str
    turn: str
    call_id: str
    run: str
    tool: str
    action: str
    phase: str
    dry_run: bool
    environment: str
    target: Target
    migrations: list[str]
    command: str
    exit_code: int | None
    status: str
    """`ok`, `failed`, `declined`, `running`, `unknown`."""
    approval_policy: str
    sandbox: str
    started: str
    ended: str
    place: PlaceDict


class RunDict(TypedDict):
    id: str
    session: str
    tool: str
    steps: list[str]
    migrations: list[str]
    environment: str
    target: Target
    order_ok: bool
    notes: list[str]


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


class ControlDict(TypedDict):
    framework: str
    version: str
    id: str
    title: str
    role: str
    relation: str
    status: str
    """`indicator-found`, `no-indicator-in-scope`, `evidence`, `assessment-required`; never `passed`."""
    why: str
    incidents: list[str]
    evidence: list[str]
    """Members of this document that prove it."""
    conditions: NotRequired[list[str]]
    """Codes that held, of those the control is mapped from."""
    oscal_id: NotRequired[str]


class Framework(TypedDict):
    """One control map, with what it was read from; maps out of the declared scope give no controls."""

    id: str
    title: str
    version: str
    digest: str
    reviewed_on: str
    source_note: str
    in_scope: bool
    note: str


class RuleDict(TypedDict):
    """A rule that was active, hit or not."""

    id: str
    pack: str
    title: str
    kind: str
    description: str
    severity: str
    confidence: str
    static: bool
    privileged: bool
    cwe: list[int]
    playbook: str


class Check(TypedDict):
    """A workflow check of the reconstruction (lint before apply, no URL in context …)."""

    id: str
    title: str
    status: str
    """`violated`, `followed`, `not-applicable`."""
    session: str
    run: str
    steps: list[str]
    explanation: str


class Suppression(TypedDict):
    id: str
    fingerprint: str
    reason: str
    owner: str
    expires: str
    expired: bool
    hits: int
    ticket: NotRequired[str]
    created: NotRequired[str]
    source: NotRequired[str]
    """`suppressions` or `baseline`."""


class Summary(TypedDict):
    incidents: int
    occurrences: int
    places: int
    by_severity: dict[str, int]
    by_kind: dict[str, int]
    sessions: int
    steps: int
    sources: int
    bytes: int
    records: int
    gaps: int
    complete: bool
    rejected: int
    suppressed: int


class Gone(TypedDict):
    """An incident of an earlier document that is not in this one."""

    id: str
    kind: str
    severity: str
    title: str
    mask: str


class Trend(TypedDict):
    """Against an earlier document made with the same fingerprint key: what is new, still open, gone."""

    since: str
    """`run.generated` of the earlier document."""
    digest: str
    new: list[str]
    open: list[str]
    gone: list[Gone]


class Custody(TypedDict):
    """What made the report on which machine; `host` is a keyed hash, `configuration` digests by option."""

    python: str
    system: str
    host: str
    packages: dict[str, str]
    configuration: dict[str, str]


class RunInfo(TypedDict):
    """What changes from run to run; everything else is content and reproducible."""

    generated: str
    arguments: list[str]
    custody: NotRequired[Custody]


class Document(TypedDict):
    schema_version: str
    tool: Tool
    title: str
    scope: str
    rule_packs: list[RulePack]
    rules: NotRequired[list[RuleDict]]
    frameworks: NotRequired[list[Framework]]
    conditions: NotRequired[list[ConditionRef]]
    """Conditions of the audit as a whole (a gap, an unapproved change); a credential's own stand with its incident."""
    key_id: str
    coverage: Coverage
    sessions: list[SessionDict]
    steps: Sequence[StepDict]
    """A `safe.packed.Packed` where there are many."""
    runs: list[RunDict]
    checks: list[Check]
    incidents: list[Incident]
    controls: list[ControlDict]
    suppressions: list[Suppression]
    summary: Summary
    trend: NotRequired[Trend]
    content_digest: str
    """`sha256:` over canonical JSON (sorted keys, no spaces, UTF-8) without `run` and `content_digest`."""
    run: RunInfo
