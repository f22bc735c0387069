"""The audit document: the one canonical result that every format renders (schema major version 1).

Plain JSON-able mappings, so that a stored document renders to the same bytes as a fresh one. Built by
`auditor.audit`, enriched by `auditor.compliance`, rendered by `auditor.report`. It never holds a credential.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from auditor.document.coverage import Coverage, Equation, GapDict, PeriodDict, PlaceDict, SourceDict
from auditor.document.incident import (
    Clock,
    ConditionRef,
    Exposure,
    Incident,
    Occurrence,
    Origin,
    PlaybookStep,
    SeverityFacet,
    Spread,
    Window,
)

__all__ = [
    "SCHEMA_VERSION", "Check", "Clock", "ConditionRef", "ControlDict", "Coverage", "Custody", "Document",
    "Equation", "Exposure", "Framework", "GapDict", "Gone", "Incident", "Occurrence", "Origin", "PeriodDict",
    "PlaceDict", "PlaybookStep", "RuleDict", "RulePack", "RunDict", "RunInfo", "SessionDict", "SeverityFacet",
    "SourceDict", "Spread", "StepDict", "Summary", "Suppression", "Target", "Tool", "Trend", "Window",
]  # fmt: skip

SCHEMA_VERSION = "1.0"


class Tool(TypedDict):
    name: str
    version: str


class RulePack(TypedDict):
    id: str
    version: str
    digest: str
    rules: int


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
