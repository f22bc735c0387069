"""Order of a migration, asked of the session so far: lint before apply, dry-run first, no DROP in named environments.

The session's state is its transcript: what the agent ran before stands there. Optional, off by default.
"""

from __future__ import annotations

import re

from auditor.codex.policy import Policy

_APPLY = re.compile(
    r"\batlas\s[^;&|\n]{0,80}?(?:migrate|schema)\s+apply\b|\balembic\s[^;&|\n]{0,80}?upgrade\b"
    r"|\bmanage\.py\s+migrate\b|\bprisma\s+migrate\s+deploy\b|\bdrizzle-kit\s+(?:migrate|push)\b"
)
_DRY = re.compile(r"--dry-run\b|\s--sql\b|\s--plan\b|\bsqlmigrate\b")
_LINT = re.compile(r"\batlas\s[^;&|\n]{0,80}?migrate\s+lint\b|\bsquawk\b|\blintmigrations\b")
_DROP = re.compile(r"\b(?:DROP\s+(?:TABLE|SCHEMA|DATABASE|COLUMN)|TRUNCATE)\b", re.IGNORECASE)
_LIMIT = 64 << 20


def reason(command: str, transcript: str, policy: Policy) -> str:
    """Return why a command breaks a rule of the policy, or nothing."""
    if policy.no_drop and _DROP.search(command) and any(_names(command, name) for name in policy.no_drop):
        return (
            "auditor: denied, DROP and TRUNCATE are not allowed in this environment. "
            "Write a migration and have it reviewed."
        )
    if not _APPLY.search(command) or _DRY.search(command):
        return ""
    history = _history(transcript)
    if policy.lint_before_apply and not _LINT.search(history):
        return "auditor: denied, lint first (`atlas migrate lint --env NAME --latest 1`); none ran in this session yet."
    if policy.dry_run_first and not any(_DRY.search(line) and _APPLY.search(line) for line in history.splitlines()):
        return "auditor: denied, dry-run first (`--dry-run`, for alembic `--sql`); none ran in this session yet."
    return ""


def _names(command: str, environment: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(environment)}(?![\w-])", command) is not None


def _history(transcript: str) -> str:
    """Lines of the transcript that are calls; what cannot be read never ran."""
    try:
        with open(transcript, "rb") as file:
            lines = file.read(_LIMIT).splitlines()
    except OSError:
        return ""
    return "\n".join(line.decode("utf-8", "replace") for line in lines if b'"function_call"' in line)
