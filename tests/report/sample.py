"""Hand-made documents for renderer tests: a rich one (`leaking`), a clean one (`clean`), an empty one (`nothing`).

The story: a session asks Neon's MCP server for a connection string, applies a migration with it to a branch and then to
production, prints its environment, and a sub-agent goes on. All values are invented; secrets are markers as in real ones.
"""

from __future__ import annotations

import copy
from typing import Any

from auditor.document import (
    Check,
    ControlDict,
    Document,
    Incident,
    RunDict,
    SessionDict,
    SourceDict,
    StepDict,
)
from auditor.report.canonical import content_digest
from tests.report.leaks import (
    BRANCH_HOST,
    BRANCH_URL,
    CHILD,
    CHILD_ROLLOUT,
    HISTORY,
    HOST,
    MAIN,
    MCP_LOG,
    ROLLOUT,
    THREADS,
    URL,
    accepted,
    api_key,
    database_password,
    mcp_token,
    place,
)


def step(call: str, tool: str, action: str, phase: str, command: str, time: str, line: int, **more: Any) -> StepDict:
    base: StepDict = {
        "id": f"{MAIN}/{call}",
        "session": MAIN,
        "turn": "turn-2",
        "call_id": call,
        "run": "run-1",
        "tool": tool,
        "action": action,
        "phase": phase,
        "dry_run": False,
        "environment": "branch",
        "target": {"host": BRANCH_HOST, "database": "neondb", "branch": "br-shy-moon-123"},
        "migrations": [],
        "command": command,
        "exit_code": 0,
        "status": "ok",
        "approval_policy": "on-request",
        "sandbox": "workspace-write",
        "started": f"2026-11-20T{time}.120Z",
        "ended": f"2026-11-20T{time}.980Z",
        "place": place(ROLLOUT, line, line * 2048, "/payload"),
    }
    return {**base, **more}  # type: ignore[typeddict-item]


def steps() -> list[StepDict]:
    plain = {"target": {}, "environment": "unknown"}
    return [
        step("call_01", "atlas", "generate", "generation", "atlas migrate diff add_orders --env local", "14:01:10", 21,
             migrations=["20261120140110_add_orders"], target={}, environment="local"),
        step("call_02", "atlas", "lint", "validation", "atlas migrate lint --env local --latest 1", "14:01:40", 27,
             migrations=["20261120140110_add_orders"], exit_code=1, status="failed", target={}, environment="local"),
        step("call_03", "neon", "branch-create", "isolation", "neon.create_branch projectId=shiny-sun-998877", "14:02:30",
             35, target={"project": "shiny-sun-998877", "branch": "br-shy-moon-123"}, run="run-1"),
        step("call_04", "neon", "connection-string", "none",
             "neon.get_connection_string branchId=br-shy-moon-123 databaseName=neondb", "14:03:22", 41),
        step("call_05", "atlas", "dry-run", "validation", f"atlas migrate apply --dry-run --url '{BRANCH_URL}'", "14:04:02",
             47, dry_run=True, migrations=["20261120140110_add_orders"]),
        step("call_06", "atlas", "apply", "promotion", f"atlas migrate apply --url '{BRANCH_URL}'", "14:05:10", 53,
             migrations=["20261120140110_add_orders"]),
        step("call_07", "atlas", "apply", "promotion", f"atlas migrate apply --url '{URL}'", "14:21:44", 66,
             migrations=["20261120140110_add_orders"], environment="production",
             target={"host": HOST, "database": "neondb", "branch": "main"}),
        step("call_08", "shell", "read-secret", "none", "env | grep -i neon", "14:30:05", 72, run="", **plain),
        step("call_09", "apply_patch", "write-file", "none", "apply_patch .env.migrations", "14:31:15", 78, run="", **plain),
        step("call_10", "psql", "sql", "none", f"psql '{URL}' -c 'select count(*) from orders'", "14:40:12", 12, run="",
             id=f"{CHILD}/call_10", session=CHILD, turn="turn-1", environment="production",
             place=place(CHILD_ROLLOUT, 12, 20480, "/payload")),
    ]  # fmt: skip


def control(framework: str, version: str, number: str, title: str, role: str, status: str, **more: Any) -> ControlDict:
    base: ControlDict = {"framework": framework, "version": version, "id": number, "title": title, "role": role,
                         "relation": "primary", "status": status, "why": "", "incidents": [], "evidence": []}  # fmt: skip
    return {**base, **more}  # type: ignore[typeddict-item]


def controls(incidents: list[Incident]) -> list[ControlDict]:
    def touched(key: str) -> list[str]:
        return [one["id"] for one in incidents if key in one["controls"]]

    rows = [
        (
            "soc2",
            "2017 (2022)",
            "CC6.1",
            "Logical access security over information assets",
            "weakness",
            "A readable copy of the credential defeats the access control.",
        ),
        ("iso27001", "2022", "A.5.17", "Authentication information", "weakness", "Secrets stood in plain text."),
        ("iso27001", "2022", "A.8.15", "Logging", "weakness", "Logs must not hold secrets."),
        ("nist-800-53", "r5", "IA-5(7)", "No embedded unencrypted static authenticators", "weakness", "Static secret."),
        (
            "cwe",
            "4.18",
            "CWE-532",
            "Insertion of sensitive information into log file",
            "weakness",
            "Readable in a log.",
        ),
        ("cwe", "4.18", "CWE-214", "Invocation of process using visible sensitive information", "weakness", "On argv."),
    ]
    found = [
        control(fw, version, number, title, role, "indicator-found" if touched(f"{fw}/{number}") else
                "no-indicator-in-scope", why=why, incidents=touched(f"{fw}/{number}"),
                evidence=[i + ".1" for i in touched(f"{fw}/{number}")])
        for fw, version, number, title, role, why in rows
    ]  # fmt: skip
    gdpr = touched("gdpr/Art. 33(1)")
    return [
        *found,
        control("soc2", "2017 (2022)", "CC7.2", "Monitoring for anomalies", "operation", "evidence",
                why="Agent activity is scanned regularly.", relation="supporting"),
        control("nist-800-53", "r5", "AU-13", "Monitoring for information disclosure", "operation", "evidence",
                why="The scan is this control.", relation="primary"),
        control("gdpr", "2016/679", "Art. 33(1)", "Notification of the authority within 72 hours", "obligation",
                "assessment-required" if gdpr else "no-indicator-in-scope", incidents=gdpr,
                why="A person must assess whether personal data was reached."),
        control("iso27001", "2022", "A.8.4", "Access to source code", "weakness", "no-indicator-in-scope"),
    ]  # fmt: skip


def checks() -> list[Check]:
    return [
        {"id": "lint-before-apply", "title": "Lint succeeds before apply", "status": "violated", "session": MAIN,
         "run": "run-1", "steps": [f"{MAIN}/call_02", f"{MAIN}/call_06"],
         "explanation": "atlas migrate lint failed and apply followed without a new lint."},
        {"id": "dry-run-before-apply", "title": "Dry-run before apply", "status": "followed", "session": MAIN,
         "run": "run-1", "steps": [f"{MAIN}/call_05", f"{MAIN}/call_06"], "explanation": ""},
        {"id": "no-url-in-command", "title": "No connection string on a command line", "status": "violated",
         "session": MAIN, "run": "run-1", "steps": [f"{MAIN}/call_06", f"{MAIN}/call_07"],
         "explanation": "Use --env with a variable instead."},
        {"id": "rollback-tested", "title": "Rollback is tested on a branch", "status": "not-applicable", "session": MAIN,
         "run": "run-1", "steps": [], "explanation": ""},
    ]  # fmt: skip


def runs() -> list[RunDict]:
    return [
        {"id": "run-1", "session": MAIN, "tool": "atlas", "migrations": ["20261120140110_add_orders"],
         "steps": [f"{MAIN}/call_0{n}" for n in range(1, 8)], "environment": "production",
         "target": {"host": HOST, "database": "neondb", "project": "shiny-sun-998877", "branch": "main"},
         "order_ok": False, "notes": ["lint failed before apply"]},
    ]  # fmt: skip


def sessions() -> list[SessionDict]:
    first: SessionDict = {
        "id": MAIN, "parent_id": "", "path": ROLLOUT, "cli_version": "0.169.0", "model": "gpt-6-codex",
        "cwd": "/home/dev/shop", "started": "2026-11-20T14:00:02.000Z", "ended": "2026-11-20T14:44:51.000Z",
        "approval_policy": "on-request", "sandbox": "workspace-write", "originator": "codex_cli_rs", "turns": 2,
        "kind": "codex",
    }  # fmt: skip
    second: SessionDict = {
        **first, "id": CHILD, "parent_id": MAIN, "path": CHILD_ROLLOUT, "started": "2026-11-20T14:36:10.000Z",
        "ended": "2026-11-20T14:41:00.000Z", "approval_policy": "never", "turns": 1,
    }  # fmt: skip
    return [first, second]


def source(path: str, kind: str, size: int, records: int, mode: str = "0600", status: str = "examined") -> SourceDict:
    return {"path": path, "format": kind, "bytes": size, "records": records, "status": status, "mode": mode,
            "digest": "blake3:" + f"{size:08x}" * 8}  # fmt: skip


def sources() -> list[SourceDict]:
    return [
        source(ROLLOUT, "codex-rollout", 181_204, 84),
        source(CHILD_ROLLOUT, "codex-rollout", 40_122, 19),
        source(HISTORY, "codex-history", 4_096, 12),
        source(THREADS, "sqlite", 225_280, 61),
        source(MCP_LOG, "mcp-host-log", 88_011, 402, "0644", "partial"),
    ]


def _sealed(document: Document) -> Document:
    return {**document, "content_digest": content_digest(document)}


def nothing() -> Document:
    """Nothing was in scope: never a clean result."""
    gap = {"path": "~/.codex", "reason": "nothing-to-scan", "detail": "no session and no log found"}
    return _sealed(_document([], [], [gap]))


def clean() -> Document:
    """Everything examined, nothing found, one session with steps."""
    document = _document([], sources()[:3], [])
    calm = [{**one, "command": "atlas migrate apply --env prod", "run": "run-1"} for one in steps()[:3]]
    document["sessions"], document["steps"] = sessions()[:1], calm  # type: ignore[typeddict-item]
    document["runs"] = [{**runs()[0], "steps": [one["id"] for one in calm], "order_ok": True, "notes": []}]  # type: ignore[typeddict-item]
    document["checks"] = [{**checks()[0], "status": "followed", "explanation": ""}]
    document["controls"] = controls([])
    document["summary"] |= {"sessions": 1, "steps": 3}
    return _sealed(document)


def leaking() -> Document:
    """Three open incidents, one accepted, gaps, checks, controls."""
    incidents = [database_password(), api_key(), mcp_token(), accepted()]
    gaps = [
        {"path": MCP_LOG, "reason": "truncated-tail", "detail": "the last 212 bytes are no whole line"},
        {
            "path": "~/.codex/sessions/2026/11/19/rollout-2026-11-19T08-00-00-x.jsonl",
            "reason": "permission",
            "detail": "",
        },
        {
            "path": "~/.codex/state_5.sqlite",
            "reason": "missing-session",
            "detail": "names a session without transcript",
        },
    ]
    document = _document(incidents, sources(), gaps)
    document["sessions"], document["steps"], document["runs"] = sessions(), steps(), runs()
    document["checks"], document["controls"] = checks(), controls(incidents)
    document["coverage"]["rejected"] = {"placeholder": 9, "mask": 4, "sample": 2}
    document["suppressions"] = [
        {"id": "sup-1", "fingerprint": accepted()["fingerprint"], "reason": "throw-away container in CI", "owner": "ops",
         "expires": "2027-01-31", "expired": False, "hits": 1},
        {"id": "sup-2", "fingerprint": "0f" * 16, "reason": "old demo database", "owner": "", "expires": "2026-10-01",
         "expired": True, "hits": 0},
    ]  # fmt: skip
    document["summary"] |= {"sessions": 2, "steps": 10, "rejected": 15, "suppressed": 1}
    return _sealed(document)


def _document(incidents: list[Incident], read: list[SourceDict], gaps: list[Any]) -> Document:
    active = [one for one in incidents if not one["suppressed"]]
    spots = [spot for one in active for spot in one["occurrences"]]
    severities = ("critical", "high", "medium", "low", "info")
    counted = {name: sum(one["severity"] == name for one in active) for name in severities}
    return {
        "schema_version": "1.0",
        "tool": {"name": "auditor", "version": "0.1.0"},
        "title": "Migration audit, shop",
        "scope": "~/.codex, logs",
        "rule_packs": [
            {"id": "neon", "version": "1.0.0", "digest": "sha256:" + "5a" * 32, "rules": 7},
            {"id": "postgres", "version": "1.0.0", "digest": "sha256:" + "6b" * 32, "rules": 21},
        ],
        "key_id": "9d1e3c70",
        "coverage": {"sources": read, "gaps": gaps, "rejected": {}},
        "sessions": [],
        "steps": [],
        "runs": [],
        "checks": [],
        "incidents": copy.deepcopy(incidents),
        "controls": [],
        "suppressions": [],
        "summary": {
            "incidents": len(active),
            "occurrences": len(spots),
            "places": sum(1 + len(spot["copies"]) for spot in spots),
            "by_severity": {name: number for name, number in counted.items() if number},
            "by_kind": {one["kind"]: 1 for one in active},
            "sessions": 0,
            "steps": 0,
            "sources": len(read),
            "bytes": sum(one["bytes"] for one in read),
            "records": sum(one["records"] for one in read),
            "gaps": len(gaps),
            "complete": not gaps,
            "rejected": 0,
            "suppressed": 0,
        },
        "content_digest": "",
        "run": {"generated": "2026-11-23T09:00:00Z", "arguments": ["scan", "~/.codex", "logs"]},
    }
