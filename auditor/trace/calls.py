"""What a session is made of: the session, its turns, its calls and their outputs.

These values grow while their session is read and are complete afterwards. They hold raw commands, arguments and
output excerpts, which may hold credentials: trace-internal, never reported as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from auditor import lazy

HookEffect = Literal["", "denied", "replaced", "rewritten"]
_PROMPT = lazy.compile(
    r"(?i)(?:pass(?:word|wd|code|[ _-]?phrase)[^\n]{0,100}?|enter it again):(?:\s|\x1b\[[0-9;?]{0,12}[a-z]){0,9}\Z"
)
_TAIL = 400
"""Characters of an output's end that hold the prompt."""


@dataclass(slots=True, eq=False)
class Session:
    """One thread of Codex, one connection of an MCP log, one history."""

    id: str
    path: str = ""
    kind: str = ""
    """Family of its dialect: `codex`, `codex-exec`, `mcp-log`, …."""
    parent_id: str = ""
    """Spawning thread of a sub-agent, or the thread it was forked from."""
    root_id: str = ""
    forked_from: str = ""
    cli_version: str = ""
    model: str = ""
    model_provider: str = ""
    cwd: str = ""
    originator: str = ""
    source: str = ""
    agent: str = ""
    """Role of a sub-agent (`review`, `worker` …), empty for a root thread."""
    history_mode: str = ""
    branch: str = ""
    server: str = ""
    """MCP server of an MCP log's connection."""
    started: str = ""
    ended: str = ""
    approval_policy: str = ""
    sandbox: str = ""
    shell: str = ""
    """Language of its commands, if it is told: `powershell` or `shell`."""
    resumed: int = 0
    turns: list[Turn] = field(default_factory=list)
    compactions: list[int] = field(default_factory=list)
    """Lines at which the context was compacted."""
    requests: list[int] = field(default_factory=list)
    """Lines at which an answered model request is booked, in order."""
    weak: bool = False
    """True when they are `token_count` lines."""
    spoke: int = 0
    """Line of the first item of the model's; which side of `requests[0]` it stands on tells the order of the file."""
    rollbacks: list[tuple[int, int]] = field(default_factory=list)
    """First line of the turns that were rolled back, and the line that did it."""
    own_from: int | None = None
    base: str = ""
    """Thread whose file this one's history starts in (paginated forks)."""
    base_end: int = 0
    """Lines of that file which belong to this one's history."""
    spawned_by: Call | None = None
    """The call of the parent that started this sub-agent, once `families.link` found it."""
    number: int = 0
    """1-based place among its transcript's sessions."""
    foreign: bool = False
    """True when only copies of its lines are here (a fork's parent seen inside the fork)."""


@dataclass(slots=True, eq=False)
class Turn:
    """One turn; `line` and `end_line` bound it in its source."""

    id: str
    session: str
    line: int
    end_line: int = 0
    started: str = ""
    ended: str = ""
    model: str = ""
    approval_policy: str = ""
    sandbox: str = ""
    cwd: str = ""
    status: str = ""
    """`ok`, `failed` (aborted), or empty while it runs."""
    rolled_back: bool = False
    prompt: int = 0
    """Hash of its first prompt, to find the same turn in another source; never leaves the process."""
    active: bool = False
    """True once the model did something in it."""


class Output(NamedTuple):
    """One piece of output of a call: where it stands, and an excerpt of what it says."""

    line: int
    offset: int
    pointer: str
    text: str
    """The command's own text, header removed; head and tail only when `cut`."""
    kind: Literal["model", "item"]
    """`model`: what the model was shown; `item`: the full copy of the item."""
    timestamp: str = ""
    cell: str = ""
    cut: bool = False


@dataclass(slots=True, eq=False)
class Call:
    """One tool call or command."""

    id: str
    """Step id, `<session>/<call id>`; `#2` for a second call of that id, `.1` for one nested in code mode."""
    session: str
    call_id: str
    tool: str
    line: int
    offset: int = 0
    pointer: str = ""
    cell: str = ""
    turn: str = ""
    server: str = ""
    name: str = ""
    command: str = ""
    """What ran: script, patch text, JavaScript, typed characters. Raw."""
    requested: str = ""
    """What the model asked for, where something else ran (hook rewrite)."""
    arguments: Mapping[str, object] = field(default_factory=dict)
    """Empty for shell, patch and code calls, whose `command` says it all."""
    changes: dict[str, str] = field(default_factory=dict)
    """Path → `add`, `update`, `delete`, as written in the call or the item."""
    parsed: list[dict[str, str]] = field(default_factory=list)
    """Codex's own reading of the command."""
    outputs: list[Output] = field(default_factory=list)
    exit_code: int | None = None
    status: str = ""
    """`ok`, `failed`, `declined`, `running`, `unknown`."""
    by: Literal["model", "user"] = "model"
    approval_policy: str = ""
    sandbox: str = ""
    model: str = ""
    cwd: str = ""
    shell: str = ""
    """See `Session.shell`."""
    escalated: bool = False
    justification: str = ""
    asked: bool = False
    """True when an approval request for it is on record."""
    hook: HookEffect = ""
    started: str = ""
    ended: str = ""
    end_line: int = 0
    answers_prompt: bool = False
    """True when its characters answer a prompt for a password."""
    feeds: Call | None = None
    """The command that this `write_stdin` or `wait` goes on with."""
    parent: Call | None = None
    """The code-mode call whose JavaScript makes this call."""
    nested: list[Call] = field(default_factory=list)
    prints: list[int | None] = field(default_factory=list)
    """Code mode: index of the nested call whose value each printed item shows."""
    children: list[str] = field(default_factory=list)
    """Threads it spawned."""
    copied_from: str = ""
    """Session it was copied from, when this source holds only a copy of it."""
    asked_for: bool = False
    """True when its request is on record, not only its output."""
    same_as: Call | None = None
    """The session's own call that this entry of an MCP log records."""
    seen_item: bool = False
    seen_output: bool = False
    plain_output: bool = False
    """True when the model's output lacks every header Codex writes (replaced by a hook, or an error)."""

    @property
    def root(self) -> Call:
        """The command this call belongs to: itself, or what it feeds."""
        call, hops = self, 0
        while call.feeds is not None and hops < 1000:
            call, hops = call.feeds, hops + 1
        return call

    @property
    def asks_password(self) -> bool:
        """True while its last output ends with a prompt for a password."""
        return bool(self.outputs) and _PROMPT.search(self.outputs[-1].text[-_TAIL:]) is not None

    @property
    def output(self) -> str:
        """All output text known: the full item copy where there is one, else what the model was shown, joined."""
        if len(self.outputs) == 1 and not self.hook:
            return self.outputs[0].text
        full = [one.text for one in self.outputs if one.kind == "item" and one.text]
        shown = [one.text for one in self.outputs if one.kind == "model" and one.text]
        joined, whole = "\n".join(shown), "\n".join(full[-1:])
        return whole if len(whole) >= len(joined) or self.hook else joined
