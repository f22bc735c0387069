"""Occurrences → steps: which command of a call showed or carried a credential, and which migration was executing.

An occurrence knows its call and its direction. Where the call ran one command that is the step; where it ran several,
or executed several migrations, the place of the value in the call's text decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from auditor import lazy
from auditor.document import Occurrence
from auditor.model import Role
from auditor.trace import patches, segments
from auditor.trace.calls import Call, Session
from auditor.trace.patches import Touch
from auditor.trace.rulefiles import step_rules
from auditor.trace.step import Step

Locate = Callable[[str], Sequence[tuple[str, int]]]
"""Text → (fingerprint, character offset) of every credential in it; given by whoever holds the engine."""

SPEAKERS: Mapping[str, tuple[str, str]] = {
    "user": ("user", "prompt"),
    "assistant": ("assistant", "message"),
    "reasoning": ("assistant", "message"),
    "developer": ("codex", "config"),
    "system": ("codex", "config"),
    "meta": ("codex", "config"),
    "environment": ("shell", "other"),
}
"""Role of a line outside calls → tool and action of its step."""


_BRIDGE = lazy.compile(r"(mcp-remote|mcp-proxy|supergateway|inspector)(?![a-z])")
_FILES = (
    ("codex", lazy.compile(r"^config\.toml$|^auth\.json$|^\.credentials\.json$")),
    ("mcp", lazy.compile(r"^\.?mcp\.json$|^claude_desktop_config\.json$")),
    ("shell", lazy.compile(r"^\.env|^\.envrc$|^\.pgpass$|\.ya?ml$|\.ini$|\.hcl$|\.properties$|\.tfvars$|\.conf$")),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """An occurrence of one credential with the step that it belongs to."""

    occurrence: Occurrence
    step: Step | None
    session: Session | None
    migration: str = ""
    touch: Touch = patches.UNKNOWN
    """What a patch did to it."""

    @property
    def role(self) -> str:
        return self.occurrence["role"]

    @property
    def record(self) -> str:
        """Type of a record that is not understood, or that reports an error."""
        return self.occurrence.get("record", "")

    @property
    def copied(self) -> bool:
        """Tell whether the line is a copy of a parent session's line."""
        own = self.step.session if self.step else ""
        return bool(own and self.occurrence["session"] and own != self.occurrence["session"])


class Placement:
    """Finds the step of each occurrence; results of `locate` are kept per call."""

    def __init__(self, by_call: Mapping[str, Sequence[Step]], locate: Locate) -> None:
        self._by_call = by_call
        self._locate = locate
        self._outputs: dict[int, dict[str, list[int]]] = {}
        self._commands: dict[int, dict[str, list[int]]] = {}

    def settled(self, occurrence: Occurrence, fingerprint: str) -> Occurrence:
        """Return an occurrence with the role it has: a command of the user's and what it printed are one text, a
        `<user_shell_command>` message (openai/codex, codex-rs/core/src/context/user_shell_command.rs)."""
        steps = self._by_call.get(occurrence["step"], ())
        call = steps[0].call if steps else None
        if call is None or call.by != "user" or occurrence["role"] != "user":
            return occurrence
        written = fingerprint in self._offsets(self._commands, call, call.command)
        printed = fingerprint in self._offsets(self._outputs, call, call.output)
        return {**occurrence, "role": "tool"} if printed and not written else occurrence

    def step_of(self, occurrence: Occurrence, fingerprint: str) -> tuple[Step | None, str]:
        """Return the step of an occurrence and the migration that was executing in it; None outside calls."""
        steps = self._by_call.get(occurrence["step"], ())
        if not steps:
            return None, ""
        call = steps[0].call
        if call is None or (len(steps) == 1 and len(steps[0].reading.starts) < 2):
            return steps[0], _only(steps[0], occurrence["role"])
        if occurrence["role"] != "tool":
            return self._written(steps, call, fingerprint), ""
        offsets = self._offsets(self._outputs, call, call.output).get(fingerprint)
        if not offsets:
            return steps[0] if len(steps) == 1 else _likely(steps), ""
        offset = min(offsets)
        step = segments.printer(steps, offset)
        return step, segments.executing(step, offset) or _only(step, "tool")

    def _written(self, steps: Sequence[Step], call: Call, fingerprint: str) -> Step:
        """The command in whose text the value stands."""
        offsets = self._offsets(self._commands, call, call.command).get(fingerprint)
        if not offsets:
            return steps[0]
        at = len(call.command[: min(offsets)].encode("utf-8", "surrogatepass"))
        inside = [one for one in steps if one.command is not None and one.command.start <= at < one.command.end]
        return inside[-1] if inside else steps[0]

    def touch(self, step: Step | None, fingerprint: str) -> Touch:
        """Return what the patch of a step did to a credential in its text, or in the contents that its end tells."""
        call = step.call if step else None
        if call is None or call.tool != "apply_patch":
            return patches.UNKNOWN
        offsets = self._offsets(self._commands, call, call.command).get(fingerprint)
        if offsets:
            return patches.touch(call.command, offsets)
        return patches.whole(patches.distinct(call.changes, call.cwd), quoted=bool(call.command))

    def _offsets(self, cache: dict[int, dict[str, list[int]]], call: Call, text: str) -> dict[str, list[int]]:
        if id(call) not in cache:
            found: dict[str, list[int]] = {}
            for fingerprint, offset in self._locate(text):
                found.setdefault(fingerprint, []).append(offset)
            cache[id(call)] = found
        return cache[id(call)]


def _only(step: Step, role: Role | str) -> str:
    """A step whose arguments name one migration executes that one, when its output tells nothing closer."""
    known = step.recognised
    if role != "tool" or known is None or step.action not in {"apply", "dry-run", "rollback", "credential-create"}:
        return ""
    if step.command is None or {"make", "npm", "pnpm", "yarn", "just"} & set(step.command.wrappers):
        return ""  # these print the command line itself before they run it
    named = [*known.files, *known.versions]
    return named[0] if len(named) == 1 and not step.reading.migrations else ""


def _likely(steps: Sequence[Step]) -> Step:
    """The output was cut where the value stood: the command that prints secrets by its nature."""
    telling = {"read-secret", "connection-string", "credential-create", "branch-create", "rotate"}
    return next((one for one in steps if one.action in telling and not one.silent), steps[-1])


def spoken(occurrence: Occurrence, session: Session | None) -> Step | None:
    """Return the step of an occurrence outside calls: a prompt, a message, a line of configuration. None where nobody
    understands the record."""
    role = occurrence["role"]
    place = occurrence["place"]
    if occurrence.get("record"):
        return None
    bridged = role == "meta" and session is not None and session.kind == "mcp-log"
    known = None if bridged else SPEAKERS.get(role)
    if known is None:
        tool = _logging(place["path"], session, bridged)
        if not tool:
            return None
        known = (tool, "config")
    owner = session.id if session else place["path"]
    where = place["line"] or place["pointer"]
    return Step(
        f"{owner}/{role}-{where}", occurrence["session"], place["path"], place["line"], place["byte_start"],
        place["pointer"], known[0], known[1], turn=occurrence["turn"], status="ok", started=occurrence["timestamp"],
        ended=occurrence["timestamp"], carries=True,
    )  # fmt: skip


def _logging(path: str, session: Session | None, bridged: bool) -> str:
    """The program whose log or configuration a line stands in; a bridge repeats its own, not the server's."""
    server = _server_tool(session.server) if session is not None and session.server else ""
    return (bridged and _file_tool(path)) or server or _file_tool(path)


def _file_tool(path: str) -> str:
    """The program that a log or configuration file belongs to by its name; empty when the name tells nothing."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1].lower()
    bridge = _BRIDGE.match(name)
    if bridge:
        return bridge[1]
    return next((tool for tool, pattern in _FILES if pattern.search(name)), "")


def _server_tool(server: str) -> str:
    """The tool behind a server's name, which is the user's choice: `mcp-server-neon` is neon."""
    lowered = server.lower()
    return next((tool.id for tool in step_rules().tools if any(mark in lowered for mark in tool.servers)), lowered)
