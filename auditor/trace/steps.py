"""Calls → steps: what each command of a session does, on which database, for which migrations.

A `Surveyor` goes through the calls of one session in order and keeps what later steps need: variables, branches,
scripts, file names of migrations. Nothing here raises for what a log holds; what is not understood is a step `other`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from auditor.trace import commands, migrations, outputs, patches, segments
from auditor.trace.calls import Call
from auditor.trace.commands import Part
from auditor.trace.connection import Endpoint
from auditor.trace.environment import Branches, Variables
from auditor.trace.migrations import Names
from auditor.trace.recognition import Recognised, recognise_mcp
from auditor.trace.rulefiles import step_rules
from auditor.trace.scripts import Scripts
from auditor.trace.shell import SimpleCommand, program_name
from auditor.trace.step import Step, phase_of
from auditor.trace.vocabulary import MIGRATING

_LEARNT = MIGRATING | {"inspect", "config", "write-file", "read-secret"}
_CONNECTING = frozenset(
    {"apply", "dry-run", "rollback", "status", "sql", "inspect", "dump", "credential-create", "test"}
)
_PROGRAMS = frozenset({"code", "code-wait"})
_PRINTERS = frozenset({"echo", "printf"})
_UNSUPPORTED = ("unsupported call:", "unsupported custom tool call:")
"""Codex answers so when the model calls a tool by a name that the session lacks: nothing ran."""
ANSWER = "(typed at a password prompt)"
_PROGRAM_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._+-")


class Surveyor:
    """Reads the calls of one source, in order."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.variables = Variables()
        self.branches = Branches()
        self.scripts = Scripts()
        self.names = Names()

    def steps(self, call: Call) -> list[Step]:
        """Return the steps of one call, at least one; the first has the call's id."""
        if call.tool == "shell":
            found = self._shell(call)
        elif call.tool == "mcp":
            found = [self._mcp(call)]
        elif call.tool == "apply_patch" or call.changes:
            found = [self._patch(call)]
        elif call.tool == "write_stdin":
            found = self._typed(call)
        else:
            found = [self._step(call, call.tool or "other", "other", _called(call))]
        self._number(call, found)
        return found

    def finish(self) -> None:
        """Forget what only later calls of the session would ask for."""
        self.variables, self.scripts = Variables(), Scripts()

    # shell

    def _shell(self, call: Call) -> list[Step]:
        self.variables.new_call()
        output = call.output
        parts = commands.parts_of(call.command, self.scripts, output, call.shell)
        if not parts:
            self.scripts.learn(call.command, (output,))
            return [self._plain(call, parts, output)]
        self.scripts.learn(call.command, (output, *(part.command.stdin for part in parts)))
        telling = any(part.matters for part in parts)
        fed = [_said(part.command) if part.command.piped else "" for part in parts]
        found = [
            step
            for part, text in zip(parts, ["", *fed], strict=False)
            if (step := self._part(call, part, text, telling)) is not None
        ]
        if not found:
            return [self._plain(call, parts, output)]
        self._read_outputs(call, found, output)
        return found

    def _part(self, call: Call, part: Part, fed: str, telling: bool) -> Step | None:
        """The step of one command; None for ordinary ones, whose effect on variables is still noted.

        `fed` is what the command before it printed into its pipe, as far as its words say; `telling` that a command
        of the call matters.
        """
        command, known = part.command, part.recognised
        self._note_variables(part)
        if not part.matters and not (telling and part.prints):
            return None
        action, tool = ("other", _program(command.program)) if known is None else (known.action, known.tool)
        if known is not None and known.rule.named == "program":
            tool = _program(command.program)
        if action == "other" and part.wrote:
            action = "write-file"
            self.variables.learn(fed or _said(command), part.wrote)
        step = self._step(call, tool, action, self._text(call, part), known)
        step.command, step.wrote, step.silent = command, part.wrote, command.silent()
        step.variables = command.variables
        self._locate(step, known, command.stdin)
        self._name_files(step, known, part.wrote)
        return step

    def _text(self, call: Call, part: Part) -> str:
        raw = call.command.encode("utf-8", "surrogatepass")[part.command.start : part.command.end]
        return raw.decode("utf-8", "replace") or call.command

    def _plain(self, call: Call, parts: Sequence[Part], output: str) -> Step:
        """A call of ordinary or unknown commands: one step `other`, named by its program."""
        first = next((part for part in parts if part.command.argv and not _is_shell(part.command.program)), None)
        program = first.command.program if first else program_name((call.command.split(None, 1) or [""])[0])
        tool = "shell" if _is_shell(program) else _program(program)
        step = self._step(call, tool, "other", call.command, parts[0].recognised if parts else None)
        if parts:
            step.command = parts[0].command if len(parts) == 1 else None
        self.variables.learn(output)
        return step

    def _note_variables(self, part: Part) -> None:
        command = part.command
        if not command.argv or command.program in {"export", "declare", "typeset", "set"}:
            for name, value in command.assignments:
                self.variables.assign(name, self._value(value))
        elif command.program in {"source", "."}:
            for path in command.argv[1:]:
                self.variables.load(path)

    def _value(self, value: str) -> Endpoint:
        """`$(neon cs br)` leads where the branch named last leads."""
        if "$(" in value or "`" in value:
            return Endpoint(branch=self.branches.latest) if self.branches.latest else Endpoint()
        return self.variables.of_word(value)

    def _read_outputs(self, call: Call, found: list[Step], output: str) -> None:
        starts = []
        for step in found:
            rule = step.recognised.rule if step.recognised else None
            alone = len(found) == 1 or step is found[-1]
            code = call.exit_code if alone else None
            step.reading = outputs.read(output, rule.output, code) if rule else outputs.Reading()
            starts.append(segments.words_of(step, output))
        segments.lay_out(found, starts)
        for number, step in enumerate(found):
            self._settle(call, step, found[number + 1 :])
            self._learn(step, output)

    def _settle(self, call: Call, step: Step, later: Sequence[Step]) -> None:
        """Exit code and status of one of several commands: the last has the call's, an `&&` chain tells the rest."""
        if call.status == "declined" or not later:
            step.exit_code, step.status = call.exit_code, call.status
            if step.status in {"", "unknown"} and step.reading.succeeded is not None:
                step.status = "ok" if step.reading.succeeded else "failed"
            return
        following = later[0].command
        chained = following is not None and following.joined == "&&"
        if step.reading.succeeded is False:
            step.status = "failed"
        elif (chained and (call.exit_code == 0 or later[0].begin is not None)) or step.reading.succeeded:
            step.status, step.exit_code = "ok", 0 if chained else None

    # other calls

    def _mcp(self, call: Call) -> Step:
        known = recognise_mcp(call.server, call.name, call.arguments)
        tool = known.tool if known else _program(call.server.lower()) or "mcp"
        step = self._step(call, tool, known.action if known else "other", _mcp_text(call), known)
        output = call.output
        if known is not None:
            code = {"ok": None, "failed": 1}.get(call.status)
            step.reading = outputs.read(output, known.rule.output, code)
            if step.reading.succeeded is False:
                step.status = "failed"
            self._locate(step, known, "")
        if output.startswith(_UNSUPPORTED):
            step.status = "declined"
        self._learn(step, output)
        return step

    def _patch(self, call: Call) -> Step:
        changes = patches.distinct(call.changes, call.cwd)
        step = self._step(call, "apply_patch", "write-file", _patch_text(changes))
        step.wrote = tuple(changes)
        if call.output.startswith(_UNSUPPORTED):
            step.status = "declined"
        self.scripts.learn(" ".join(call.changes), (call.command,))
        self.variables.learn(call.command, call.changes)
        self._name_files(step, None, step.wrote)
        return step

    def _typed(self, call: Call) -> list[Step]:
        """Characters typed into a running command: SQL for a SQL shell, shell text for a shell. An answer to a prompt
        for a password is never shown, whatever the rules know of it."""
        if call.answers_prompt:
            return [self._step(call, "shell", "other", ANSWER)]
        root = call.root
        parts = commands.parts_of(root.command, self.scripts, "", root.shell) if root is not call else ()
        program = parts[-1].command.program if parts else ""
        if program in {"bash", "sh", "zsh"} or not program:
            return self._shell(call) if call.command.strip() else [self._step(call, "shell", "other", "")]
        known = parts[-1].recognised
        step = self._step(call, known.tool if known else _program(program), "other", call.command, known)
        if program == "psql" and call.command.strip():
            from auditor.trace import sql

            step.action = sql.classify(call.command)
        return [step]

    # shared

    def _step(self, call: Call, tool: str, action: str, text: str, known: Recognised | None = None) -> Step:
        return Step(
            call.id, call.session, self.path, call.line, call.offset, call.pointer, tool, action,
            phase_of(action, known.phase if known else "", None), call.turn, call,
            dry_run=known.dry_run if known else False,
            environment=known.environment if known else "",
            shown=text, exit_code=call.exit_code, status=call.status or "unknown", started=call.started,
            ended=call.ended, recognised=known,
        )  # fmt: skip

    def _locate(self, step: Step, known: Recognised | None, text: str) -> None:
        """Find the database of a step: what it says itself, then its variables, then the project's usual ones."""
        if known is None:
            return
        given = Endpoint(known.host, known.database, known.project, known.branch)
        for url in known.urls:
            given = given.over(self.variables.of_word(url))
        database = self.variables.of_word(known.database) if "://" in known.database or "$" in known.database else None
        if database is not None:
            given = database.over(Endpoint(known.host, "", known.project, known.branch))
        usual = [name for names in known.rule.variables.values() for name in names]
        if step.command is not None and step.action in _CONNECTING and not given.host and not given.branch:
            given = given.over(self.variables.of_command(step.command, [*sorted(step.variables), *usual]))
        step.endpoint = self.branches.of(given)

    def _learn(self, step: Step, output: str) -> None:
        """Take in what a step's output shows, and settle what depends on it."""
        facts, known = step.reading.facts, step.recognised
        self.branches.learn(step.action, facts, known.branch or known.name if known else "")
        said = Endpoint(
            facts.get("host", ""), facts.get("database", ""), facts.get("project", ""), facts.get("branch", "")
        )
        if step.action in MIGRATING | {"branch-create", "connection-string", "sql", "config"}:
            step.endpoint = self.branches.of(step.endpoint.over(said))
        step.isolated = self.branches.isolated(step.endpoint, step.environment)
        step.phase = phase_of(step.action, known.phase if known else "", step.isolated, bool(step.migrations))
        if step.action in _LEARNT and step.action != "read-secret":
            self.names.learn(output)
        self.variables.learn(output, _files_read(step))
        step.migrations = list(dict.fromkeys([*step.migrations, *step.reading.migrations]))

    def _name_files(self, step: Step, known: Recognised | None, wrote: Iterable[str]) -> None:
        files = [path for path in wrote if migrations.looks_like(path)]
        for path in files:
            self.names.add(path)
        named_here = list(known.files) if known is not None and known.action in {"apply", "credential-create"} else []
        step.migrations = list(dict.fromkeys([*(migrations.name_of(path) for path in files), *named_here]))
        if files and step.action == "write-file":
            step.phase = phase_of("write-file", "", None, True)

    def _number(self, call: Call, found: list[Step]) -> None:
        for number, step in enumerate(found[1:], 2):
            step.id = f"{call.id}/{number}"


def _said(command: SimpleCommand) -> str:
    """The text that a command writes, where its own words or its here-document are that text."""
    return command.stdin or " ".join(command.argv[1:] if command.program in _PRINTERS else command.argv)


def _files_read(step: Step) -> tuple[str, ...]:
    """Files whose content a step prints; `set`, `printenv` and the like print none."""
    if step.command is None or step.action not in {"read-secret", "other"}:
        return ()
    return tuple(word for word in step.command.argv[1:] if not word.startswith("-") and "." in word)


@lru_cache(maxsize=1024)
def _is_shell(program: str) -> bool:
    """Tell whether a program is one of the shell's ordinary ones."""
    return any(tool.id == "shell" for tool in step_rules().by_program.get(program, ()))


@lru_cache(maxsize=1024)
def _program(name: str) -> str:
    """A program's name as a tool: only if it looks like one, since it stands in reports."""
    return name if 0 < len(name) <= 32 and set(name) <= _PROGRAM_CHARS else "shell"


def _mcp_text(call: Call) -> str:
    pairs = ", ".join(f"{key}={value}" for key, value in sorted(call.arguments.items()))
    called = ".".join(filter(None, (call.server, call.name)))  # a bridge's log does not name its server
    return f"{called}({pairs})"


def _called(call: Call) -> str:
    """A call with what it is given; JavaScript speaks for itself."""
    if not call.command or not call.tool or call.tool in _PROGRAMS:
        return call.command or call.name
    return f"{call.tool}({call.command})"


def _patch_text(changes: Mapping[str, str]) -> str:
    return "apply_patch " + ", ".join(f"{kind} {path}" for path, kind in sorted(changes.items()))
