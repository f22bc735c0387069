"""The leak path of an incident as a sequence diagram: who handed the credential to whom, in order.

Rows carry their text at the left, so that arrows between seven lanes never have to make room for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.document import Incident, Spread, StepDict
from auditor.report import reading, words
from auditor.report.reading import Reading
from auditor.safe.text import clip

LANES = {
    "developer": "Developer",
    "agent": "Agent",
    "mcp": "MCP server",
    "tool": "Tool",
    "database": "Database",
    "disk": "Disk",
    "model": "Model provider",
}
"""Lane → its title, from left to right."""
ROWS = 24
WIDTH, LEFT, HEAD, ROW = 1000, 366, 46, 46
_MARGIN = 58
_CONNECTS = {"apply", "rollback", "dry-run", "status", "dump", "sql", "test", "inspect"}


@dataclass(frozen=True, slots=True)
class Message:
    """One arrow. `carries` says that the credential travels with it, `first` that it appears here."""

    time: str
    source: str
    target: str
    label: str
    detail: str = ""
    carries: bool = True
    first: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A message with its geometry."""

    message: Message
    y: int
    x1: int
    x2: int
    head: str
    """Points of the arrow head."""
    date: str = ""
    """Where it is another than that of the row before."""
    clock: str = ""

    @property
    def loop(self) -> bool:
        return self.x1 == self.x2


@dataclass(frozen=True, slots=True)
class Diagram:
    """What the template draws."""

    lanes: Sequence[tuple[str, int]]
    rows: Sequence[Row]
    height: int
    left_out: int


def diagram(found: Reading, one: Incident) -> Diagram:
    """Return the diagram of an incident; lanes that take no part are left out."""
    told = list(messages(found, one))
    shown = told[:ROWS]
    used = {name for message in shown for name in (message.source, message.target)} | {"agent", "disk"}
    names = [name for name in LANES if name in used]
    gap = (WIDTH - LEFT - 2 * _MARGIN) / max(len(names) - 1, 1)
    at = {name: round(LEFT + _MARGIN + number * gap) for number, name in enumerate(names)}
    whens = reading.days([message.time for message in shown])
    rows = [_row(message, number, at, when) for number, (message, when) in enumerate(zip(shown, whens, strict=True))]
    height = HEAD + ROW * len(rows) + 12
    return Diagram([(LANES[name], at[name]) for name in names], rows, height, len(told) - len(shown))


def _row(message: Message, number: int, at: dict[str, int], when: tuple[str, str]) -> Row:
    y = HEAD + ROW * number + ROW // 2
    x1, x2 = at[message.source], at[message.target]
    if x1 == x2:
        return Row(message, y, x1, x2, f"{x1 + 2},{y + 9} {x1 + 11},{y + 4} {x1 + 11},{y + 14}", *when)
    way = 1 if x2 > x1 else -1
    tip = x2 - way
    return Row(message, y, x1, tip - way * 8, f"{tip},{y} {tip - way * 10},{y - 5} {tip - way * 10},{y + 5}", *when)


def messages(found: Reading, one: Incident) -> Iterator[Message]:
    """Yield the arrows: how it came in, who got it at once, where it went on."""
    yield from _origin(found, one)
    yield from _kept(found, one)
    for move in one["spread"]:
        yield from _move(found.step(move["step"]), move)


def _origin(found: Reading, one: Incident) -> Iterator[Message]:
    step, spot = found.step(one["origin"]["step"]), found.first(one)
    cause = one["origin"]["cause"]
    time = step["started"] if step else spot["timestamp"] if spot else ""
    said = words.CAUSES.get(cause, cause).capitalize()
    command = reading.command_of(step)
    asked = f"{step['tool']} {step['action']}" if step else ""
    if cause in ("tool-output", "tool-result"):
        place = "mcp" if cause == "tool-result" else "tool"
        if step:
            yield Message(time, "agent", place, asked, command, carries=False)
        answered = spot["timestamp"] if spot else time
        yield Message(answered or time, place, "agent", said, one["mask"], first=True)
        return
    source, target = _ENDS.get(cause, ("disk", "agent"))
    yield Message(time, source, target, said, command or one["mask"], first=True)


_ENDS = {
    "prompt": ("developer", "agent"),
    "assistant-text": ("model", "agent"),
    "command-literal": ("agent", "tool"),
    "tool-argument": ("agent", "mcp"),
    "file-change": ("agent", "disk"),
}
"""Who hands over to whom, by cause; everything else is read from disk."""


def _kept(found: Reading, one: Incident) -> Iterator[Message]:
    """The provider receives what the agent sees; the agent's files keep it."""
    spot = found.first(one)
    time = spot["timestamp"] if spot else ""
    if one["exposure"]["to_model"]:
        requests = one["exposure"]["model_requests"]
        told = f"with {words.count(requests, 'request')}" if requests else ""
        yield Message(time, "agent", "model", "Sent to the model provider", told)
    files = reading.by_path(reading.places(one))
    named = words.joined([path.rsplit("/", 1)[-1] for path in files], 2)
    label = f"Kept at {words.count(len(reading.places(one)), 'place')} of {words.count(len(files), 'file')}"
    source = "agent" if spot is None or spot["session"] else "mcp"
    yield Message(time, source, "disk", label, named)


def _move(step: StepDict | None, move: Spread) -> Iterator[Message]:
    kind = move["kind"]
    label = words.SPREAD.get(kind, kind).capitalize()
    time = move["timestamp"] or (step["started"] if step else "")
    source, target = _MOVES.get(kind, ("agent", "disk"))
    detail = step["command"] if step and kind in ("command", "mcp-argument") and step["command"] else move["detail"]
    yield Message(time, source, target, label, detail)
    host = step["target"].get("host", "") if step else ""
    if step and kind in ("command", "sub-agent") and host and step["action"] in _CONNECTS:
        where = step["environment"] if step["environment"] not in ("", "unknown") else "the database"
        yield Message(time, "tool" if kind == "command" else "agent", "database", f"Connects to {where}", host)


_MOVES = {
    "command": ("agent", "tool"),
    "mcp-argument": ("agent", "mcp"),
    "file": ("agent", "disk"),
    "commit": ("agent", "disk"),
    "message": ("agent", "developer"),
    "prompt": ("developer", "agent"),
    "sub-agent": ("agent", "agent"),
    "session": ("disk", "agent"),
    "output": ("tool", "agent"),
}


def short(text: str, limit: int) -> str:
    """Return text that fits beside the lanes; cut at its end: half a marker inside a URL looks like a password."""
    return clip(text, limit)
