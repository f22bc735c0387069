"""What a command or an MCP call does, by the step rules: tool, action, and what its flags say. Nothing here is shown:
values may hold credentials; `steps` masks what it reports."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor.trace import arguments, sql
from auditor.trace.arguments import Arguments
from auditor.trace.rulefiles import CommandRule, McpRule, StepRules, ToolRule, step_rules
from auditor.trace.shell import SimpleCommand
from auditor.trace.vocabulary import Action

MAX_WORDS = 4096
MAX_TEXT = 16 * 1024
_FALSE = {"false", "0", "no", "off"}


@dataclass(frozen=True, slots=True)
class Recognised:
    """What one command or MCP call does. Raw values: may hold credentials."""

    rule: ToolRule
    action: Action
    phase: str = ""
    dry_run: bool = False
    environment: str = ""
    urls: tuple[str, ...] = ()
    dev_urls: tuple[str, ...] = ()
    host: str = ""
    database: str = ""
    project: str = ""
    branch: str = ""
    name: str = ""
    versions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    sql: str = ""
    template: str = ""
    config: str = ""
    options: frozenset[str] = frozenset()
    operands: tuple[str, ...] = ()
    silent: re.Pattern[str] | None = None
    """See `CommandRule.silent`."""

    @property
    def tool(self) -> str:
        return self.rule.id


def recognise(command: SimpleCommand, rules: StepRules | None = None) -> Recognised | None:
    """Return what a simple command does, or None when no rule knows it."""
    known = rules or step_rules()
    for tool in known.by_program.get(command.program, ()):
        found = arguments.read(command.argv[1:MAX_WORDS], tool)
        for rule in tool.commands:
            if _fits(rule, command, tool, found):
                return _recognised(rule, tool, command, found)
    return None


def recognise_mcp(
    server: str, name: str, given: Mapping[str, object], rules: StepRules | None = None
) -> Recognised | None:
    """Return what an MCP tool call does. Server names are the user's, so a tool's own name may be enough."""
    known = rules or step_rules()
    candidates = known.by_mcp.get(name, ())
    for tool, rule in candidates:
        if any(mark in server.lower() for mark in tool.servers):
            return _from_mcp(tool, rule, given)
    for tool, rule in candidates:
        if rule.anywhere:
            return _from_mcp(tool, rule, given)
    return None


def _fits(rule: CommandRule, command: SimpleCommand, tool: ToolRule, found: Arguments) -> bool:
    if rule.programs and command.program not in rule.programs:
        return False
    if not rule.programs and command.program not in tool.programs:
        return False
    if not _words_fit(rule.words, found.operands):
        return False
    given = found.options.keys()
    if (rule.options and not (rule.options & given)) or (rule.without & given):
        return False
    rest = found.operands[len(rule.words) :]
    if rule.path and not any(rule.path.search(word) for word in (*rest, *_sources(command))):
        return False
    return not rule.text or rule.text.search(" ".join(command.argv)[:MAX_TEXT]) is not None


def _words_fit(words: Sequence[frozenset[str]], operands: Sequence[str]) -> bool:
    return len(operands) >= len(words) and all(
        operand in word or "*" in word for word, operand in zip(words, operands, strict=False)
    )


def _sources(command: SimpleCommand) -> list[str]:
    return [redirect.target for redirect in command.redirects if redirect.operator == "<"]


def _recognised(rule: CommandRule, tool: ToolRule, command: SimpleCommand, found: Arguments) -> Recognised:
    operands = found.operands[len(rule.words) :]
    roles = {role: list(values) for role, values in found.roles.items()}
    if rule.operand and operands:
        roles.setdefault(rule.operand, []).append(operands[0])
    dry = rule.dry_run or any(value.lower() not in _FALSE for value in roles.get("dry_run", ()))
    text = "\n".join(roles.get("sql", ())) or (command.stdin if tool.stdin == "sql" else "")
    action = _action(rule.action, text, [*roles.get("file", ()), *_sources(command)])
    if dry and action in {"apply", "rollback"}:
        action = "dry-run"
    return Recognised(
        tool,
        action,
        rule.phase,
        dry or action == "dry-run",
        _last(roles, "environment"),
        tuple(value for value in (*roles.get("url", ()), *_url_words(operands), *_url_variables(roles)) if value),
        tuple(roles.get("dev_url", ())),
        _last(roles, "host"),
        _last(roles, "database"),
        _last(roles, "project"),
        _last(roles, "branch"),
        _last(roles, "name"),
        tuple(filter(tool.named_target, roles.get("version", ()))),
        tuple(_file_names([*roles.get("file", ()), *_sources(command)])),
        text,
        _last(roles, "template"),
        _last(roles, "config"),
        frozenset(found.options),
        tuple(operands),
        rule.silent if command.assignments or len(command.argv) > 1 else None,  # a bare `export` lists what there is
    )


def _last(roles: Mapping[str, list[str]], role: str) -> str:
    return next((value for value in reversed(roles.get(role, [])) if value), "")


def _action(action: Action, text: str, files: Sequence[str]) -> Action:
    """`sql` rules ask the statement; a file that is fed to a SQL shell is a migration that is applied."""
    if action != "sql":
        return action
    if text:
        return sql.classify(text)
    return "apply" if files else "sql"


def _url_words(operands: Sequence[str]) -> list[str]:
    return [word for word in operands if "://" in word]


def _url_variables(roles: Mapping[str, list[str]]) -> list[str]:
    """`--var url=postgres://…`: the value of a variable that looks like a URL."""
    return [value.partition("=")[2] for value in roles.get("var", ()) if "://" in value]


def _file_names(paths: Sequence[str]) -> list[str]:
    """Names that say which file it is; `-`, `"$f"` and `*.sql` don't."""
    names = (path.replace("\\", "/").rsplit("/", 1)[-1] for path in paths)
    return [name for name in names if name and name != "-" and not set(name) & set("$*?`")]


def _from_mcp(tool: ToolRule, rule: McpRule, given: Mapping[str, object]) -> Recognised:
    flat = flatten(given)
    text = "\n".join(_values(flat, tool, "sql"))
    action = _action(rule.action, text, ())
    return Recognised(
        tool,
        action,
        rule.phase,
        False,
        urls=tuple(value for value in flat.values() if re.match(r"[a-z][a-z0-9+.-]*://", value)),
        database=next(iter(_values(flat, tool, "database")), ""),
        project=next(iter(_values(flat, tool, "project")), ""),
        branch=next(iter(_values(flat, tool, "branch")), ""),
        name=next(iter(_values(flat, tool, "name")), ""),
        versions=tuple(_values(flat, tool, "version")),
        sql=text,
        options=frozenset(key for key, value in flat.items() if value.lower() not in _FALSE),
    )


def flatten(given: Mapping[str, object], depth: int = 3) -> dict[str, str]:
    """Return argument names → text; the older servers nest everything in `params`, lists are joined by lines."""
    flat: dict[str, str] = {}
    for key, value in given.items():
        if isinstance(value, Mapping) and depth:
            flat.update(flatten(value, depth - 1))
        elif isinstance(value, list | tuple):
            flat[key] = ";\n".join(str(item) for item in value[:MAX_WORDS])
        elif value is not None:
            flat[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return flat


def _values(flat: Mapping[str, str], tool: ToolRule, role: str) -> list[str]:
    return [flat[key] for key in tool.arguments.get(role, ()) if flat.get(key)]
