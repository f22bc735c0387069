"""`near:CONTEXT[:ANOTHER]`: the value counts only beside words that make it this kind of credential; else DROP.

A context is a pattern looked for so many bytes before and behind the match; of several, one is enough. `near:!CONTEXT`
drops what stands in the context, unless PostgreSQL is spoken of as well. All work is bounded by those distances.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from auditor.detect.candidate import Candidate, Verdict
from auditor.errors import UsageProblem


class Context(NamedTuple):
    """Where to look, and for what."""

    before: int
    after: int
    pattern: re.Pattern[bytes]


def _context(before: int, after: int, pattern: bytes) -> Context:
    return Context(before, after, re.compile(pattern))


CONTEXTS: dict[str, Context] = {
    "dsn": _context(
        400, 400,
        rb"(?i)(?<![\w.])(?:(?:host|hostaddr|port|dbname|sslmode|sslrootcert|application_name|connect_timeout|service"
        rb"|target_session_attrs|channel_binding|passfile)\s{0,2}=\s{0,2}['\"\\]{0,4}[\w.:/\[%$*<{-][\w.]{0,80}+(?!\()"
        rb"|user(?:=|\s=\s)['\"\\]{0,4}[^\s'\"\\(),;]{1,80}+['\"\\]{0,4}(?:\s|\Z))",
    ),
    "npgsql": _context(
        400, 400,
        rb"(?i)\b(?:host|port|username|user name|database|ssl ?mode|pooling|search path|trust server certificate"
        rb"|include error detail|maximum pool size|timeout|keepalive)\s{0,2}=[^;\n]{1,200};"
        rb"|;\s{0,2}(?:host|port|username|database|ssl ?mode|pooling)\s{0,2}=",
    ),
    "ado": _context(
        400, 400,
        rb"(?i)\b(?:server|data source|addr|address|network address|initial catalog|database|uid|user id|user|dsn"
        rb"|driver)\s{0,2}=[^;\n]{1,200}(?:;|$)",
    ),
    "postgres": _context(
        600, 600,
        rb"(?i)postgres|postgis|psql|psycopg|asyncpg|\bpg_|\bpgbouncer|\bpg\b|\bpgx\b|libpq|neon\.tech|neondb|5432"
        rb"|sslmode|pgdata",
    ),
    "database": _context(
        600, 600,
        rb"(?i)\b(?:database|dbname|db_name|dialect|engine|adapter|dbcredentials|datasource|typeorm|sequelize|knex"
        rb"|pool)\b['\"\\]{0,4}\s{0,3}[:=({\[]|\bhost(?:name)?\b['\"\\]{0,4}\s{0,3}[:=]"
        rb"|\bnew\s(?:pg\.)?(?:pool|client)\(|\bdb\.(?:host|user)"
        rb"|postgres|neon\.tech",
    ),
    "sql": _context(
        400, 0,
        rb"(?i)(?:\b(?:create|alter|ate|ter)\s{1,8}(?:role|user|group)"
        rb"|\b(?:role|user)\s{1,8}[\w\"$.-]{1,80}(?:\s{1,8}[\w'\"-]{1,40}){0,9}\s{1,8}$"
        rb"|\b(?:with|login|encrypted|unencrypted|(?:no)?(?:createdb|createrole|superuser|inherit|replication"
        rb"|bypassrls))\s{1,8}$"
        rb"|\b(?:options|mapping)\s{0,8}\([^()]{0,200}$|\bauthorization\b)",
    ),
    "verifier": _context(300, 200, rb"(?i)passw|pg_shadow|pg_authid|userlist|rolname|[\"'|]\s{0,4}$"),
    "neon": _context(800, 400, rb"(?i)\.neon\.tech|neondb|\bneon(?:ctl)?\b|neon_|console\.neon|br-[a-z]+-[a-z]+-"),
    "database-word": _context(200, 100, rb"(?i)\b(?:database|db|role|postgres)\b"),
    "kubernetes": _context(4096, 2048, rb"\bkind['\"\\]{0,4}\s{0,4}:\s{0,4}['\"\\]{0,4}Secret\b"),
    "elsewhere": _context(
        300, 300,
        rb"(?i)mysql|mariadb|mongo|redis|amqp|rabbitmq|mssql|sqlserver|oracle|\bsmtp|\bimap|\bldap|\bftp|grafana"
        rb"|docker login",
    ),
}  # fmt: skip


def check(candidate: Candidate, *names: str) -> Verdict | None:
    """DROP a match outside its contexts. Raises `UsageProblem` for a context that does not exist."""
    if names[0].startswith("!"):
        wrong = any(_stands(candidate, name.removeprefix("!")) for name in names)
        return Verdict.DROP if wrong and not _stands(candidate, "postgres") else None
    return None if any(_stands(candidate, name) for name in names) else Verdict.DROP


def _stands(candidate: Candidate, name: str) -> bool:
    context = CONTEXTS.get(name)
    if context is None:
        raise UsageProblem(f"there is no context `{name}`", f"one of {', '.join(sorted(CONTEXTS))}")
    search = context.pattern.search
    return bool(search(candidate.before(context.before)) or search(candidate.after(context.after)))
