"""Step rules: what a tool's commands mean and how its output reads. One TOML file per tool in `rules/steps/`.

[tool]       id, title, version, programs, images (containers), servers (MCP), values (options with a value that
             mean nothing to us), clusters (short options may be joined), stdin = "sql", named = "program" (one
             file for several programs, each its own tool), source (texts in a program's own source that migrate with
             the tool as a library), symbolic (a pattern: targets of a run that are no migration's name, `head`, `+1`)
[flags]      role → option names; roles: environment url dev_url dir version dry_run var config database host user
             password branch project name sql file template
[variables]  names of environment variables that the program reads its URL or password from
[[command]]  words (leading operands, `|` between alternatives), programs, options (any), without (none),
             path / text (patterns on an operand / on all words), action, phase, dry_run, operand (role of the first
             operand after `words`), silent (a pattern: it prints no credential but in lines that begin so)
[[mcp]]      tools, action, phase, anywhere (recognised whatever the server is called)
[arguments]  role → argument keys of MCP tools
[output]     patterns with the groups `version` or `file`: start, done, close, failed, begin, end, mention; last (a
             line after which the tool prints nothing); success, failure, signature; facts with groups project branch
             branch_name parent host database endpoint
[[example]]  command or mcp + arguments, output, exit_code → expected fields; run by the test suite
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from auditor import lazy
from auditor.errors import UsageProblem
from auditor.safe import shipped, toml
from auditor.trace.vocabulary import Action, Phase

ACTIONS = frozenset(get_args(Action))
PHASES = frozenset(get_args(Phase))


@dataclass(frozen=True, slots=True)
class CommandRule:
    """One way to call a tool. The first rule of a file that fits wins."""

    words: tuple[frozenset[str], ...]
    action: Action
    phase: str = ""
    programs: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    path: re.Pattern[str] | None = None
    text: re.Pattern[str] | None = None
    dry_run: bool = False
    operand: str = ""
    silent: re.Pattern[str] | None = None
    """How its complaints begin, where it prints nothing else that could hold a credential."""


@dataclass(frozen=True, slots=True)
class McpRule:
    """What MCP tools of a server do."""

    tools: frozenset[str]
    action: Action
    phase: str = ""
    anywhere: bool = False


OUTPUT = frozenset(
    {"start", "done", "close", "failed", "begin", "end", "last", "mention", "success", "failure", "signature", "facts"}
)


class Words:
    """A pattern over whole lines. Most outputs lack the words it begins with, which is found out far faster."""

    __slots__ = ("pattern", "prefix")

    def __init__(self, text: str) -> None:
        self.pattern = re.compile(text, re.MULTILINE)
        self.prefix = _prefix(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield its matches in a text."""
        return self.pattern.finditer(text) if self.prefix in text else iter(())

    def search(self, text: str) -> re.Match[str] | None:
        """Return its first match in a text."""
        return self.pattern.search(text) if self.prefix in text else None


def _prefix(pattern: str) -> str:
    """The literal text that every match of a pattern begins with; empty when alternatives or classes come first."""
    if _ALTERNATIVES.search(_GROUP.sub("", pattern)):
        return ""
    return _LITERAL.match(pattern.removeprefix("^"))[0]  # type: ignore[index]


_GROUP = lazy.compile(r"\\.|\[[^\]]*\]|\((?:[^()\\]|\\.|\((?:[^()\\]|\\.|\([^()]*\))*\))*\)")
"""Escapes, classes and groups three deep: what may hold a `|` that divides only a part."""
_ALTERNATIVES = lazy.compile(r"[|()]")
_LITERAL = lazy.compile(r"(?:[A-Za-z0-9 ,:;=/\"'!_<>@#%&~-](?![?*{]))*")


class OutputRule:
    """Patterns that read a tool's output, each applied to whole lines; compiled when the tool is met, as few are."""

    __slots__ = ("_compiled", "texts")

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        if unknown := texts.keys() - OUTPUT:
            raise ValueError(f"unknown output patterns {sorted(unknown)}")
        self.texts = texts
        self._compiled: dict[str, tuple[Words, ...]] = {}

    def of(self, kind: str) -> tuple[Words, ...]:
        """Return the patterns of one kind (`start`, `success` …).

        Raises:
            re.error: a pattern of the rule file is broken; the test suite compiles all that are shipped.
        """
        found = self._compiled.get(kind)
        if found is None:
            texts = self.texts.get(kind, ())
            found = self._compiled[kind] = tuple(map(Words, texts))
        return found


@dataclass(frozen=True, slots=True)
class ToolRule:
    """One file of `rules/steps/`."""

    id: str
    title: str
    version: str
    programs: frozenset[str]
    main: str
    """The program that an image of the tool runs."""
    images: frozenset[str]
    servers: tuple[str, ...]
    stdin: str
    clusters: bool
    named: str
    """`program`: the step's tool is the program's own name, since the file covers several."""
    flags: Mapping[str, tuple[str, ...]]
    roles: Mapping[str, str]
    """Option name → role."""
    values: frozenset[str]
    variables: Mapping[str, tuple[str, ...]]
    arguments: Mapping[str, tuple[str, ...]]
    commands: tuple[CommandRule, ...]
    mcp: tuple[McpRule, ...]
    output: OutputRule
    source: tuple[str, ...] = ()
    """Texts in a program's own source that migrate with the tool as a library."""
    symbolic: re.Pattern[str] | None = None
    """Targets that are no migration's name."""
    examples: tuple[Mapping[str, Any], ...] = field(repr=False, default=())

    def named_target(self, target: str) -> bool:
        """Tell whether the target of a run is a migration's name; what a shell expands may be anything."""
        symbolic = self.symbolic is not None and self.symbolic.fullmatch(target) is not None
        return bool(target) and not symbolic and not set(target) & set("$`")


@dataclass(frozen=True, slots=True)
class StepRules:
    """All tools, indexed by program, image and MCP tool."""

    tools: tuple[ToolRule, ...]
    by_program: Mapping[str, tuple[ToolRule, ...]]
    by_image: Mapping[str, ToolRule]
    by_mcp: Mapping[str, tuple[tuple[ToolRule, McpRule], ...]]

    def known(self, name: str) -> str:
        """Return a program that runs the tool of this program or image name, or empty."""
        if name in self.by_program:
            return name
        tool = self.by_image.get(name)
        return tool.main if tool else ""


@lru_cache(maxsize=1)
def step_rules() -> StepRules:
    """Return the shipped step rules, read once per process."""
    tools = tuple(load(path, check=False) for path in shipped.files("steps"))
    programs: dict[str, list[ToolRule]] = {}
    mcp: dict[str, list[tuple[ToolRule, McpRule]]] = {}
    for tool in tools:
        for name in sorted(tool.programs.union(*(rule.programs for rule in tool.commands))):
            programs.setdefault(name, []).append(tool)
        for rule in tool.mcp:
            for name in sorted(rule.tools):
                mcp.setdefault(name, []).append((tool, rule))
    return StepRules(
        tools,
        {name: tuple(found) for name, found in programs.items()},
        {image: tool for tool in tools for image in tool.images},
        {name: tuple(found) for name, found in mcp.items()},
    )


def load(path: Path, *, check: bool = True) -> ToolRule:
    """Read one rule file; without `check` its output patterns are compiled when the tool is met.

    Raises:
        UsageProblem: it is not TOML or breaks the schema; the message names the file and the key.
    """
    try:
        tool = _tool(toml.parsed(f"steps-{path.stem}", path.read_bytes()))
        for kind in OUTPUT if check else ():
            tool.output.of(kind)
        return tool
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise UsageProblem(f"step rules {path.name}: cannot be read: {type(problem).__name__}") from problem
    except (KeyError, TypeError, ValueError, re.error) as problem:
        raise UsageProblem(f"step rules {path.name}: {problem}") from problem


def _tool(table: Mapping[str, Any]) -> ToolRule:
    head = table["tool"]
    flags = {role: tuple(names) for role, names in table.get("flags", {}).items()}
    switches = set(flags.get("dry_run", ()))
    named = {name for names in flags.values() for name in names} - switches
    return ToolRule(
        id=head["id"],
        title=head["title"],
        version=head["version"],
        programs=frozenset(head.get("programs", ())),
        main=next(iter(head.get("programs", ())), ""),
        images=frozenset(head.get("images", ())),
        servers=tuple(head.get("servers", ())),
        stdin=head.get("stdin", ""),
        clusters=head.get("clusters", False),
        named=head.get("named", ""),
        flags=flags,
        roles={name: role for role, names in flags.items() for name in names},
        values=frozenset(head.get("values", ())) | named,
        variables={role: tuple(names) for role, names in table.get("variables", {}).items()},
        arguments={role: tuple(names) for role, names in table.get("arguments", {}).items()},
        commands=tuple(_command(one) for one in table.get("command", ())),
        mcp=tuple(_mcp(one) for one in table.get("mcp", ())),
        output=OutputRule(table.get("output", {})),
        source=tuple(head.get("source", ())),
        symbolic=re.compile(head["symbolic"]) if "symbolic" in head else None,
        examples=tuple(table.get("example", ())),
    )


def _command(table: Mapping[str, Any]) -> CommandRule:
    fields = dict(table)
    fields["words"] = tuple(frozenset(word.split("|")) for word in table.get("words", ()))
    for name in ("programs", "options", "without"):
        fields[name] = frozenset(table.get(name, ()))
    for name in ("path", "text"):
        fields[name] = re.compile(table[name]) if name in table else None
    fields["silent"] = re.compile(table["silent"], re.MULTILINE) if "silent" in table else None
    return CommandRule(**_checked(fields))


def _mcp(table: Mapping[str, Any]) -> McpRule:
    return McpRule(**_checked({**table, "tools": frozenset(table["tools"])}))


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    if fields["action"] not in ACTIONS:
        raise ValueError(f"unknown action {fields['action']!r}")
    if fields.get("phase", "") not in PHASES | {""}:
        raise ValueError(f"unknown phase {fields['phase']!r}")
    return fields
