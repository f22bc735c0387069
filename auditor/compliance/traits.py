"""What is known of a credential from its kind, its rule and its public parts. No judgement here, only facts."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from auditor import lazy
from auditor.compliance.settings import parsed_time
from auditor.document import Document, Incident, RuleDict, StepDict

SHORT_LIVED = frozenset({"jwt", "oauth-token", "session-cookie"})
"""Kinds that expire by themselves; every other one is long-lived unless its rule says otherwise."""
PASSWORDS = frozenset(
    {"postgres-url", "neon-password", "postgres-password", "postgres-verifier", "database-url", "basic-auth"}
)
URLS = frozenset({"postgres-url", "database-url"})
ORGANISATION_WIDE = frozenset({"neon-api-key", "private-key", "planetscale-token", "digitalocean-token"})
"""Keys that by default reach everything their owner reaches."""
BASE_SEVERITY: Mapping[str, str] = {
    "jwt": "medium",
    "session-cookie": "medium",
    "generic-secret": "medium",
    "oauth-token": "medium",
    "bearer-token": "medium",
    "basic-auth": "medium",
    "postgres-verifier": "medium",
    "private-key": "critical",
    "aws-access-key": "critical",
}
"""Base severity of a kind whose rule is not in the document; the others are `high`."""

_OWNER = lazy.compile(
    r"^(?:postgres|root|admin|administrator|superuser|sa|dba|doadmin|avnadmin|rdsadmin|rdsuser|cloud_admin|neon_superuser|"
    r"supabase_admin|cloudsqlsuperuser|azure_superuser|.*_(?:owner|admin|superuser)|(?:owner|admin)_.*)$",
    re.I,
)
_CELL = lazy.compile(r"\.c-\d+(?=\.)")
_LOCAL_NAMES = frozenset({"localhost", "host.docker.internal", "db", "postgres", "database", ""})
_NEON = lazy.compile(r"(?:^|\.)neon\.(?:tech|build)$", re.I)


@dataclass(frozen=True)
class Around:
    """A document with its indexes, made once for all incidents."""

    document: Document

    @cached_property
    def rules(self) -> dict[str, RuleDict]:
        return {one["id"]: one for one in self.document.get("rules", [])}

    @cached_property
    def steps(self) -> dict[str, StepDict]:
        """Step id → the step, of those that incidents name; of many sessions most are ordinary."""
        named = {name for one in self.document["incidents"] for name in step_ids(one)}
        return {step["id"]: step for step in self.document["steps"] if step["id"] in named}

    @cached_property
    def aimed(self) -> list[StepDict]:
        """Steps that name what they work on."""
        return [step for step in self.document["steps"] if step["target"]]

    @cached_property
    def pointing(self) -> dict[tuple[str, str], dict[str, None]]:
        """Session and host → Neon branches that steps name together with the host."""
        found: dict[tuple[str, str], dict[str, None]] = {}
        for step in self.aimed:
            host, branch = step["target"].get("host", ""), step["target"].get("branch", "")
            if host and branch:
                found.setdefault((step["session"], normal_host(host)), {})[branch] = None
        return found

    @cached_property
    def projects(self) -> dict[str, dict[str, None]]:
        """Session → Neon projects that its steps name, in order."""
        found: dict[str, dict[str, None]] = {}
        for step in self.aimed:
            if step["target"].get("project"):
                found.setdefault(step["session"], {})[step["target"]["project"]] = None
        return found

    @cached_property
    def created(self) -> dict[str, dict[str, None]]:
        """Session → branches that it made, in order."""
        found: dict[str, dict[str, None]] = {}
        for step in self.aimed:
            if step["action"] == "branch-create" and step["target"].get("branch"):
                found.setdefault(step["session"], {})[step["target"]["branch"]] = None
        return found

    @cached_property
    def protected_parents(self) -> dict[str, set[str]]:
        """Session → what the workflow check says of the parents of its branches."""
        found: dict[str, set[str]] = {}
        for check in self.document["checks"]:
            if check["id"] == "protected-parent":
                found.setdefault(check["session"], set()).add(check["status"])
        return found

    @cached_property
    def modes(self) -> dict[str, str]:
        """Path → POSIX mode in octal digits."""
        return {one["path"]: one["mode"] for one in self.document["coverage"]["sources"]}

    @cached_property
    def conversations(self) -> frozenset[str]:
        """Ids of sessions with a model; the log of an MCP server alone doesn't show what a model saw."""
        return frozenset(one["id"] for one in self.document["sessions"] if one["kind"].startswith("codex"))

    @cached_property
    def last_event(self) -> datetime | None:
        """The latest time any log names: a lower bound of "now" that doesn't change with the clock."""
        seen = [one["exposure"]["last_seen"] for one in self.document["incidents"]]
        seen += [one["ended"] or one["started"] for one in self.document["sessions"]]
        return max((time for text in seen if (time := parsed_time(text))), default=None)


@dataclass(frozen=True)
class Case:
    """One incident with what the document says around it."""

    incident: Incident
    around: Around

    @cached_property
    def rule(self) -> RuleDict | None:
        return self.around.rules.get(self.incident["rule"])

    @cached_property
    def static(self) -> bool:
        return self.rule["static"] if self.rule else self.incident["kind"] not in SHORT_LIVED

    @cached_property
    def base_severity(self) -> str:
        return self.rule["severity"] if self.rule else BASE_SEVERITY.get(self.incident["kind"], "high")

    @cached_property
    def steps(self) -> list[StepDict]:
        """Steps that hold it: origin, occurrences, spread; each once."""
        return [self.around.steps[name] for name in step_ids(self.incident) if name in self.around.steps]

    @cached_property
    def origin_step(self) -> StepDict | None:
        return self.around.steps.get(self.incident["origin"]["step"])

    @cached_property
    def users(self) -> list[str]:
        return parts(self.incident, "user", "role")

    @cached_property
    def owner_names(self) -> list[str]:
        return [name for name in self.users if _OWNER.match(name)]

    @cached_property
    def hosts(self) -> list[str]:
        """Hosts the credential was seen with, spelled one way, sorted."""
        return sorted({normal_host(host) for host in parts(self.incident, "host", "hosts")} - {""})

    @cached_property
    def neon(self) -> bool:
        """A Neon role password or URL, by its kind, its rule's prefix or its host."""
        return self.incident["kind"] == "neon-password" or any(_NEON.search(host) for host in self.hosts)

    @cached_property
    def target_names(self) -> list[str]:
        """Every name an operator may have labelled: hosts, endpoints, branches, projects, databases, environments."""
        named = set(self.hosts) | set(parts(self.incident, "host", "endpoint", "branch", "project", "database"))
        for step in self._pointing:
            named |= {str(value) for value in step["target"].values()} | {step["environment"]}
        return sorted(named - {""})

    @cached_property
    def _pointing(self) -> list[StepDict]:
        """Steps whose target agrees with the credential's hosts, or that know no host."""
        return [
            step
            for step in self.steps
            if not self.hosts or not step["target"].get("host") or normal_host(step["target"]["host"]) in self.hosts
        ]


def step_ids(incident: Incident) -> Iterable[str]:
    """Return the ids of the steps that an incident names: origin, occurrences, spread; each once."""
    ids = [incident["origin"]["step"], *(one["step"] for one in incident["occurrences"])]
    return dict.fromkeys([*ids, *(one["step"] for one in incident["spread"])])


def parts(incident: Incident, *names: str) -> list[str]:
    """Return the values of public parts in order, each once. A part is one value or a list of them."""
    found: dict[str, None] = {}
    for name in names:
        value = incident["parts"].get(name, [])
        for one in value if isinstance(value, list | tuple) else [value]:
            if one:
                found[str(one)] = None
    return list(found)


def normal_host(host: str) -> str:
    """Return a host in lower case without port; a Neon one without its pooler suffix and cell (the same endpoint)."""
    name = host.strip().lower().rstrip(".")
    if name.count(":") == 1:
        name = name.split(":")[0]
    first, dot, rest = name.partition(".")
    return _CELL.sub("", first.removesuffix("-pooler") + dot + rest)


def is_local(host: str) -> bool:
    """Tell whether a host is this machine or a compose service."""
    name = host.strip("[]")
    if name.lower() in _LOCAL_NAMES or name.startswith("/") or name.lower().endswith((".local", ".localhost")):
        return True
    address = _address(name)
    return address is not None and (address.is_loopback or address.is_unspecified)


def is_private(host: str) -> bool:
    """Tell whether a host is an address of a private network (RFC 1918, RFC 4193)."""
    address = _address(host.strip("[]"))
    return address is not None and address.is_private and not is_local(host)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def only_local(hosts: Iterable[str]) -> bool:
    """Tell whether there are hosts and all are local."""
    known = list(hosts)
    return bool(known) and all(is_local(host) for host in known)
