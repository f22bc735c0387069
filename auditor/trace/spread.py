"""Where a credential went after its origin, and how far it was exposed: later commands, MCP servers, files, commits,
messages, prompts of sub-agents, other sessions, and the model requests that contained it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from auditor.document import Exposure, Spread
from auditor.trace import contexts
from auditor.trace.calls import Session
from auditor.trace.placement import Seen
from auditor.trace.step import Mask, Step, name
from auditor.trace.vocabulary import SpreadKind

AGENTS = frozenset({"spawn_agent", "send_input", "send_message", "followup_task", "assign_task"})
_SPOKEN: dict[str, SpreadKind] = {"user": "prompt", "assistant": "message", "reasoning": "message"}


def kind_of(seen: Seen) -> SpreadKind:
    """Return how a credential was carried on at one place."""
    step = seen.step
    call = step.call if step else None
    if step is None or call is None:
        return _SPOKEN.get(seen.role, "output")
    if seen.role == "tool":
        return "output"
    if step.status == "declined" or seen.touch.effect in {"removed", "kept"}:
        return "message"  # the model wrote it, but nothing ran, or the patch only had to quote it
    if call.tool in AGENTS or call.name in AGENTS:
        return "sub-agent"
    if call.tool == "mcp":
        return "mcp-argument"
    if step.tool == "git" and "commit" in step.shown:
        return "commit"
    return "file" if step.action == "write-file" or step.wrote else "command"


def after(origin: Seen, seen: Sequence[Seen], steps: Mapping[str, Sequence[Step]], mask: Mask) -> list[Spread]:
    """Return what carried the credential on, in order of time; `steps` are the steps of each session in order."""
    found: list[Spread] = []
    done: set[tuple[str, str, str]] = set()
    sessions = {origin.occurrence["session"]}
    for one in seen:
        if one is origin:
            continue
        for spread in _spreads(one, sessions, origin, steps, mask):
            mark = (spread["kind"], spread["step"], spread["detail"])
            if mark not in done:
                done.add(mark)
                found.append(spread)
    return found


def _spreads(
    one: Seen, sessions: set[str], origin: Seen, steps: Mapping[str, Sequence[Step]], mask: Mask
) -> Iterator[Spread]:
    session = one.occurrence["session"]
    if session and session not in sessions:
        sessions.add(session)
        if one.copied:
            yield _entry(one, "session", name(session, mask), mask)
            return
    if one.copied or _same_event(one, origin) or _repeated(one):
        return
    kind = kind_of(one)
    yield _entry(one, kind, _detail(one, kind, mask), mask)
    if kind == "file" and one.step is not None:
        commit = _commit_of(one.step, steps.get(one.step.session, ()))
        if commit is not None:
            yield {
                "step": name(commit.id, mask),
                "kind": "commit",
                "detail": name(commit.shown, mask),
                "session": commit.session,
                "timestamp": commit.started,
            }


def _same_event(one: Seen, origin: Seen) -> bool:
    """Tell whether a place belongs to the call of the origin: what a call echoes of its own words went nowhere."""
    if one.step is None or origin.step is None:
        return False
    call, first = one.step.call, origin.step.call
    return one.step is origin.step or (call is not None and first is not None and call.root is first.root)


def _repeated(one: Seen) -> bool:
    """Tell whether a place is the record of a compaction, which repeats what was said before."""
    session = one.session
    return (
        session is not None
        and not (one.step and one.step.call)
        and one.occurrence["place"]["line"] in session.compactions
    )


def _entry(one: Seen, kind: SpreadKind, detail: str, mask: Mask) -> Spread:
    return {
        "step": name(one.step.id, mask) if one.step else "",
        "kind": kind,
        "detail": detail,
        "session": one.occurrence["session"],
        "timestamp": one.occurrence["timestamp"],
    }


def _detail(one: Seen, kind: SpreadKind, mask: Mask) -> str:
    """Server, files, recipient: what tells the place apart from others of its kind."""
    step = one.step
    call = step.call if step else None
    if step is None or call is None:
        return ""
    if kind == "mcp-argument":
        return name(f"{call.server}.{call.name}", mask)
    if kind == "file":
        return ", ".join(name(path, mask) for path in _distinct(step.wrote))
    if kind == "sub-agent":
        return name(", ".join(call.children), mask)
    return name(step.tool, mask)


def _distinct(paths: Iterable[str]) -> list[str]:
    """One patch may name a file by its relative and its absolute path."""
    kept: list[str] = []
    for path in sorted(set(paths), key=lambda one: (len(one), one)):
        if not any(path.endswith(f"/{other.removeprefix('./')}") for other in kept):
            kept.append(path)
    return kept


def _commit_of(writer: Step, steps: Sequence[Step]) -> Step | None:
    """The commit that took a written file in: one after it, with an `add` between that covers the file, or `-a`."""
    added = False
    later = steps[steps.index(writer) + 1 :] if writer in steps else ()
    for step in later:
        if step.tool != "git" or step.command is None or step.status == "failed":
            continue
        words = [word for word in step.command.argv[1:] if word != "-C"]
        if "add" in words:
            added = added or _covers(words, writer.wrote)
        elif "commit" in words and (added or any(word in {"-a", "--all"} or word.startswith("-a") for word in words)):
            return step
    return None


def _covers(words: Sequence[str], files: Sequence[str]) -> bool:
    named = [word for word in words if word != "add" and not word.startswith("-")]
    if any(word in {".", "*", ":/"} for word in named) or (not named and {"-A", "--all"} & set(words)):
        return True
    clean = {posixpath.normpath(word) for word in named}
    return any(
        path == word or path.endswith(f"/{word}") or path.startswith(f"{word}/") or f"/{word}/" in path
        for path in map(posixpath.normpath, files)
        for word in clean
    )


def exposure(seen: Sequence[Seen], spread: Sequence[Spread], sessions: Mapping[str, Session]) -> Exposure:
    """Return how far a credential was exposed; requests are counted where the rollout is at hand."""
    times = [time for one in seen if (time := one.occurrence["timestamp"])]
    spoken = [one for one in seen if one.session is not None and one.session.kind.startswith(contexts.MODEL_KINDS)]
    servers = {one.step.call.server for one in seen if one.step and one.step.call and one.role != "tool"} - {""}
    return {
        "first_seen": min(times, default=""),
        "last_seen": max(times, default=""),
        "to_model": any(one.role not in {"log", "meta", "environment"} for one in spoken),
        "to_tools": sorted(servers | {item["detail"] for item in spread if item["kind"] == "command"} - {""}),
        "model_requests": contexts.requests(seen, sessions),
    }
