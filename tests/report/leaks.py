"""The incidents of the sample documents, and what their places are made of."""

from __future__ import annotations

from typing import Any

from auditor.document import Incident, Occurrence, PlaceDict, PlaybookStep

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
