"""What a session's surroundings are at each step: variables by name, files of variables, branches and their endpoints.

Values never stay: a variable is known by where its URL points. Codex starts every command in a new shell, so an
`export` counts fully within its command and weakly (nothing better known) afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from auditor import lazy
from auditor.trace import connection
from auditor.trace.connection import Endpoint
from auditor.trace.migrations import basename
from auditor.trace.shell import SimpleCommand

_PAIR = lazy.compile(
    r"""^[+ \t]*(?:export[ ]|declare[ ]-x[ ]|set[ ]-x[ ])?["']?([A-Za-z_][A-Za-z0-9_]{0,127})["']?[ ]*[=:][ ]*["']?"""
    r"""([a-z][a-z0-9+.-]*://[^\s"'`<>]{1,2048}|(?:ep-)?[\w-]+\.[\w.-]+\.neon\.tech)""",
    re.MULTILINE | re.I,
)
_REFERENCE = lazy.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
MAX_TEXT = 64 * 1024
MAX_LINES = 256
MAX_LINE = 4096
DEFAULT_FILES = (".env", ".env.local")


class Branches:
    """Neon branches that the session showed: id, name, parent, and which host leads to which branch."""

    def __init__(self) -> None:
        self._by_host: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._projects: dict[str, str] = {}
        self.own: set[str] = set()
        """Branches created in the session: ids and names."""
        self.parents: set[str] = set()
        self.deleted: set[str] = set()
        self.latest = ""

    def learn(self, action: str, facts: Mapping[str, str], wanted: str = "") -> None:
        """Take in what one step's output tells; `wanted` is the branch its arguments name."""
        branch, name = facts.get("branch", ""), facts.get("branch_name", "")
        if branch and name:
            self._names[name] = branch
        if branch and facts.get("host"):
            self._by_host[connection.normal_host(facts["host"])] = branch
        if facts.get("project"):
            self._projects[branch] = facts["project"]
        if facts.get("parent"):
            self.parents.add(facts["parent"])
        touched = {one for one in (branch, name, wanted) if one}
        if action == "branch-create":
            self.own |= touched
            self.latest = branch or name or wanted or self.latest
        elif action == "branch-delete":
            self.deleted |= touched | {self._names.get(one, "") for one in touched} - {""}

    def of(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint with its branch's id, where the session showed it."""
        branch = endpoint.branch or self._by_host.get(endpoint.host, "")
        branch = self._names.get(branch, branch)
        return Endpoint(endpoint.host, endpoint.database, endpoint.project or self._projects.get(branch, ""), branch)

    def undeleted(self) -> list[str]:
        """Return the ids (or names) of branches that the session created and did not delete."""
        gone = self.deleted | {name for name, branch in self._names.items() if branch in self.deleted}
        return sorted(one for one in self.own if one not in gone and self._names.get(one, one) == one)

    def isolated(self, endpoint: Endpoint, environment: str) -> bool | None:
        """See `connection.isolated`."""
        shared = frozenset(self.parents - self.own)
        elsewhere = endpoint.host.endswith(".neon.tech") and not endpoint.branch
        if elsewhere and any(branch in self.own for branch in self._by_host.values()):
            return False  # the session's own branch has another host
        return connection.isolated(endpoint, environment, frozenset(self.own), shared)


class Variables:
    """Variable name → endpoint; files of variables; what the commands of one call set for each other."""

    def __init__(self) -> None:
        self._session: dict[str, Endpoint] = {}
        self._files: dict[str, dict[str, Endpoint]] = {}
        self._call: dict[str, Endpoint] = {}

    def new_call(self) -> None:
        """A new command is a new shell."""
        self._call = {}

    def learn(self, text: str, files: Iterable[str] = ()) -> None:
        """Take in `NAME=url` lines of a text that was printed or written, as content of these files."""
        found = pairs(text)
        if not found:
            return
        for path in files:
            self._files.setdefault(basename(path), {}).update(found)
        for name, endpoint in found.items():
            self._session.setdefault(name, endpoint)

    def assign(self, name: str, endpoint: Endpoint) -> None:
        """A command of this call sets a variable."""
        self._call[name] = endpoint
        self._session[name] = endpoint

    def load(self, path: str) -> None:
        """A command of this call sources a file."""
        self._call.update(self._files.get(basename(path), {}))

    def resolve(self, name: str) -> Endpoint:
        """Return where a variable leads, empty when the session never showed it."""
        return self._call.get(name) or self._session.get(name) or Endpoint()

    def of_word(self, word: str) -> Endpoint:
        """Return where a word leads that is a URL or names a variable."""
        match = _REFERENCE.search(word)
        return self.resolve(match[1]) if match and "://" not in word else connection.of_url(word)

    def of_command(self, command: SimpleCommand, names: Iterable[str]) -> Endpoint:
        """Return where a command's own assignments lead, or else the variables its program reads by itself."""
        own = {name: self.of_word(value) for name, value in command.assignments}
        for path in command.env_files:
            own = {**self._files.get(basename(path), {}), **own}
        for name in dict.fromkeys((*names, *own)):
            if name in own:  # its own value hides any other, known or not
                return own[name]
            if found := self.resolve(name):
                return found
        return Endpoint()


def _telling_lines(text: str) -> Iterator[str]:
    """Lines that hold a URL or a host of Neon, each once; most outputs have none."""
    for mark, other in (("://", ""), (".neon.tech", "://")):
        at = text.find(mark)
        while at >= 0:
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            line = text[text.rfind("\n", 0, at) + 1 : end][:MAX_LINE]
            if not other or other not in line:
                yield line
            at = text.find(mark, end)


def pairs(text: str) -> dict[str, Endpoint]:
    """Return the variables of a text that hold URLs or Neon hosts, by where they lead."""
    found: dict[str, Endpoint] = {}
    for line in islice(_telling_lines(text[:MAX_TEXT]), MAX_LINES):
        match = _PAIR.match(line)
        if match is None:
            continue
        endpoint = connection.of_url(match[2]) if "://" in match[2] else Endpoint(connection.normal_host(match[2]))
        if endpoint:
            found[match[1]] = endpoint
    return found
