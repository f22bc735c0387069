"""The conditions: what is true of a credential, or of the audit as a whole, with the ids that establish it.

Controls are mapped from these codes, never from rules. A condition is one small function that returns evidence: ids of
occurrences, steps, sources, sessions or checks. No evidence, no condition. Codes are stable for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from auditor import lazy
from auditor.compliance.settings import Settings, parsed_time
from auditor.compliance.traits import ORGANISATION_WIDE, PASSWORDS, URLS, Case, parts
from auditor.document import ConditionRef, Document, Occurrence
from auditor.model import SEVERITIES

MODEL_ROLES = frozenset({"user", "assistant", "tool", "developer", "system", "reasoning"})
"""Roles of texts that are part of the conversation with the model."""
_SHARED_PATHS = lazy.compile(
    r"(?:^|[/\\])(?:Dropbox|OneDrive[^/\\]*|Google Drive|GoogleDrive|iCloud|Mobile Documents|Nextcloud|Syncthing|Sync|"
    r"Public|Shared|tmp|Temp)(?:[/\\]|$)",
    re.I,
)
_CAP = 25
"""Evidence ids per condition; the occurrence list of the incident has them all."""


class Condition(NamedTuple):
    """One code: what it says, and how it is found in an incident."""

    code: str
    title: str
    finds: Callable[[Case, Settings], Iterable[str]]


class AuditCondition(NamedTuple):
    """One code of the audit as a whole."""

    code: str
    title: str
    finds: Callable[[Document, Settings], Iterable[str]]


def of_incident(case: Case, settings: Settings, table: Sequence[Condition] | None = None) -> list[ConditionRef]:
    """Return the conditions of a credential in the order of the table (all of them, unless a part is given)."""
    return _refs((one.code, one.finds(case, settings)) for one in (CONDITIONS if table is None else table))


def of_audit(document: Document, settings: Settings) -> list[ConditionRef]:
    """Return the conditions of the audit, workflow checks included as `CHECK:<id>`."""
    refs = _refs((one.code, one.finds(document, settings)) for one in AUDIT_CONDITIONS)
    checks: dict[str, list[str]] = {}
    for check in document["checks"]:
        if check["status"] == "violated":
            checks.setdefault(f"CHECK:{check['id']}", []).extend(check["steps"] or [check["session"]])
    seen = {f"CHECKED:{check['id']}": [check["run"] or check["session"]] for check in document["checks"]
            if check["status"] != "not-applicable"}  # fmt: skip
    return refs + _refs(sorted(checks.items())) + _refs(sorted(seen.items()))


def _refs(found: Iterable[tuple[str, Iterable[str]]]) -> list[ConditionRef]:
    refs: list[ConditionRef] = []
    for code, ids in found:
        evidence = _few(ids)
        if evidence:
            refs.append({"code": code, "evidence": evidence})
    return refs


def _few(ids: Iterable[str]) -> list[str]:
    """The first few ids, each once; no more are looked at."""
    found: dict[str, None] = {}
    for one in ids:
        if one:
            found[one] = None
        if len(found) == _CAP:
            break
    return list(found)


def _all(case: Case) -> list[str]:
    return [one["id"] for one in case.incident["occurrences"]]


def _first(case: Case) -> list[str]:
    return [case.incident["origin"]["occurrence"] or next(iter(_all(case)), case.incident["id"])]


def _if(holds: object, case: Case) -> list[str]:
    return _first(case) if holds else []


def _where(case: Case, wanted: Callable[[Occurrence], bool]) -> list[str]:
    return [one["id"] for one in case.incident["occurrences"] if wanted(one)]


def _present(case: Case, settings: Settings) -> list[str]:
    rewritten = set(settings.rewritten)
    return _where(case, lambda one: any(place["path"] not in rewritten for place in (one["place"], *one["copies"])))


def _to_model(case: Case, settings: Settings) -> list[str]:
    """Texts of a conversation; a log of an MCP server alone doesn't show what the model saw."""
    conversations = case.around.conversations
    found = _where(case, lambda one: one["session"] in conversations and one["role"] in MODEL_ROLES)
    return found or _if(case.incident["exposure"]["to_model"], case)


def _to_tool(case: Case, settings: Settings) -> list[str]:
    incident = case.incident
    spread = [one["step"] for one in incident["spread"] if one["kind"] == "mcp-argument"]
    caused = incident["origin"]["cause"] == "tool-argument"
    return spread + _if(caused or incident["exposure"]["to_tools"], case)


def _in_command(case: Case, settings: Settings) -> list[str]:
    incident = case.incident
    spread = [one["step"] for one in incident["spread"] if one["kind"] == "command"]
    return _if(incident["origin"]["cause"] == "command-literal", case) + spread


def _from_tool(case: Case, settings: Settings) -> list[str]:
    return _if(case.incident["origin"]["cause"] in ("tool-result", "tool-output"), case)


def _in_error(case: Case, settings: Settings) -> list[str]:
    step = case.origin_step
    failed = step is not None and (step["status"] == "failed" or step["exit_code"] not in (None, 0))
    return _if(failed and case.incident["origin"]["cause"] in ("tool-output", "tool-result"), case)


def _in_configuration(case: Case, settings: Settings) -> list[str]:
    incident = case.incident
    spread = [one["step"] for one in incident["spread"] if one["kind"] in ("file", "commit")]
    return _if(incident["origin"]["cause"] in ("configuration", "environment", "file-change"), case) + spread


def _static(case: Case, settings: Settings) -> list[str]:
    return _if(case.static, case)


def _privileged(case: Case, settings: Settings) -> list[str]:
    ruled = case.rule is not None and case.rule["privileged"]
    return _if(ruled or case.owner_names or case.incident["kind"] in ORGANISATION_WIDE, case)


def _shared(case: Case, settings: Settings) -> list[str]:
    """One value with several hosts: on Neon, a branch and its parent, or two branches."""
    return _where(case, lambda one: True) if len(case.hosts) > 1 else []


def _production(case: Case, settings: Settings) -> list[str]:
    return _if(settings.environment_of(case.target_names) == "production", case)


def _wide_readers(case: Case, settings: Settings) -> list[str]:
    """Readable by group or others, or in a folder that is synchronised or shared."""
    modes = case.around.modes
    paths = dict.fromkeys(
        place["path"] for one in case.incident["occurrences"] for place in (one["place"], *one["copies"])
    )
    return [path for path in paths if _readable(modes.get(path, "")) or _SHARED_PATHS.search(path)]


def _readable(mode: str) -> bool:
    return bool(re.fullmatch("[0-7]{3,5}", mode)) and bool(int(mode, 8) & 0o044)


def _in_vcs(case: Case, settings: Settings) -> list[str]:
    def tracked(path: str) -> bool:
        return path in settings.tracked or path.startswith("git:")

    staged = _where(case, lambda one: any(tracked(place["path"]) for place in (one["place"], *one["copies"])))
    return staged + [one["step"] for one in case.incident["spread"] if one["kind"] == "commit"]


def _late(case: Case, settings: Settings) -> list[str]:
    first, seen = parsed_time(case.incident["exposure"]["first_seen"]), parsed_time(settings.detected or settings.now)
    if not settings.detection_hours or first is None or seen is None:
        return []
    return _if((seen - first).total_seconds() > settings.detection_hours * 3600, case)


def _kind(kinds: frozenset[str]) -> Callable[[Case, Settings], list[str]]:
    return lambda case, settings: _if(case.incident["kind"] in kinds, case)


def _severe(case: Case, settings: Settings) -> list[str]:
    return _if(SEVERITIES.index(case.incident["severity"]) >= SEVERITIES.index("high"), case)


def _finding(case: Case, settings: Settings) -> list[str]:
    return [case.incident["id"]]


def _key_material(case: Case, settings: Settings) -> list[str]:
    return _if(case.incident["kind"] not in PASSWORDS, case)


def _in_query(case: Case, settings: Settings) -> list[str]:
    return _if(case.incident["kind"] in URLS and parts(case.incident, "query", "parameter"), case)


CONDITIONS: Sequence[Condition] = (
    Condition("ANY_FINDING", "a credential was found", _finding),
    Condition("SECRET_AT_REST", "it is readable in a stored log", lambda case, settings: _all(case)),
    Condition("STILL_PRESENT", "it was still in the file when the audit read it", _present),
    Condition("SECRET_TO_MODEL", "it was in a text given to the model", _to_model),
    Condition("SECRET_TO_TOOL", "it was handed to a tool or MCP server", _to_tool),
    Condition("SECRET_IN_COMMAND", "it stood on a command line or in SQL text", _in_command),
    Condition("SECRET_FROM_TOOL", "a tool or command returned it", _from_tool),
    Condition("SECRET_IN_ERROR", "an error message showed it", _in_error),
    Condition("SECRET_IN_CONFIGURATION", "it came from, or went to, a file or an environment", _in_configuration),
    Condition("SECRET_IN_URL", "it is part of a URL", _kind(URLS)),
    Condition("SECRET_IN_QUERY", "it is in the query of a URL", _in_query),
    Condition("PASSWORD", "it is a password", _kind(PASSWORDS)),
    Condition("KEY_MATERIAL", "it is a key or a token", _key_material),
    Condition("PRIVATE_KEY", "it is a private key", _kind(frozenset({"private-key"}))),
    Condition("STATIC_CREDENTIAL", "it is long-lived", _static),
    Condition("PRIVILEGED", "it belongs to an owner or administrator, or reaches an organisation", _privileged),
    Condition("SHARED_ACROSS_TARGETS", "the same value opens more than one host", _shared),
    Condition("PROD_TARGET", "its target is labelled production by the operator", _production),
    Condition("WIDE_READERS", "the log is readable by others, or shared", _wide_readers),
    Condition("IN_VCS", "the log, or a file that holds it, is in version control", _in_vcs),
    Condition("LATE_DETECTION", "it was found later than the operator's target", _late),
    Condition("SEVERITY_HIGH", "its severity is high or critical", _severe),
)


BY_SEVERITY = tuple(one for one in CONDITIONS if one.code == "SEVERITY_HIGH")
UNRATED = tuple(one for one in CONDITIONS if one not in BY_SEVERITY)
"""What severity is computed from, and what follows from it."""


def _examined(document: Document, settings: Settings) -> list[str]:
    return [one["path"] for one in document["coverage"]["sources"] if one["bytes"]]


def _reconstructed(document: Document, settings: Settings) -> Iterable[str]:
    return (step["id"] for step in document["steps"])


def _gaps(document: Document, settings: Settings) -> list[str]:
    return [f"{gap['path']} ({gap['reason']})" for gap in document["coverage"]["gaps"]]


def _unapproved(document: Document, settings: Settings) -> list[str]:
    """By the workflow check where the reconstruction has one, else by the approval policy at the time of the step."""
    checks = [one for one in document["checks"] if one["id"] == "approved-apply"]
    if checks:
        return [step for one in checks if one["status"] == "violated" for step in (one["steps"] or [one["session"]])]
    return [
        step["id"]
        for step in document["steps"]
        if step["action"] == "apply" and not step["dry_run"] and step["status"] == "ok"
        and step["approval_policy"] == "never"
    ]  # fmt: skip


def _declared(kind: str) -> Callable[[Document, Settings], list[str]]:
    return lambda document, settings: [f"declared: {kind}"] if kind in settings.regulated else []


AUDIT_CONDITIONS: Sequence[AuditCondition] = (
    AuditCondition("ANY_RUN", "logs were examined", _examined),
    AuditCondition("RECONSTRUCTED", "steps of agent sessions were reconstructed", _reconstructed),
    AuditCondition("UNAPPROVED_CHANGE", "a migration was applied without an approval before it", _unapproved),
    AuditCondition("SCAN_GAP", "something in scope was not examined", _gaps),
    AuditCondition("LOG_REWRITTEN", "the redaction filter changed a file", lambda _, settings: settings.rewritten),
    AuditCondition("SIGNED_REPORT", "the report is signed", lambda _, settings: ["run"] * settings.signed),
    AuditCondition("REGULATED_SCOPE", "the operator declared regulated data in reach",
                   lambda document, settings: [f"declared: {kind}" for kind in sorted(settings.regulated)]),
    AuditCondition("CARD_DATA", "the operator declared card data in reach", _declared("card-data")),
    AuditCondition("EPHI", "the operator declared electronic health records in reach", _declared("ephi")),
    AuditCondition("PERSONAL_DATA", "the operator declared personal data in reach", _declared("personal-data")),
)  # fmt: skip

CODES: Mapping[str, str] = {
    **{one.code: one.title for one in CONDITIONS},
    **{one.code: one.title for one in AUDIT_CONDITIONS},
}
"""Code → what it says. Workflow checks are codes too: `CHECK:<id>` (violated), `CHECKED:<id>` (could be judged)."""
