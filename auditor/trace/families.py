"""What several sources tell of one session, joined: forks and parents, stream captures, databases, MCP logs.

`link` changes calls in place, so that positions taken afterwards agree: the same call has the same step id wherever
it is recorded. It never joins on a guess that could be two calls: an order of equal calls must fit.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import orjson

from auditor.trace.calls import Call, Session, Turn
from auditor.trace.sessions import Transcript

WINDOW = 120.0
"""Seconds between an MCP call in a session and the same call in a host's log."""
_RECORDED = frozenset({"codex"})
Signature = tuple[str, str, str, str]


def link(transcripts: Sequence[Transcript]) -> None:
    """Join the transcripts of one audit. Own transcripts of Codex (rollouts) lead, all others follow them."""
    rollouts = _by_session(one for one in transcripts if one.session.kind in _RECORDED)
    for transcript in transcripts:
        if transcript.session.kind in _RECORDED:
            _follow_parent(transcript, rollouts)
            _find_spawner(transcript, rollouts)
    lead = {session: _signed(transcript.calls) for session, transcript in rollouts.items()}
    for transcript in transcripts:
        if transcript.session.kind not in _RECORDED and transcript.session.kind != "mcp-log":
            _follow_rollouts(transcript, rollouts, lead)
    _follow_logs(transcripts, rollouts)


def _find_spawner(child: Transcript, rollouts: dict[str, Transcript]) -> None:
    """The parent's call that started a sub-agent: the one that names it."""
    parent = rollouts.get(child.session.parent_id)
    if parent is not None and parent is not child:
        calls = (call for call in parent.calls if child.session.id in call.children)
        child.session.spawned_by = next(calls, None)


def _by_session(transcripts: Iterable[Transcript]) -> dict[str, Transcript]:
    found: dict[str, Transcript] = {}
    for transcript in sorted(transcripts, key=lambda one: one.path):
        found.setdefault(transcript.session.id, transcript)
    return found


def _signature(call: Call) -> Signature:
    if call.tool == "mcp":
        return ("mcp", call.server, call.name, _canonical(call.arguments))
    return (call.tool, "", "", call.command.strip())


def _canonical(arguments: object) -> str:
    try:
        return orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:
        return ""


def _signed(calls: Iterable[Call]) -> dict[Signature, list[Call]]:
    found: dict[Signature, list[Call]] = defaultdict(list)
    for call in calls:
        if not call.copied_from and call.tool not in {"code", "code-wait", "write_stdin"}:
            found[_signature(call)].append(call)
    return found


def _follow_parent(child: Transcript, rollouts: dict[str, Transcript]) -> None:
    """Calls of a fork that its parent has too, with the same id and words, are copies of the parent's.

    Copies come first in a fork: the first call that is not the parent's ends them.
    """
    parent = rollouts.get(child.session.parent_id or child.session.forked_from)
    if parent is None or parent is child:
        return
    theirs = {call.call_id: call for call in parent.calls if call.call_id and call.parent is None}
    for call in child.calls:
        same = theirs.get(call.call_id)
        if call.copied_from or call.parent is not None:
            continue
        if same is None or _signature(same) != _signature(call):
            break
        _be(call, same)
        call.copied_from = same.session
        for mine, its in zip(call.nested, same.nested, strict=False):
            _be(mine, its)
            mine.copied_from = its.session


def _be(call: Call, same: Call) -> None:
    call.id, call.session, call.call_id, call.turn = same.id, same.session, same.call_id, same.turn


def _follow_rollouts(
    transcript: Transcript, rollouts: dict[str, Transcript], lead: dict[str, dict[Signature, list[Call]]]
) -> None:
    """Calls of a capture, database or log are those of the rollout: by id, else by their order among equal calls."""
    taken: dict[tuple[str, Signature], int] = defaultdict(int)
    by_id = {
        session.id: {call.call_id: call for call in rollouts[session.id].calls if call.call_id}
        for session in transcript.sessions
        if session.id in rollouts
    }
    for call in transcript.calls:
        if call.session not in by_id:
            continue
        same = by_id[call.session].get(call.call_id)
        if same is None:
            key = (call.session, _signature(call))
            equal = lead[call.session].get(key[1], [])
            same = equal[taken[key]] if taken[key] < len(equal) else None
            taken[key] += 1
        if same is not None:
            _be(call, same)
            call.started, call.ended = call.started or same.started, call.ended or same.ended
    for session in transcript.sessions:
        if session.id in rollouts:
            _take_identity(session, rollouts[session.id].session)
    _take_turns(transcript, rollouts)


def _take_identity(session: Session, known: Session) -> None:
    for name in ("parent_id", "root_id", "cli_version", "model", "cwd", "originator", "approval_policy", "sandbox"):
        if not getattr(session, name):
            setattr(session, name, getattr(known, name))


def _take_turns(transcript: Transcript, rollouts: dict[str, Transcript]) -> None:
    """Turns a capture only numbers get the rollout's ids, when a call shows which turn is which or all are there."""
    for session in transcript.sessions:
        known = rollouts.get(session.id)
        if known is None or not session.turns or any(not turn.id.startswith("turn-") for turn in session.turns):
            continue
        shown = {call.line: call.turn for call in transcript.calls if call.session == session.id}
        _name_turns(session.turns, known.session.turns, shown)


def _name_turns(turns: Sequence[Turn], known: Sequence[Turn], shown: dict[int, str]) -> None:
    """Walk both lists in order: a turn is the next known one with the same prompt, or the one a joined call names."""
    ids = {turn.id: index for index, turn in enumerate(known)}
    prompts: dict[int, list[int]] = defaultdict(list)
    for index, turn in enumerate(known):
        prompts[turn.prompt].append(index)
    lines = sorted(shown)
    at = 0
    for turn in turns:
        inside = lines[bisect_left(lines, turn.line) : bisect_right(lines, turn.end_line)]
        named = next((shown[line] for line in inside if shown[line] in ids), "")
        if named:
            at = ids[named]
        elif turn.prompt:
            same = prompts.get(turn.prompt, [])
            later = bisect_left(same, at)
            at = same[later] if later < len(same) else len(known)
        elif len(turns) != len(known):
            continue
        if at < len(known):
            turn.id = known[at].id
            at += 1
        else:
            at = 0


def _follow_logs(transcripts: Sequence[Transcript], rollouts: dict[str, Transcript]) -> None:
    """An MCP log's call that a session made (same tool, arguments, time) names that session's step as its own."""
    made: dict[tuple[str, str], list[tuple[float, Call]]] = defaultdict(list)
    for transcript in rollouts.values():
        for call in transcript.calls:
            started = _seconds(call.started) if call.tool == "mcp" and not call.copied_from else None
            if started is not None:
                made[call.name, _canonical(call.arguments)].append((started, call))
    for calls in made.values():
        calls.sort(key=lambda one: one[0])
    for transcript in transcripts:
        if transcript.session.kind == "mcp-log":
            for call in transcript.calls:
                call.same_as = _only_near(call, made.get((call.name, _canonical(call.arguments)), []))


def _only_near(call: Call, made: list[tuple[float, Call]]) -> Call | None:
    """The one call within the window whose server may be this one's; None when there are several or none."""
    time = _seconds(call.started)
    if call.tool != "mcp" or time is None:
        return None
    start = bisect_left(made, time - WINDOW, key=lambda one: one[0])
    near: list[Call] = []
    for at, one in made[start:]:
        if at > time + WINDOW or len(near) > 1:
            break
        if not one.server or not call.server or one.server.lower() in call.server.lower():
            near.append(one)
    return near[0] if len(near) == 1 else None


def _seconds(timestamp: str) -> float | None:
    try:
        time = datetime.fromisoformat(timestamp)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        return None
