"""The calls of one source while it is read: paired with outputs, chained, nested, kept within a memory budget."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from auditor import lazy
from auditor.formats import toolcalls
from auditor.formats.envelope import iso, number, parse
from auditor.formats.outputs import result_text
from auditor.formats.records import Record
from auditor.model import Event
from auditor.trace import codemode
from auditor.trace.budget import CALLS, OUTPUTS, SCRIPTS, Budget
from auditor.trace.calls import Call, Output, Session, Turn

_UUID = lazy.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_COUNT = lazy.compile(r"#\d{1,9}$")
_SAID_BY_COMMAND = frozenset({"shell", "apply_patch", "code"})
"""Tools whose arguments say nothing that `command`, `cwd` and `justification` do not."""
_SHELL_LIKE = frozenset({"shell", "apply_patch", "write_stdin"})
_DRIVE = lazy.compile(r"[A-Za-z]:[\\/]")
"""How a folder of Windows begins, where Codex runs PowerShell if nothing is said (codex-rs/core/src/shell.rs)."""


class Ledger:
    """All calls of a source, in the order they were made. Index 0 means `no call`, so numbers start at 1."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._by_id: dict[str, dict[str, int]] = {}
        self._made: dict[str, list[int]] = {}
        self._counts: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        self._running: dict[tuple[str, str], Call] = {}
        self._cells: dict[tuple[str, str], Call] = {}
        self._scripts: dict[str, deque[Call]] = {}
        self._typed: dict[str, Call] = {}
        self._budget = Budget()
        self.cut = False
        """True once calls were left out to bound memory."""

    def number(self, call: Call) -> int:
        """Return the number that positions use for a call, 0 for one that was not booked."""
        return self._numbers.get(id(call), 0)

    def find(self, session: Session, call_id: str) -> Call | None:
        """Return the latest call of that id in a session."""
        number = self._by_id.get(session.id, {}).get(call_id) if call_id else None
        return self.calls[number - 1] if number else None

    def rename(self, former: str, session_id: str) -> None:
        """Give the calls booked so far under a provisional session id the final one."""
        if former == session_id:
            return
        numbers = self._made.pop(former, [])
        for call in (self.calls[index - 1] for index in numbers):
            call.session = session_id
            call.id = self._step_id(session_id + _COUNT.sub("", call.id.removeprefix(former)))
        self._made.setdefault(session_id, []).extend(numbers)
        self._by_id.setdefault(session_id, {}).update(self._by_id.pop(former, {}))

    def restart(self, session: Session) -> None:
        """Forget ids: a resumed stream or connection counts its ids from the start again."""
        self._by_id.pop(session.id, None)

    def asked(self, event: Event, session: Session, turn: Turn | None, record: Record) -> Call:
        """Book a `call` event: a new call, or the request of a call whose item came first."""
        known = self.find(session, event.call_id)
        if known is not None and known.seen_item and not known.seen_output and not known.requested:
            known.requested = "" if known.command == event.command else event.command
            return known
        if known is not None and not known.asked_for and known.seen_output and known.tool == "other":
            return self._filled(known, event)
        if known is not None and not known.seen_output and known.asked_for and session.kind == "mcp-log":
            return known
        call = self._new(event, session, turn, record)
        call.asked_for = True
        if call.tool == "code":
            self._nest(call, event)
        elif call.tool == "write_stdin":
            call.feeds = self._running.get((session.id, str(event.data.get("session", ""))))
            call.answers_prompt = call.root.asks_password
        elif call.tool == "code-wait":
            call.feeds = self._cells.get((session.id, str(event.data.get("cell", ""))))
        return call

    def answered(self, event: Event, session: Session, turn: Turn | None, record: Record) -> Call:
        """Book an `output` event; one without its call (torn file) still gives a call that carries the id."""
        call = self.find(session, event.call_id)
        if call is None:
            call = self._new(event, session, turn, record)
            call.tool = call.tool or "other"
        call.seen_output = True
        call.plain_output = event.data.get("known") is False
        if event.data.get("denied_by_hook") is True:
            call.hook = "denied"
        self._finish(call, event, record, "model")
        if call.root.nested:
            self._spread_prints(call.root, event, record)
        for kind, pool in (("session", self._running), ("cell", self._cells)):
            if key := str(event.data.get(kind, "")):
                pool[session.id, key] = call.root
        return call

    def orphan(self, event: Event, session: Session, turn: Turn | None) -> Call:
        """Book a call that only a compaction's copy tells of; it happened in a part of the history that is not here."""
        call = self._new(event, session, turn, Record(b"", 0))
        call.tool, call.copied_from = "other", session.id
        return call

    def item(self, event: Event, session: Session, turn: Turn | None, record: Record) -> Call:
        """Book an `item` event: a call with its output, or the full copy of a call already known."""
        call = self.find(session, event.call_id)
        if call is not None and call.seen_item and call.status != "running" and event.status == "running":
            call = None
        if call is None and event.call_id.startswith("exec-"):
            call = self._nested_for(event, session)
        if call is None and event.role == "user":
            call = self._typed_twin(event, session)
        if call is None:
            call = self._new(event, session, turn, record)
            scripts = self._scripts.get(session.id) if event.call_id.startswith("exec-") else None
            call.parent = scripts[-1] if scripts else None
        else:
            self._merge(call, event)
        call.seen_item = True
        if event.status != "running":
            self._finish(call, event, record, "item")
        else:
            call.status = "running"
        return call

    def _typed_twin(self, event: Event, session: Session) -> Call | None:
        """A command the user ran with `!` stands twice in paginated files: as a message and as an item."""
        twin = self._typed.pop(session.id, None)
        if twin is None or twin.command.strip() != event.command.strip() or bool(twin.call_id) == bool(event.call_id):
            return None
        if event.call_id:
            twin.call_id = event.call_id
            self._by_id.setdefault(session.id, {})[event.call_id] = self.number(twin)
        return twin

    def _filled(self, call: Call, event: Event) -> Call:
        """A request logged after its answer (another stream of the same traffic)."""
        call.tool, call.server, call.name = event.tool, event.server or call.server, event.name
        call.command, call.arguments, call.asked_for = event.command, event.arguments, True
        return call

    def _new(self, event: Event, session: Session, turn: Turn | None, record: Record) -> Call:
        call_id = event.call_id or f"{event.tool or 'call'}-{record.line or len(self.calls) + 1}"
        call = Call(
            self._step_id(f"{session.id}/{call_id}"),
            session.id,
            event.call_id,
            event.tool,
            record.line,
            record.offset,
            event.pointer,
            record.cell,
            turn=turn.id if turn else event.turn,
            server=event.server or session.server,
            name=event.name,
            command=self._budget.take(event.command)[0],
            arguments={} if event.tool in _SAID_BY_COMMAND else self._budget.take_all(event.arguments),
            started=_iso(event.data.get("started_ms")) or event.timestamp,
            by="user" if event.role == "user" else "model",
        )
        _add_details(call, event)
        _add_context(call, session, turn, event)
        self._book(call, event.call_id)
        if call.by == "user":
            self._typed[session.id] = call
        return call

    def _book(self, call: Call, call_id: str) -> None:
        if len(self.calls) >= CALLS:
            self.cut = True
            return
        self.calls.append(call)
        self._numbers[id(call)] = len(self.calls)
        self._made.setdefault(call.session, []).append(len(self.calls))
        if call_id:
            self._by_id.setdefault(call.session, {})[call_id] = len(self.calls)

    def _step_id(self, wanted: str) -> str:
        count = self._counts[wanted] = self._counts.get(wanted, 0) + 1
        return wanted if count == 1 else f"{wanted}#{count}"

    def _nest(self, call: Call, event: Event) -> None:
        self._scripts.setdefault(call.session, deque(maxlen=SCRIPTS)).append(call)
        script = codemode.read(event.command)
        call.prints = script.prints
        for index, one in enumerate(script.calls, 1):
            given = {key: value for key, value in one.arguments.items() if value is not None}
            made = _script_tool(one.name, given)
            nested = Call(
                self._step_id(f"{call.id}.{index}"), call.session, call.call_id, made.tool, call.line, call.offset,
                call.pointer, turn=call.turn, server=made.server, name=made.name, command=made.command,
                arguments=made.arguments, started=call.started, parent=call, approval_policy=call.approval_policy,
                sandbox=call.sandbox, model=call.model, cwd=call.cwd, shell=call.shell,
            )  # fmt: skip
            nested.changes = _changes(made.data.get("changes"))
            if made.tool == "write_stdin":
                nested.feeds = self._running.get((call.session, str(made.data.get("session", ""))))
            call.nested.append(nested)
            self._book(nested, "")

    def _nested_for(self, event: Event, session: Session) -> Call | None:
        """The call in JavaScript that an item `exec-<uuid>` is the execution of.

        Same words first, from the newest script back (a command may end while a later script runs); else a call of
        the newest script whose words only running it could tell.
        """
        scripts = self._scripts.get(session.id, deque())
        for script in reversed(scripts):
            free = (one for one in script.nested if not one.seen_item and one.tool == event.tool)
            same = (one for one in free if _same_words(one, event))
            if (call := next(same, None)) is not None:
                return self._known_as(call, event, session)
        unsure = (
            one for one in (scripts[-1].nested if scripts else ()) if not one.seen_item and _open_words(one, event)
        )
        call = next(unsure, None)
        return None if call is None else self._known_as(call, event, session)

    def _known_as(self, call: Call, event: Event, session: Session) -> Call:
        call.call_id = event.call_id
        self._by_id.setdefault(session.id, {})[event.call_id] = self.number(call)
        return call

    def _spread_prints(self, script: Call, event: Event, record: Record) -> None:
        """Give each printed value to the nested call it shows, where prints and script agree in number."""
        texts = event.data.get("texts")
        printed = texts[1:] if isinstance(texts, list) else []
        if len(printed) != len(script.prints):
            script.prints = [0] * len(printed) if len(script.nested) == 1 else []
        for index, (text, shown) in enumerate(zip(printed, script.prints, strict=False), 1):
            if shown is not None and shown < len(script.nested):
                self._shown(script.nested[shown], str(text), f"{event.pointer}/output/{index}", event, record)

    def _shown(self, call: Call, text: str, pointer: str, event: Event, record: Record) -> None:
        value = parse(text.encode("utf-8", "replace")) if text.startswith("{") else None
        inner = value.get("output", result_text(value)) if isinstance(value, dict) else text
        kept, cut = self._budget.take(inner if isinstance(inner, str) else text)
        _add_output(call, Output(record.line, record.offset, pointer, kept, "model", event.timestamp, "", cut))
        code = number(value, "exit_code")
        call.exit_code = code if call.exit_code is None else call.exit_code
        call.ended, call.end_line = call.ended or event.timestamp, record.line
        if session := number(value, "session_id"):
            self._running[call.session, str(session)] = call

    def _merge(self, call: Call, event: Event) -> None:
        """Take from an item what it knows better: server and tool as they are, the command that really ran."""
        if event.tool == "mcp" or call.tool in {"other", ""}:
            call.tool, call.server, call.name = event.tool, event.server or call.server, event.name or call.name
        if call.tool not in _SAID_BY_COMMAND:
            call.arguments = call.arguments or event.arguments
        differs = event.command and call.command and event.command != call.command and call.tool == "shell"
        if differs and not call.seen_item and "[REDACTED_SECRET]" not in event.command:
            call.requested, call.command = call.command, event.command
            call.hook = "" if codemode.UNKNOWN in call.requested else "rewritten"
        call.command = call.command or event.command
        _add_details(call, event)

    def _finish(self, call: Call, event: Event, record: Record, kind: str) -> None:
        same = next((one for one in call.outputs[-4:] if one.text == event.text), None)
        text, cut = (same.text, False) if same else self._budget.take(event.text)
        output = Output(
            record.line, record.offset, event.pointer, text, "item" if kind == "item" else "model", event.timestamp,
            record.cell, cut,
        )  # fmt: skip
        _add_output(call, output)
        call.ended = event.timestamp or _iso(event.data.get("ended_ms")) or call.ended
        call.end_line = record.line
        if "agent" in call.tool and not call.children:
            call.children = _UUID.findall(event.text[:2000])
        root = call.root
        for one in (call,) if root is call else (call, root):
            one.exit_code = event.exit_code if event.exit_code is not None else one.exit_code
            one.status = event.status or one.status
        if root is not call:
            _add_output(root, output)
            root.ended, root.end_line = call.ended, record.line


def finish(calls: Iterable[Call], paginated: frozenset[str]) -> None:
    """Draw what only the whole shows: states of calls, and what hooks did to their outputs.

    A hook leaves no record of its own (codex-rs/core/src/hook_runtime.rs); in paginated files it shows: no item
    means the call was not run, an item with an output text that has no header means the text was put in its place.
    """
    for call in calls:
        if call.session in paginated and call.parent is None and call.seen_output and call.tool in _SHELL_LIKE:
            if call.plain_output and call.seen_item:
                call.hook = call.hook or "replaced"
            elif call.plain_output and call.tool == "shell" and not call.status:
                call.hook, call.status = "denied", "declined"
        call.status = call.status or _state(call)


def _same_words(call: Call, event: Event) -> bool:
    if call.tool == "shell":
        return call.command == event.command
    return call.tool == "apply_patch" or event.name in {"", call.name}


def _open_words(call: Call, event: Event) -> bool:
    unknown = not call.command or codemode.UNKNOWN in call.command
    return call.tool == event.tool == "shell" and unknown


def _add_output(call: Call, output: Output) -> None:
    if len(call.outputs) < OUTPUTS:
        call.outputs.append(output)


def _state(call: Call) -> str:
    if call.exit_code is not None:
        return "ok" if call.exit_code == 0 else "failed"
    if call.parent is not None and not call.outputs:
        return "unknown" if call.parent.status in {"", "unknown"} else call.parent.status
    return "unknown" if not call.outputs or call.tool == "shell" else "ok"


def _script_tool(name: str, given: dict[str, object]) -> toolcalls.ToolCall:
    if name == "write_stdin":
        data = {"session": str(given.get("session_id", ""))}
        return toolcalls.ToolCall(name, name=name, command=str(given.get("chars", "")), arguments=given, data=data)
    if name in toolcalls.SHELL_TOOLS:
        return toolcalls.shell(name, given)
    if name == "apply_patch":
        return toolcalls.patched(str(given.get("input", given.get("patch", ""))), name)
    server, tool = toolcalls.mcp_name(name)
    return toolcalls.ToolCall("mcp" if server else name, server=server, name=tool or name, arguments=given)


def _add_details(call: Call, event: Event) -> None:
    data = event.data
    call.changes = call.changes | _changes(data.get("changes"))
    parsed, children = data.get("parsed"), data.get("children")
    call.parsed = call.parsed or (parsed if isinstance(parsed, list) else [])
    call.children = call.children or (children if isinstance(children, list) else [])
    call.escalated = call.escalated or data.get("escalated") is True
    call.justification = call.justification or str(data.get("justification", ""))
    call.cwd = str(data.get("cwd") or "") or call.cwd
    call.shell = str(data.get("shell") or "") or call.shell
    if data.get("source") == "usershell":
        call.by = "user"


def _add_context(call: Call, session: Session, turn: Turn | None, event: Event) -> None:
    moment = turn or session
    call.approval_policy = moment.approval_policy or session.approval_policy
    call.sandbox = moment.sandbox or session.sandbox
    call.model = moment.model or session.model
    call.cwd = call.cwd or moment.cwd or session.cwd
    call.shell = call.shell or session.shell or ("powershell" if _DRIVE.match(call.cwd) else "")


def _changes(value: object) -> dict[str, str]:
    return dict(value) if isinstance(value, dict) else {}


def _iso(milliseconds: object) -> str:
    return iso(milliseconds / 1000) if isinstance(milliseconds, int) else ""
