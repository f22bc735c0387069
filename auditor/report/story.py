"""The story of a session as a timeline tree, and of one leak in a few sentences; both from the document alone.

✗ marks the step where a credential leaked, → a step that carried it on, ! a step that broke a workflow rule. All input
text goes through `auditor.safe.terminal`.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from auditor.document import Document, Incident, RunDict, SessionDict, StepDict
from auditor.errors import UsageProblem
from auditor.report import words
from auditor.report.reading import Reading, clock, command_of
from auditor.safe.terminal import line
from auditor.safe.text import clip_middle

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text
    from rich.tree import Tree

_INDENT = 13
"""Columns of the tree before a step's own lines, at most."""
_LAST = "~"
"""Sorts behind every time."""
_STYLES = {"✗": "bold red", "→": "yellow", "!": "magenta", " ": "bright_black"}
_SPREAD = {
    "command": "a command", "mcp-argument": "an MCP call", "file": "a file", "commit": "a commit",
    "message": "a message", "prompt": "a prompt", "sub-agent": "a sub-agent",
    "session": "another session", "output": "another output",
}  # fmt: skip


def find(document: Document, wanted: str) -> Incident:
    """Return the incident of an id or of the beginning of one.

    Raises:
        UsageProblem: none or several have it.
    """
    found = [
        one for one in document["incidents"] if one["id"].removeprefix("inc-").startswith(wanted.removeprefix("inc-"))
    ]
    exact = [one for one in found if one["id"] == wanted]
    if len(exact or found) == 1:
        return (exact or found)[0]
    known = ", ".join(one["id"] for one in (found or document["incidents"])[:8])
    raise UsageProblem(
        "several incidents have an id that begins so" if found else "no incident has this id",
        f"Known: {known}." if known else "The document has no incidents.",
    )


def timeline(
    document: Document, *, session: str = "", incident: str = "", width: int = 100, colour: bool = False
) -> bytes:
    """Return the timeline of all sessions, of one (id or its beginning), or of those that an incident touches.

    Raises:
        UsageProblem: no such session or incident.
    """
    from rich.console import Console

    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=colour, color_system="standard" if colour else None, no_color=not colour,
        legacy_windows=False, markup=False, emoji=False, highlight=False, _environ={},
    )  # fmt: skip
    _Timeline(document, find(document, incident) if incident else None).draw(console, session)
    lines = [one.rstrip() for one in out.getvalue().split("\n")]
    return "\n".join(lines).encode("utf-8", "backslashreplace")


class _Timeline:
    def __init__(self, document: Document, only: Incident | None) -> None:
        self.document = document
        self.found = Reading(document)
        self.incidents = [only] if only else list(self.found.incidents)
        self.origins: dict[str, list[Incident]] = defaultdict(list)
        self.carried: dict[str, list[Incident]] = defaultdict(list)
        for one in self.incidents:
            self.origins[one["origin"]["step"]].append(one)
            for spread in one["spread"]:
                if spread["step"] and one not in self.carried[spread["step"]]:
                    self.carried[spread["step"]].append(one)
        self.broken = Counter(step for check in self.found.violated for step in check["steps"])
        self.only = only
        self.width = 100

    def draw(self, console: Console, session: str) -> None:
        self.width = console.width
        sessions = self._sessions(session)
        for one in sessions:
            console.print(self._session(one))
            console.print()
        if not sessions:
            console.print("No session with steps.")
        for text in self._legend({one["id"] for one in sessions} if session else None):
            console.print(text)

    def _sessions(self, wanted: str) -> list[SessionDict]:
        touched = {spot["session"] for one in self.incidents for spot in one["occurrences"]} if self.only else None
        found = [
            one
            for one in self.document["sessions"]
            if (touched is None or one["id"] in touched)
            and one["id"].startswith(wanted)
            and self.found.steps_of.get(one["id"])
        ]
        if wanted and not found:
            raise UsageProblem("no session with steps has this id", "`auditor trace` without --session shows all.")
        return sorted(found, key=lambda one: (one["started"] or _LAST, one["id"]))

    def _session(self, session: SessionDict) -> Tree:
        from rich.text import Text
        from rich.tree import Tree

        named = [session["id"], session["originator"], session["cli_version"], session["model"], session["cwd"]]
        head = Text(line(" · ".join(part for part in named if part)), style="bold", overflow="fold")
        if session["started"]:
            head.append(f"  {clock(session['started'])}", style="bright_black")
        tree = Tree(head, guide_style="bright_black")
        turns: dict[str, list[StepDict]] = defaultdict(list)
        for step in self.found.steps_of[session["id"]]:
            turns[step["turn"]].append(step)
        for number, (turn, steps) in enumerate(turns.items(), 1):
            branch = tree.add(Text(f"turn {number}" if turn else "outside turns", style="bold"))
            for text in self._steps(steps):
                branch.add(text)
        for run in self.document["runs"]:
            if run["session"] == session["id"]:
                tree.add(self._run(run))
        broken = [check for check in self.found.violated if check["session"] == session["id"]]
        for told in dict.fromkeys(f"! {check['id']}: {line(check['explanation'], 200)}" for check in broken):
            tree.add(Text(told, style=_STYLES["!"], overflow="fold"))
        return tree

    def _run(self, run: RunDict) -> Text:
        """What one run was for, and what is to be said against it."""
        from rich.text import Text

        where = run["target"].get("branch") or run["target"].get("host") or run["environment"]
        told = [line(run["tool"]), words.count(len(run["steps"]), "step"), f"on {line(where, 60)}" if where else ""]
        text = Text(_run_name(run["id"]), style="bold cyan", overflow="fold")
        text.append(f"  {' · '.join(part for part in told if part)}", style="default")
        for part in (_migrations(run["migrations"]), "; ".join(line(note, 120) for note in run["notes"])):
            text.append(f"\n      {part}" if part else "", style="bright_black")
        return text

    def _steps(self, steps: Sequence[StepDict]) -> Iterator[Text]:
        """Steps that matter; runs of ordinary ones as a count."""
        from rich.text import Text

        ordinary = 0
        for step in steps:
            if step["action"] == "other" and not self._marked(step):
                ordinary += 1
                continue
            if ordinary:
                yield Text(f"  … {words.count(ordinary, 'other step')}", style="bright_black")
                ordinary = 0
            yield self._step(step)
        if ordinary:
            yield Text(f"  … {words.count(ordinary, 'other step')}", style="bright_black")

    def _marked(self, step: StepDict) -> bool:
        return bool(self.origins.get(step["id"]) or self.carried.get(step["id"]) or self.broken[step["id"]])

    def _step(self, step: StepDict) -> Text:
        from rich.text import Text

        leaked, carried = self.origins.get(step["id"], []), self.carried.get(step["id"], [])
        mark = "✗" if leaked else "→" if carried else "!" if self.broken[step["id"]] else " "
        text = Text(overflow="fold")
        text.append(f"{mark} ", style=_STYLES[mark])
        text.append(f"{clock(step['started'], date=False)} " if step["started"] else "", style="bright_black")
        text.append(f"{line(step['tool'])} {step['action']}", style="bold")
        for part in self._details(step):
            text.append(f" · {part}", style="cyan")
        if step["status"] in {"failed", "declined"}:
            text.append(f" · {step['status']}", style="red")
        command = clip_middle(line(" ".join(command_of(step).split())), max(self.width - _INDENT, 40))
        for part in (command, _migrations(step["migrations"])):
            text.append(f"\n    {part}" if part else "", style="bright_black")
        for one in leaked:
            text.append(
                f"\n    leaked {one['kind']} {one['id']}: {words.CAUSES[one['origin']['cause']]}", style="bold red"
            )
            migration = line(one["origin"]["migration"], 80)
            text.append(f"\n      {_while(step, migration)}" if migration else "", style="bold red")
        if carried:
            text.append(f"\n    carried {', '.join(one['id'] for one in carried)}", style="yellow")
        return text

    def _details(self, step: StepDict) -> Iterator[str]:
        if step["phase"] != "none":
            yield step["phase"]
        if step["run"]:
            yield _run_name(step["run"])
        where = step["target"].get("branch") or step["target"].get("host") or ""
        if where:
            yield f"on {line(where, 60)}"

    def _legend(self, shown: set[str] | None) -> Iterator[Table | Text]:
        """The credentials of the sessions shown (None: of all), and what the marks mean."""
        from rich.table import Table
        from rich.text import Text

        incidents = Table.grid(padding=(0, 2))
        for one in self.incidents:
            if shown is None or any(spot["session"] in shown for spot in one["occurrences"]):
                told = (one["id"], one["severity"], one["kind"], line(one["mask"], 200))
                incidents.add_row(*(Text(part, overflow="fold") for part in told))
        if incidents.row_count:
            yield incidents
        if self.document["steps"]:
            yield Text("\n✗ leaked here   → carried on   ! broke a workflow rule", style="bright_black")


def _migrations(names: Sequence[str]) -> str:
    shown = ", ".join(line(one, 60) for one in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _while(step: StepDict, migration: str) -> str:
    """A dry run shows a migration, and executes none."""
    shows = step["dry_run"] or step["action"] == "dry-run"
    return f"while it showed {migration}" if shows else f"while {migration} was executing"


def _run_name(run: str) -> str:
    return line(run.rsplit("/", 1)[-1])


def explanation(document: Document, wanted: str) -> bytes:
    """Return one leak in a few sentences.

    Raises:
        UsageProblem: no such incident.
    """
    one = find(document, wanted)
    found = Reading(document)
    parts = [
        f"{one['id']}: {one['kind']} {line(one['mask'], 200)} ({one['severity']}, {one['confidence']} confidence).",
        _origin(one, found),
        _run(one, document),
        _spread(one, found),
        _exposure(one),
        _checks(one, document),
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8", "backslashreplace")


def _origin(one: Incident, found: Reading) -> str:
    first = found.first(one)
    step = found.step(one["origin"]["step"])
    when = (
        f"on {clock(first['timestamp'])}" if first and first["timestamp"] else "at a time that the record does not tell"
    )
    place = f" (line {first['place']['line']} of {line(first['place']['path'])})" if first else ""
    session = f", session {line(first['session'])}" if first and first["session"] else ""
    text = f"It entered the record {when}{session}{place}. {line(one['origin']['explanation'], 600)}"
    if step is not None and step["tool"] not in {"user", "assistant"}:
        text += f" The step is {line(step['tool'])} {step['action']}" + (
            f", {step['phase']}." if step["phase"] != "none" else "."
        )
    return text


def _run(one: Incident, document: Document) -> str:
    run = next((run for run in document["runs"] if run["id"] == one["origin"]["run"]), None)
    if run is None:
        return ""
    where = run["target"].get("branch") or run["target"].get("host") or ""
    text = f"The step belongs to a run of {line(run['tool'])} with {words.count(len(run['steps']), 'step')}"
    text += f" on {line(where)}" if where else ""
    text += f", environment {line(run['environment'])}" if run["environment"] else ""
    named = ", ".join(line(name, 80) for name in run["migrations"][:6])
    text += f", for {named}." if named else "."
    if run["notes"]:
        text += f" Notes: {'; '.join(line(note, 120) for note in run['notes'])}."
    return text


def _spread(one: Incident, found: Reading) -> str:
    if not one["spread"]:
        return "Nothing later in the record carried it on."
    listed = [f"{_SPREAD.get(item['kind'], item['kind'])} ({line(item['detail'], 80)})" if item["detail"] else
              _SPREAD.get(item["kind"], item["kind"]) for item in one["spread"]]  # fmt: skip
    counted = Counter(listed)
    told = [f"{name} {number} times" if number > 1 else name for name, number in counted.items()]
    return f"Afterwards it was carried on by {words.joined(told, 12)}."


def _exposure(one: Incident) -> str:
    spots = [place for spot in one["occurrences"] for place in (spot["place"], *spot["copies"])]
    files = len({place["path"] for place in spots})
    text = f"It stands in {words.count(len(spots), 'place')} of {words.count(files, 'file')}."
    exposure = one["exposure"]
    if exposure["model_requests"]:
        text += f" {words.count(exposure['model_requests'], 'model request')} contained it."
    elif exposure["to_model"]:
        text += " It stands in the context of the model; no later request is on record."
    if exposure["to_tools"]:
        text += f" It was handed to {words.joined([line(tool, 60) for tool in exposure['to_tools']], 8)}."
    return text


def _checks(one: Incident, document: Document) -> str:
    steps = {one["origin"]["step"], *(item["step"] for item in one["spread"])} - {""}
    broken = [check for check in document["checks"] if check["status"] == "violated" and steps & set(check["steps"])]
    told = dict.fromkeys(f"{check['id']} ({line(check['explanation'], 160).rstrip('.')})" for check in broken)
    return f"Workflow rules broken on the way: {'; '.join(told)}." if told else ""
