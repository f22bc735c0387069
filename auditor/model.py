"""Frozen values that travel between rooms. Nothing here holds a credential except `Match.secret`,
and a `Match` never leaves the process that found it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from auditor.secret import Secret

Kind = Literal[
    "postgres-url", "neon-password", "postgres-password", "postgres-verifier",
    "neon-api-key", "neon-auth-key", "jwt", "oauth-token", "basic-auth", "session-cookie",
    "github-token", "gitlab-token", "openai-key", "anthropic-key", "slack-token", "huggingface-token",
    "supabase-key", "planetscale-token", "digitalocean-token", "aws-access-key", "google-api-key", "npm-token",
    "stripe-key", "private-key", "database-url", "bearer-token", "generic-secret",
]  # fmt: skip
"""Credential classes, stable for ever. Order is precedence: one value named by several rules gets the first."""

KINDS: tuple[str, ...] = get_args(Kind)

Confidence = Literal["low", "medium", "high"]
Severity = Literal["info", "low", "medium", "high", "critical"]
CONFIDENCES: tuple[str, ...] = get_args(Confidence)
SEVERITIES: tuple[str, ...] = get_args(Severity)

GapReason = Literal[
    "excluded-by-config", "ignored-file", "binary", "too-large", "unreadable", "permission", "vanished",
    "changed-during-scan", "decode-depth-limit", "expansion-limit", "time-limit", "unsupported-compression",
    "truncated-tail", "unknown-format", "not-a-file", "symlink-loop", "nothing-to-scan", "worker-failed",
    "hook-failed", "missing-session",
]  # fmt: skip
"""The closed list of reasons why something in scope was not examined."""


class Place(NamedTuple):
    """Where bytes stand. Offsets are bytes of the uncompressed text; for a database cell, bytes of the cell."""

    path: str
    line: int
    """1-based; 0 where lines mean nothing (a database cell)."""
    byte_start: int
    byte_end: int
    pointer: str = ""
    """JSON pointer into the record, or `table[rowid=N].column#/pointer` for a database cell."""


class Gap(NamedTuple):
    """Something in scope that was not examined (or not completely). `detail` is ours, never input text."""

    path: str
    reason: GapReason
    detail: str = ""


class Match(NamedTuple):
    """A rule fired. Spans are bytes of the scanned chunk, `start:end` of the credential as a whole (the URL),
    `secret_start:secret_end` of its encoded secret part."""

    rule: str
    kind: Kind
    confidence: Confidence
    secret: Secret
    start: int
    end: int
    secret_start: int
    secret_end: int
    encoding: tuple[str, ...] = ()
    """Decode layers from the outside in: `json`, `json`, `percent`, …; empty for plain text."""
    parts: Mapping[str, str] = MappingProxyType({})
    """Decoded public parts: scheme, user, host, port, database, endpoint, branch … never the secret."""
    rejected_by: str = ""
    """Name of the check that holds it for a placeholder, mask or sample; then `confidence` is `low`."""
    filler: bytes = b""
    """As many bytes as `secret_start:secret_end`, to write there: `x` for every byte of the secret, spelled so that all
    layers (base64, hex, JSON, broken lines) still decode and nothing beside the secret changes."""


class Found(NamedTuple):
    """A match made safe to send and store: fingerprint and mask instead of the value, with its place."""

    rule: str
    kind: Kind
    confidence: Confidence
    fingerprint: str
    credential: str
    """Fingerprint of value, user, host and database together; `fingerprint` is of the value alone."""
    mask: str
    length_class: str
    place: Place
    encoding: tuple[str, ...]
    parts: Mapping[str, str]
    rejected_by: str = ""
    labels: tuple[str, ...] = ()
    """What a caller's `ScanRequest.label` said of the value; never part of a document."""
    hint: tuple[int, bytes] = (0, b"")
    """See `auditor.detect.known_mask.hint`; never part of a document."""


class SourceReport(NamedTuple):
    """What was read of one source; `digest` is of exactly `bytes` bytes from the start (append-safe)."""

    path: str
    format: str
    bytes: int
    records: int
    digest: str
    """`blake3:<hex>` or `sha256:<hex>`."""
    status: Literal["examined", "partial", "skipped", "failed"]
    mode: str = ""
    """POSIX mode as four octal digits, empty when unknown."""
    size: int = 0
    """Bytes in scope when it was opened; 0 when nothing told."""


CallStatus = Literal["", "running", "ok", "failed", "declined"]
"""State of a call as far as its record says; empty when it says nothing."""

Role = Literal["user", "assistant", "tool", "developer", "system", "reasoning", "meta", "log", "environment"]


NOTHING: Mapping[str, object] = MappingProxyType({})


class Event(NamedTuple):
    """One normalised event of a record, whatever the dialect. Text fields hold raw input: trace-internal.

    A named tuple, since a long session has millions: it is made in a fifth of the time of a frozen dataclass.
    """

    kind: Literal[
        "session", "context", "turn-start", "turn-end", "call", "output", "item", "message", "compacted",
        "rollback", "request", "other",
    ]  # fmt: skip
    """`call` asks, `output` answers, `item` is both in one; `request` marks an answered model request."""
    timestamp: str = ""
    session: str = ""
    turn: str = ""
    call_id: str = ""
    role: Role = "meta"
    tool: str = ""
    """`shell`, `apply_patch`, `mcp`, `write_stdin`, `code`, `code-wait`, or the tool's own name."""
    server: str = ""
    name: str = ""
    """MCP tool name, or the function name as written."""
    command: str = ""
    arguments: Mapping[str, object] = NOTHING
    text: str = ""
    exit_code: int | None = None
    status: CallStatus = ""
    pointer: str = ""
    """JSON pointer of the part of the record this event speaks of; empty for the whole record."""
    data: Mapping[str, object] = NOTHING
    """Whatever else the dialect knows (session meta fields, sandbox, parsed_cmd, changes …)."""


class Position(NamedTuple):
    """Where in a session a record stands: what `trace` tells about one place."""

    session: str = ""
    """The session where it first happened: for a line copied into a fork or sub-agent, the parent's id."""
    turn: str = ""
    call_id: str = ""
    role: Role = "log"
    timestamp: str = ""
    step: str = ""
    """Id of the step (call) that put it there; empty outside calls."""
    copied_from: str = ""
    """Session id the record was copied from (forks, sub-agents, compaction), if it was."""
    record: str = ""
    """Type of the record, where it is one that nobody here understands, or a report of an error."""
