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
    Occurrence,
    PlaceDict,
    PlaybookStep,
    RunDict,
    SessionDict,
    SourceDict,
    StepDict,
)
from auditor.report.canonical import content_digest

MAIN = "01993f20-7a11-7c3e-9d55-0a1b2c3d4e5f"
CHILD = "01993f41-1b2c-7d3e-8f4a-5b6c7d8e9f01"
ROLLOUT = "~/.codex/sessions/2026/11/20/rollout-2026-11-20T14-00-02-01993f20-7a11-7c3e-9d55-0a1b2c3d4e5f.jsonl"
CHILD_ROLLOUT = "~/.codex/sessions/2026/11/20/rollout-2026-11-20T14-36-10-01993f41-1b2c-7d3e-8f4a-5b6c7d8e9f01.jsonl"
THREADS = "~/.codex/thread_history_1.sqlite"
MCP_LOG = "logs/mcp-server-neon.log"
HISTORY = "~/.codex/history.jsonl"
HOST = "ep-cool-darkness-a1b2c3d4-pooler.us-east-2.aws.neon.tech"
BRANCH_HOST = "ep-shy-moon-e5f6a7b8.us-east-2.aws.neon.tech"
PASSWORD = "[REDACTED:postgres-url:3fa9]"
URL = f"postgresql://neondb_owner:{PASSWORD}@{HOST}/neondb"
BRANCH_URL = f"postgresql://neondb_owner:{PASSWORD}@{BRANCH_HOST}/neondb"
API_KEY = "napi_[REDACTED:neon-api-key:b71c]"


def place(path: str, line: int, start: int, pointer: str = "", length: int = 118) -> PlaceDict:
    return {"path": path, "line": line, "byte_start": start, "byte_end": start + length, "pointer": pointer}


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


def occurrence(number: int, incident: str, where: PlaceDict, time: str, call: str = "", **more: Any) -> Occurrence:
    base: Occurrence = {
        "id": f"{incident}.{number}",
        "place": where,
        "copies": [],
        "session": MAIN,
        "turn": "turn-2",
        "call_id": call,
        "role": "tool",
        "encoding": ["json", "json"],
        "timestamp": f"2026-11-20T{time}Z",
        "step": f"{MAIN}/{call}" if call else "",
        "rules": ["neon-url"],
        "migration": "",
    }
    return {**base, **more}  # type: ignore[typeddict-item]


def playbook_step(title: str, who: str, **more: str) -> PlaybookStep:
    base: PlaybookStep = {"title": title, "who": who, "console": "", "cli": "", "api": "", "confirm": "", "effect": ""}
    return {**base, **more}  # type: ignore[typeddict-item]


def _incident(number: str, kind: str, severity: str, title: str, mask: str, occurrences: list[Occurrence],
              **more: Any) -> Incident:  # fmt: skip
    times = [one["timestamp"] for one in occurrences if one["timestamp"]]
    base: Incident = {
        "id": f"inc-{number}",
        "kind": kind,
        "rule": occurrences[0]["rules"][0],
        "rules": sorted({rule for one in occurrences for rule in one["rules"]}),
        "title": title,
        "severity": severity,
        "severity_vector": [],
        "confidence": "high",
        "mask": mask,
        "fingerprint": (number * 3)[:32],
        "credentials": [(number[::-1] * 3)[:32]],
        "length_class": "16-31",
        "parts": {},
        "origin": {"occurrence": occurrences[0]["id"], "step": occurrences[0]["step"], "run": "", "cause": "unknown",
                   "explanation": "", "migration": ""},
        "occurrences": occurrences,
        "spread": [],
        "exposure": {"first_seen": min(times, default=""), "last_seen": max(times, default=""), "to_model": False,
                     "to_tools": [], "model_requests": 0},
        "conditions": [],
        "controls": [],
        "playbook": [],
        "rejected_by": "",
        "suppressed": "",
    }  # fmt: skip
    return {**base, **more}  # type: ignore[typeddict-item]


def database_password() -> Incident:
    me = "inc-3fa9c1d2e4b5"
    found = [
        occurrence(1, me, place(ROLLOUT, 42, 86100, "/payload/output"), "14:03:22.980", "call_04", copies=[
            place(ROLLOUT, 43, 88211, "/payload/item/result"),
            place(THREADS, 0, 312, "items[rowid=7].payload#/result"),
        ]),
        occurrence(2, me, place(ROLLOUT, 47, 96300, "/payload/arguments"), "14:04:02.120", "call_05", role="assistant"),
        occurrence(3, me, place(ROLLOUT, 53, 108600, "/payload/arguments"), "14:05:10.120", "call_06", role="assistant",
                   copies=[place(THREADS, 0, 118, "items[rowid=11].payload#/command")],
                   migration="20261120140110_add_orders"),
        occurrence(4, me, place(ROLLOUT, 66, 135200, "/payload/arguments"), "14:21:44.120", "call_07", role="assistant",
                   migration="20261120140110_add_orders"),
        occurrence(5, me, place(ROLLOUT, 78, 159900, "/payload/input"), "14:31:15.120", "call_09", role="assistant",
                   encoding=["json"]),
        occurrence(6, me, place(CHILD_ROLLOUT, 12, 20600, "/payload/arguments"), "14:40:12.120", "call_10",
                   session=CHILD, step=f"{CHILD}/call_10", role="assistant"),
        occurrence(7, me, place(MCP_LOG, 118, 40211, "/result/content/0/text"), "14:03:22.910", session="", turn="",
                   role="log", encoding=["json", "base64"]),
    ]  # fmt: skip
    return _incident(
        "3fa9c1d2e4b5", "postgres-url", "critical", "Neon connection string with password", URL, found,
        severity_vector=[
            {"facet": "class", "value": "static database credential", "points": 30},
            {"facet": "privilege", "value": "owner role", "points": 20},
            {"facet": "target", "value": "production", "points": 20},
            {"facet": "spread", "value": "7 occurrences, 2 sessions", "points": 15},
            {"facet": "audience", "value": "model provider, MCP server", "points": 10},
        ],
        parts={"scheme": ["postgresql"], "user": ["neondb_owner"], "host": [HOST, BRANCH_HOST], "database": ["neondb"],
               "endpoint": ["ep-cool-darkness-a1b2c3d4", "ep-shy-moon-e5f6a7b8"], "branch": ["br-shy-moon-123"]},
        origin={"occurrence": found[0]["id"], "step": f"{MAIN}/call_04", "run": "run-1", "cause": "tool-result",
                "explanation": "Neon's MCP server returned the connection string with the password in clear text; Codex "
                               "gave it to the model and wrote it to the transcript.", "migration": ""},
        spread=[
            {"step": f"{MAIN}/call_05", "kind": "command", "detail": "atlas migrate apply --dry-run", "session": MAIN,
             "timestamp": "2026-11-20T14:04:02.120Z"},
            {"step": f"{MAIN}/call_06", "kind": "command", "detail": "atlas migrate apply", "session": MAIN,
             "timestamp": "2026-11-20T14:05:10.120Z"},
            {"step": f"{MAIN}/call_07", "kind": "command", "detail": "atlas migrate apply (production)", "session": MAIN,
             "timestamp": "2026-11-20T14:21:44.120Z"},
            {"step": f"{MAIN}/call_09", "kind": "file", "detail": ".env.migrations", "session": MAIN,
             "timestamp": "2026-11-20T14:31:15.120Z"},
            {"step": f"{CHILD}/call_10", "kind": "sub-agent", "detail": "psql of a sub-agent", "session": CHILD,
             "timestamp": "2026-11-20T14:40:12.120Z"},
        ],
        exposure={"first_seen": "2026-11-20T14:03:22.910Z", "last_seen": "2026-11-20T14:40:12.120Z", "to_model": True,
                  "to_tools": ["atlas", "neon", "psql"], "model_requests": 14},
        conditions=[{"code": code, "evidence": [found[0]["id"]]} for code in (
            "SECRET_AT_REST", "SECRET_TO_MODEL", "SECRET_TO_TOOL", "SECRET_IN_COMMAND", "SECRET_FROM_TOOL",
            "STATIC_CREDENTIAL", "PRIVILEGED", "SHARED_ACROSS_TARGETS", "PROD_TARGET", "STILL_PRESENT")],
        controls=["soc2/CC6.1", "iso27001/A.8.15", "iso27001/A.5.17", "nist-800-53/IA-5(7)", "cwe/CWE-532", "cwe/CWE-214",
                  "gdpr/Art. 33(1)"],
        playbook=[
            playbook_step("List every branch that has the role neondb_owner", "database owner",
                          cli="neonctl branches list --project-id shiny-sun-998877",
                          confirm="A child branch starts with its parent's password.", effect="none"),
            playbook_step("Reset the password of neondb_owner on each branch, production first", "database owner",
                          console="Branches → main → Roles & Databases → neondb_owner → Reset password",
                          api="POST /projects/shiny-sun-998877/branches/{branch}/roles/neondb_owner/reset_password",
                          effect="Open connections drop; the old password works until the operation ends."),
            playbook_step("Update secret stores and pooled endpoints", "platform team"),
            playbook_step("Redact every copy", "developer", cli="auditor redact ~/.codex", effect="Files keep their length."),
        ],
    )  # fmt: skip


def api_key() -> Incident:
    me = "inc-b71c00aa11dd"
    found = [
        occurrence(1, me, place(ROLLOUT, 73, 149504, "/payload/output", 69), "14:30:05.980", "call_08",
                   rules=["neon-api-key"], encoding=["json"], copies=[
                       place(THREADS, 0, 44, "items[rowid=19].payload#/aggregated_output", 69)]),
        occurrence(2, me, place(HISTORY, 3, 512, "/text", 69), "14:28:50.000", rules=["neon-api-key"], role="user",
                   encoding=[]),
    ]  # fmt: skip
    return _incident(
        "b71c00aa11dd", "neon-api-key", "high", "Neon API key", API_KEY, found,
        severity_vector=[{"facet": "class", "value": "organisation-wide key", "points": 40},
                         {"facet": "spread", "value": "2 occurrences, 1 session", "points": 5}],
        origin={"occurrence": found[0]["id"], "step": f"{MAIN}/call_08", "run": "", "cause": "tool-output",
                "explanation": "The command printed environment variables; NEON_API_KEY was one of them.", "migration": ""},
        exposure={"first_seen": "2026-11-20T14:28:50.000Z", "last_seen": "2026-11-20T14:30:05.980Z", "to_model": True,
                  "to_tools": ["shell"], "model_requests": 6},
        length_class="64+",
        conditions=[{"code": "SECRET_AT_REST", "evidence": [found[0]["id"]]},
                    {"code": "SECRET_TO_MODEL", "evidence": [found[0]["id"]]}],
        controls=["soc2/CC6.1", "nist-800-53/IA-5(7)", "cwe/CWE-532"],
        playbook=[playbook_step("Create a new key, switch, delete the old one", "organisation admin",
                                api="DELETE /api_keys/{key_id}")],
    )  # fmt: skip


def mcp_token() -> Incident:
    me = "inc-e0e0e0f1f2f3"
    found = [occurrence(1, me, place(MCP_LOG, 12, 2210, "", 344), "", session="", turn="", role="log", rules=["jwt"],
                        encoding=[], timestamp="")]  # fmt: skip
    return _incident(
        "e0e0e0f1f2f3", "jwt", "medium", "JSON Web Token", "[REDACTED:jwt:e0e0]", found,
        origin={"occurrence": found[0]["id"], "step": "", "run": "", "cause": "tool-argument",
                "explanation": "mcp-remote logged the Authorization header of its request.", "migration": ""},
        length_class="64+", parts={"issuer": ["https://auth.example.com"], "expired": ["true"]}, confidence="medium",
        conditions=[{"code": "SECRET_AT_REST", "evidence": [found[0]["id"]]}], controls=["soc2/CC6.1", "cwe/CWE-532"],
        playbook=[playbook_step("End the session at the issuer", "identity team")],
    )  # fmt: skip


def accepted() -> Incident:
    me = "inc-a0a0a0b1b2b3"
    found = [occurrence(1, me, place(HISTORY, 9, 2048, "/text", 16), "09:12:00.000", rules=["postgres-password"],
                        role="user", encoding=[])]  # fmt: skip
    return _incident("a0a0a0b1b2b3", "postgres-password", "low", "PostgreSQL password",
                     "[REDACTED:postgres-password:a0a0]", found, suppressed="sup-1", length_class="<16")  # fmt: skip


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
