"""The commands of one shell call, unwrapped, scripts followed, recognised: what of it matters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from auditor import lazy
from auditor.trace import powershell, shell, wrappers
from auditor.trace.recognition import Recognised, recognise
from auditor.trace.rulefiles import step_rules
from auditor.trace.scripts import Scripts
from auditor.trace.shell import SimpleCommand

MAX_DEPTH = 3
_OWN = ("go", "python", "python3", "node", "tsx", "ts-node", "ruby")
"""Programs that may run the project's own migrations."""
_SHOWING = frozenset({"cat", "head", "tail", "sed", "bat", "nl", "tac", "less", "more"})
_TEE = frozenset({"tee", "sponge"})
_CMDLETS = frozenset({"tee-object", "set-content", "add-content", "out-file"})
_PATHS = frozenset({"-path", "-filepath", "-literalpath"})
_COPY = frozenset({"cp", "mv", "install", "ln"})
_DEVICES = lazy.compile(r"^(?:/dev/|&?\d+$)")


@dataclass(frozen=True, slots=True)
class Part:
    """One simple command of a call, recognised or not."""

    command: SimpleCommand
    recognised: Recognised | None
    wrote: tuple[str, ...] = ()

    @property
    def matters(self) -> bool:
        """Tell whether it is more than an ordinary command."""
        known = self.recognised
        return bool(self.wrote) or (known is not None and (known.action != "other" or known.tool == "git"))

    @property
    def prints(self) -> bool:
        """Tell whether it shows files to the reader: beside commands that matter, what it shows is not theirs."""
        command = self.command
        if command.program not in _SHOWING or command.piped or command.joined in {"|", "|&"}:
            return False
        return len(command.argv) > 1 and not command.silent()


def parts_of(text: str, scripts: Scripts, output: str, language: str = "") -> tuple[Part, ...]:
    """Return the parts of a text of a shell, or of PowerShell if that is its `language`, in the order they run."""
    if not might_matter(text):
        return ()
    seen: set[tuple[str, ...]] = set()
    found: list[Part] = []
    for command in _expanded(text, scripts, output, language):
        if command.captured:  # `eval "$(x)"` is read twice: as a substitution and as the text of eval
            if command.argv in seen:
                continue
            seen.add(command.argv)
        library = scripts.library_of(command)
        known = Recognised(library, "apply", urls=()) if library is not None else recognise(command)
        found.append(Part(command, known, _written(command)))
    return tuple(found)


_WORD = lazy.compile(r"[\w-]+(?:\.\w+)?")
_INTEREST = (
    ".env", ".pgpass", "pg_service", "atlas.hcl", "alembic.ini", "database.yml", "database.yaml", "config.", "tfvars",
    "credential", "secret", "auth.json", "knexfile", "ormconfig", "data-source", "sqitch.conf", "compose", "settings",
    "application", "mcp.json", ".netrc", ".npmrc", ".neon", ".pem", "id_rsa", "kube", "liquibase", "://",
)  # fmt: skip
"""Files that make it worth while to parse a command of ordinary programs."""
_WORDS = (
    "export", "declare", "set", "source", "environ", "getenv", "ENV", "vault", "PASSWORD", "DATABASE_URL", "API_KEY",
    "_TOKEN", "npg_", "napi_",
)  # fmt: skip
_MARKS = ("$", ">", "tee", ". ", *_WORDS)
"""One of them stands wherever `_SETTING` may match: looking for words is far cheaper than the pattern."""
_SETTING = lazy.compile(
    r"\$\{?\w*(?:URL|URI|DSN|PASS|PWD|SECRET|TOKEN|KEY|CRED|CONN)|"
    r"(?<![0-9&=-])>>?\s*(?!/dev/|[&=(])|\btee\b|^\. |[;&] ?\. |"
    rf"\b(?:{'|'.join(_WORDS)})"
)
"""Variables and redirections that do."""
_POWERSHELL = lazy.compile(r"powershell|pwsh", re.I)
_ENCODED = lazy.compile(r"\s(?:[-\u2013-\u2015]{1,2}|/)e(?:c|n\w*)?\s", re.I)
"""A command of PowerShell in base64, in which no word can be looked for."""


@lru_cache(maxsize=1)
def _programs_of_interest() -> frozenset[str]:
    """Programs of the rules that are more than ordinary, and those that run scripts by name."""
    plain = {name for tool in step_rules().tools if tool.id != "shell" for name in _programs(tool.id)}
    return frozenset(plain | {"npm", "pnpm", "yarn", "bun", "make", "just", "task", "printenv", "env", *_OWN})


def _programs(tool_id: str) -> frozenset[str]:
    tool = next(tool for tool in step_rules().tools if tool.id == tool_id)
    return tool.programs.union(*(rule.programs for rule in tool.commands))


def might_matter(text: str) -> bool:
    """Tell cheaply whether a command can be anything but ordinary; most commands of a session only read source."""
    head = text[: shell.MAX_BYTES]
    named = _programs_of_interest()
    if not named.isdisjoint(_WORD.findall(head)) or _holds(head, _INTEREST):
        return True
    if _ENCODED.search(head) and _POWERSHELL.search(head):
        return True
    return _holds(head, _MARKS) and _SETTING.search(head) is not None


def _holds(text: str, marks: Sequence[str]) -> bool:
    """Tell whether one of them stands in a text."""
    return next(filter(text.__contains__, marks), None) is not None


def _expanded(text: str, scripts: Scripts, output: str, language: str = "", depth: int = 0) -> Iterator[SimpleCommand]:
    known = step_rules().known
    for command in powershell.read(text) if language == "powershell" else shell.parse(text).commands:
        script = _script(command, scripts, output, depth)
        if script:
            yield from (_placed(one, command) for one in script)
            continue
        for inner in wrappers.unwrap(command, known):
            found = _script(inner, scripts, output, depth)
            yield from (_placed(one, inner) for one in found) if found else (inner,)


def _script(command: SimpleCommand, scripts: Scripts, output: str, depth: int) -> list[SimpleCommand]:
    """The commands of a script that is called by name, if its text is known and means anything."""
    text = scripts.text_of(command, output) if depth < MAX_DEPTH else ""
    found = list(_expanded(text, scripts, output, depth=depth + 1)) if text else []
    return found if any(recognise(one) for one in found) else []


def _placed(command: SimpleCommand, outer: SimpleCommand) -> SimpleCommand:
    """A command of a script stands where the script is called."""
    return replace(
        command,
        start=outer.start,
        end=outer.end,
        assignments=(*outer.assignments, *command.assignments),
        captured=command.captured or outer.captured,
        wrappers=(*outer.wrappers, outer.program, *command.wrappers),
    )


def _written(command: SimpleCommand) -> tuple[str, ...]:
    """Files that a command writes what it prints or is given."""
    files = [one.target for one in command.redirects if one.operator in {">", ">>", ">|", "&>", "&>>"}]
    words = [word for word in command.argv[1:] if not word.startswith("-")]
    if command.program in _TEE:
        files += words
    elif command.program in _CMDLETS:
        files += _named_file(command.argv[1:])
    elif command.program in _COPY and len(words) > 1:
        files.append(words[-1])
    elif command.program == "sed" and any(word.startswith("-i") for word in command.argv):
        files += words[-1:]
    return tuple(path for path in files if path and not _DEVICES.match(path))


def _named_file(words: Sequence[str]) -> list[str]:
    """The file of a command of PowerShell: the value of its parameter, or the first word."""
    named = [value for name, value in pairwise(words) if name.lower() in _PATHS]
    return named[:1] or [word for word in words[:1] if not word.startswith("-")]
