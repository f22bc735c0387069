"""What SQL text does: enough to tell reading from changing, roles with passwords, and destruction.

Classification uses the leading keywords of each statement after comments and literals are blanked, in linear time.
`destructive` asks sqlglot (imported only then) where a keyword makes it worth while, and falls back on keywords when
the dialect is beyond it.
"""

from __future__ import annotations

import re

from auditor import lazy
from auditor.trace.vocabulary import Action

MAX_SQL = 256 * 1024
_NOISE = lazy.compile(  # what is never closed reaches to the end, so that no text is read twice
    r"--[^\n]*|/\*.*?(?:\*/|\Z)|\$(\w{0,32})\$.*?(?:\$\1\$|\Z)|[eE]?'(?:[^'\\]|''|\\.)*'?", re.S
)
_ROLE = lazy.compile(r"^(?:create|alter)\s+(?:role|user)\b(?!.*\bmapping\b).*\bpassword\b(?!\s+null)", re.I | re.S)
_DDL = lazy.compile(
    r"^(?:create|alter|drop|truncate|comment|grant|revoke|reindex|refresh|import|security|do|call)\b", re.I
)
_READ = lazy.compile(r"^(?:select|show|explain|table|values|with|fetch|declare|\\)", re.I)
_WRITE_WITHIN = lazy.compile(r"\b(?:insert\s+into|update|delete\s+from|merge\s+into)\b", re.I)
_FRAME = lazy.compile(
    r"^(?:begin|start|commit|end|rollback|savepoint|release|set|reset|lock|discard|analyze|vacuum)\b", re.I
)
_HISTORY = lazy.compile(
    r"insert\s+into\s+\S*(?:schema_migrations|atlas_schema_revisions|flyway_schema_history|databasechangelog|"
    r"goose_db_version|alembic_version|django_migrations|__drizzle_migrations|_prisma_migrations|sequelizemeta|"
    r"knex_migrations|pgmigrations|_sqlx_migrations|__diesel_schema_migrations)",
    re.I,
)
_DESTRUCTIVE = lazy.compile(
    r"\bdrop\s+(?:table|schema|database|column|view|materialized|type|sequence|extension|role|user|constraint|owned)\b|"
    r"\btruncate\b|\bdelete\s+from\b|\balter\s+column\s+\S+\s+(?:set\s+data\s+)?type\b|\bdrop\s+\"?\w+\"?\s*(?:,|;|$)",
    re.I,
)


def blank(text: str) -> str:
    """Return the text with comments and literals replaced, so that words in them mean nothing."""
    return _NOISE.sub(lambda match: "''" if "'" in match[0] else " ", text[:MAX_SQL])


def statements(text: str) -> list[str]:
    """Return the statements of a text, comments and literals blanked."""
    return [part for raw in blank(text).split(";") if (part := raw.strip())]


def classify(text: str) -> Action:
    """Return what a text does: `credential-create`, `apply` (DDL), `sql` (other changes), `inspect` (reads)."""
    found = [_statement(part) for part in statements(text)]
    for action in ("credential-create", "apply", "sql"):
        if action in found:
            return action
    return "inspect" if "inspect" in found else "sql"


def _statement(part: str) -> Action | None:
    if _ROLE.match(part):
        return "credential-create"
    if _DDL.match(part) or _HISTORY.search(part):
        return "apply"
    if _READ.match(part):
        return "sql" if part[:4].lower() == "with" and _WRITE_WITHIN.search(part) else "inspect"
    return None if _FRAME.match(part) else "sql"


def destructive(text: str) -> tuple[str, ...]:
    """Return the kinds of destruction in a text: `drop table`, `drop column`, `truncate`, `delete all` …, sorted."""
    clean = blank(text)
    if not _DESTRUCTIVE.search(clean):
        return ()
    return tuple(sorted({kind for part in clean.split(";") if part.strip() for kind in _kinds(part)}))


def _kinds(part: str) -> set[str]:
    from auditor.trace.destruction import kinds

    return kinds(part) if _DESTRUCTIVE.search(part) else set()
