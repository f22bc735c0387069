"""Small documents for compliance and evidence tests: one incident with what a test says about it."""

from __future__ import annotations

import copy
from typing import Any

from auditor.document import Check, Document, Incident, StepDict
from tests.report import sample

ROLLOUT = "s/rollout.jsonl"
SESSION = "s1"
FINGERPRINT = "ab" * 16


def place(path: str = ROLLOUT, line: int = 3) -> dict[str, Any]:
    return {"path": path, "line": line, "byte_start": 10, "byte_end": 40, "pointer": "/payload/output"}


def step(name: str = "s1/c1", **more: Any) -> StepDict:
    base: dict[str, Any] = {
        "id": name, "session": SESSION, "turn": "t1", "call_id": name.split("/")[-1], "run": "", "tool": "psql",
        "action": "sql", "phase": "none", "dry_run": False, "environment": "", "target": {}, "migrations": [],
        "command": "", "exit_code": 0, "status": "ok", "approval_policy": "on-request", "sandbox": "",
        "started": "2026-11-20T10:00:00Z", "ended": "2026-11-20T10:00:01Z", "place": place(),
    }  # fmt: skip
    return {**base, **more}  # type: ignore[return-value, typeddict-item]


def occurrence(number: int = 1, **more: Any) -> dict[str, Any]:
    base = {
        "id": f"inc-abababababab.{number}", "place": place(), "copies": [], "session": "", "turn": "", "call_id": "",
        "role": "log", "encoding": [], "timestamp": "2026-11-20T10:00:00Z", "step": "", "rules": ["r"], "migration": "",
    }  # fmt: skip
    return {**base, **more}


def incident(**more: Any) -> Incident:
    origin = {"occurrence": "inc-abababababab.1", "step": "", "run": "", "cause": "unknown", "explanation": "",
              "migration": "", **more.pop("origin", {})}  # fmt: skip
    exposure = {"first_seen": "2026-11-20T10:00:00Z", "last_seen": "2026-11-20T10:00:00Z", "to_model": False,
                "to_tools": [], "model_requests": 0, **more.pop("exposure", {})}  # fmt: skip
    base: dict[str, Any] = {
        "id": "inc-abababababab", "kind": "jwt", "rule": "r", "rules": ["r"], "title": "t", "severity": "medium",
        "severity_vector": [], "confidence": "high", "mask": "[REDACTED:jwt:abab]", "fingerprint": FINGERPRINT,
        "credentials": ["cd" * 16], "length_class": "16-31", "parts": {}, "origin": origin,
        "occurrences": [occurrence()], "spread": [], "exposure": exposure, "conditions": [], "controls": [],
        "playbook": [], "rejected_by": "", "suppressed": "",
    }  # fmt: skip
    return {**base, **more}  # type: ignore[return-value, typeddict-item]


def spread(kind: str, step_id: str = "s1/c2") -> dict[str, Any]:
    return {"step": step_id, "kind": kind, "detail": "", "session": SESSION, "timestamp": "2026-11-20T10:05:00Z"}


def session(name: str = SESSION, kind: str = "codex") -> dict[str, Any]:
    shape = copy.deepcopy(sample.leaking()["sessions"][0])
    return {**shape, "id": name, "kind": kind, "started": "2026-11-20T10:00:00Z", "ended": "2026-11-20T10:10:00Z"}


def check(name: str, status: str, **more: Any) -> Check:
    base = {"id": name, "title": name, "status": status, "session": SESSION, "run": "run-1", "steps": ["s1/c1"],
            "explanation": ""}  # fmt: skip
    return {**base, **more}  # type: ignore[return-value, typeddict-item]


def source(path: str = ROLLOUT, **more: Any) -> dict[str, Any]:
    base = {"path": path, "format": "codex-rollout", "bytes": 100, "records": 3, "digest": "sha256:00",
            "status": "examined", "mode": "0600"}  # fmt: skip
    return {**base, **more}


def document(*incidents: Incident, **more: Any) -> Document:
    base = copy.deepcopy(sample.nothing())
    coverage = {"sources": [source()], "gaps": [], "rejected": {}, **more.pop("coverage", {})}
    return {**base, "coverage": coverage, "incidents": list(incidents), **more}  # type: ignore[return-value, typeddict-item]
