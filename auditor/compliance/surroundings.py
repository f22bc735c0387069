"""What a session showed around a credential: project, branches, role, endpoint, files. Identifiers, never values."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from auditor import lazy
from auditor.compliance.settings import Settings
from auditor.compliance.traits import Case, parts
from auditor.safe.text import UNSAFE

LIMIT = 8
"""Branches or files that a playbook names one by one; the rest is counted."""
_NAME = lazy.compile(r"[A-Za-z0-9][A-Za-z0-9_.@/-]{0,99}")
_BRANCH_ID = lazy.compile(r"br-[a-z0-9]+(?:-[a-z0-9]+){1,3}")
_MAIN = ("production", "prod", "main", "master")


@dataclass(frozen=True)
class Surroundings:
    """Slots for playbook steps, from the incident's parts and the targets of the steps around it."""

    case: Case
    settings: Settings

    SLOTS: ClassVar[frozenset[str]] = frozenset(
        {"project", "branch", "branch_id", "role", "endpoint", "host", "database", "paths", "more_paths",
         "mask", "branches", "created", "hosts"}
    )  # fmt: skip

    def slots(self, each: str) -> list[Mapping[str, str]]:
        """Return one mapping of slots, or one per branch that is known, or that the session created."""
        if each == "branch":
            return [{**self._common, **_branch(name)} for name in self.branches[:LIMIT]] or [self._common]
        if each == "created":
            return [{**self._common, **_branch(name)} for name in self.created[:LIMIT]] or [self._common]
        return [self._common]

    @cached_property
    def branches(self) -> list[str]:
        """Neon branches seen with the credential's hosts, production first."""
        around, hosts = self.case.around, self.case.hosts
        named = set(parts(self.case.incident, "branch"))
        named |= {step["target"].get("branch", "") for step in self.case.steps if not step["target"].get("host")}
        for session in self._sessions:
            named.update(*(around.pointing.get((session, host), ()) for host in hosts))
        return sorted((name for name in named if _NAME.fullmatch(name)), key=self._production_first)

    @cached_property
    def created(self) -> list[str]:
        """Branches that the sessions created: temporary ones, as far as known."""
        found = (name for session in self._sessions for name in self.case.around.created.get(session, ()))
        return sorted({name for name in found if _NAME.fullmatch(name)})

    @cached_property
    def protected(self) -> bool:
        """The operator declared the parent or the branch protected, or the session showed it."""
        if self.settings.is_protected([*parts(self.case.incident, "parent"), *self.branches]):
            return True
        seen = set().union(*(self.case.around.protected_parents.get(name, set()) for name in self._sessions))
        return seen == {"followed"}

    @cached_property
    def _sessions(self) -> list[str]:
        return sorted({one["session"] for one in self.case.incident["occurrences"]} - {""})

    def _production_first(self, name: str) -> tuple[bool, bool, str]:
        return self.settings.environment_of([name]) != "production", name.lower() not in _MAIN, name

    @cached_property
    def _common(self) -> dict[str, str]:
        incident = self.case.incident
        projects = parts(incident, "project") + [step["target"].get("project", "") for step in self.case.steps]
        projects += [name for session in self._sessions for name in self.case.around.projects.get(session, ())]
        endpoints = parts(incident, "endpoint") + [
            host.split(".")[0] for host in self.case.hosts if host.startswith("ep-")
        ]
        return {
            "project": _first(projects, "<project-id>"),
            "role": _first(self.case.users, "<role>"),
            "endpoint": _first(endpoints, "<endpoint-id>"),
            "host": _first(self.case.hosts, "<host>"),
            "hosts": _listed(self.case.hosts, "<host>"),
            "database": _first(parts(incident, "database"), "<database>"),
            "branches": _listed(self.branches, "none was seen in the session"),
            "created": _listed(self.created, "<branch>"),
            "mask": incident["mask"],
            "paths": " ".join(_quoted(path) for path in self._shown_paths) or "<file>",
            "more_paths": f" and {len(self._paths) - LIMIT} more" if len(self._paths) > LIMIT else "",
            **_branch(self.branches[0] if self.branches else ""),
        }

    @cached_property
    def _paths(self) -> list[str]:
        found = (place["path"] for one in self.case.incident["occurrences"] for place in (one["place"], *one["copies"]))
        return list(dict.fromkeys(found))

    @property
    def _shown_paths(self) -> Sequence[str]:
        return [path for path in self._paths if not UNSAFE.search(path)][:LIMIT]


def _branch(name: str) -> dict[str, str]:
    if not name:
        return {"branch": "<branch>", "branch_id": "<branch-id>"}
    return {"branch": name, "branch_id": name if _BRANCH_ID.fullmatch(name) else f"<id of branch {name}>"}


def _quoted(path: str) -> str:
    """Quote for a POSIX shell, but let it expand the home folder."""
    return "~/" + shlex.quote(path[2:]) if path.startswith("~/") else shlex.quote(path)


def _first(names: Iterable[str], otherwise: str) -> str:
    return next((name for name in names if _NAME.fullmatch(name)), otherwise)


def _listed(names: Sequence[str], otherwise: str) -> str:
    plain = [name for name in names if _NAME.fullmatch(name)]
    more = f" and {len(plain) - LIMIT} more" if len(plain) > LIMIT else ""
    return ", ".join(plain[:LIMIT]) + more if plain else otherwise
