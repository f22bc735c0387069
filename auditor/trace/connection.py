"""Where a connection goes, without its secret: host, database, branch of URLs, flags and what outputs tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from auditor import lazy
from auditor.document import Target

_URL = lazy.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^\s'\"<>]{0,512}@)?(?P<host>\[[0-9a-f:.]+\]|[A-Za-z0-9_.-]+)(?::\d+)?"
    r"(?:[,][^/\s'\"]*)?(?:/(?P<database>[A-Za-z0-9_.%-]*))?",
    re.I,
)
_DSN = lazy.compile(r"(?:^|[\s;\"'])(host|server|dbname|database)\s*=\s*'?([A-Za-z0-9_.-]+)", re.I)
_CELL = lazy.compile(r"\.c-\d+(?=\.)")
_LOCAL = lazy.compile(
    r"^(?:localhost|127\.|0\.0\.0\.0|\[?::1\]?|host\.docker\.internal|(?:db|postgres|database)$|/var/run|10\.|192\.168\.|"
    r"172\.(?:1[6-9]|2\d|3[01])\.)",
    re.I,
)
_ISOLATED = lazy.compile(
    r"(?:^|[-_/.:])(?:branch|dev|develop|development|local|test|testing|tests|ci|preview|feature|feat|tmp|temp|scratch|"
    r"sandbox|ephemeral|mcp-migration|pr|review)(?:$|[-_/.:\d])",
    re.I,
)
_SHARED = lazy.compile(r"(?:^|[-_/.:])(?:prod|production|main|master|live|staging|stage|stg|shared)(?:$|[-_/.:])", re.I)
DATABASE_SCHEMES = frozenset(
    {
        "postgres",
        "postgresql",
        "postgis",
        "mysql",
        "mariadb",
        "sqlite",
        "sqlserver",
        "cockroachdb",
        "ecto",
        "pgx5",
        "pgx",
    }
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One database as far as it is known; `branch` is an id or a name of Neon."""

    host: str = ""
    database: str = ""
    project: str = ""
    branch: str = ""

    def __bool__(self) -> bool:
        return bool(self.host or self.branch or self.database)

    def over(self, other: Endpoint) -> Endpoint:
        """Return this endpoint, completed by another one that does not contradict it."""
        same = not (self.host and other.host and self.host != other.host)
        if not same:
            return self
        return Endpoint(
            self.host or other.host,
            self.database or other.database,
            self.project or other.project,
            self.branch or other.branch,
        )

    def masked(self, mask: Callable[[str], str]) -> Endpoint:
        """Return this endpoint with every text masked."""
        if self is NOWHERE:
            return self
        return Endpoint(mask(self.host), mask(self.database), mask(self.project), mask(self.branch))

    def as_target(self) -> Target:
        """Return the document's form, only with what is known."""
        target: Target = {}
        if self.host:
            target["host"] = self.host
        if self.database:
            target["database"] = self.database
        if self.project:
            target["project"] = self.project
        if self.branch:
            target["branch"] = self.branch
        return target


NOWHERE = Endpoint()


def of_url(text: str) -> Endpoint:
    """Return host and database of a connection URL, JDBC URL or keyword DSN; empty for anything else."""
    body = text.removeprefix("jdbc:").removeprefix("db:")
    match = _URL.match(body)
    if match:
        if match["scheme"].split("+")[0].lower() not in DATABASE_SCHEMES and "postgres" not in match["scheme"].lower():
            return Endpoint(host="" if match["scheme"] != "pg" else normal_host(match["host"]))
        return Endpoint(normal_host(match["host"]), match["database"] or "")
    parts = {name.lower(): value for name, value in _DSN.findall(text[:4096])}
    host = parts.get("host") or parts.get("server") or ""
    return Endpoint(normal_host(host), parts.get("dbname") or parts.get("database") or "")


def normal_host(host: str) -> str:
    """Return a host as it is compared: lower case, without Neon's pooler suffix and cell label."""
    lowered = host.lower().strip("[]")
    if not lowered.endswith(".neon.tech"):
        return lowered
    first, _, rest = _CELL.sub("", lowered).partition(".")
    return f"{first.removesuffix('-pooler')}.{rest}"


def has_password(text: str) -> bool:
    """Tell whether a text holds a URL with a literal password (no variable, no mask)."""
    for match in re.finditer(r"://[^\s:/@'\"]{0,256}:([^\s@'\"]{1,256})@", text):
        value = match[1]
        if not re.match(r"[$<{\[%*]|\*|x{4,}|pass(?:word)?$|postgres$|REDACTED", value, re.I):
            return True
    return False


def isolated(endpoint: Endpoint, environment: str, own_branches: frozenset[str], shared: frozenset[str]) -> bool | None:
    """Tell whether a database is one that only this work uses; None when nothing says so.

    A branch made in the session is isolated, a parent or default branch is not; then names decide.
    """
    if endpoint.branch:
        if endpoint.branch in own_branches:
            return True
        if endpoint.branch in shared:
            return False
    for name in (environment, endpoint.branch, endpoint.host.partition(".")[0], endpoint.database):
        if name and _SHARED.search(name):
            return False
        if name and _ISOLATED.search(name):
            return True
    return True if endpoint.host and _LOCAL.match(endpoint.host) else None
