"""Model requests whose context held a credential.

A value is in the context from where it entered a session until that context is compacted, or the turn it came in is
rolled back; a fork begins with what its parent's context held. A request is booked by lines whose place differs:

- up to about 0.40 `token_count` stands before the call that the request answered with,
- later files write it after the outputs of those calls,
- files since 0.160 have a `token_usage_record` between the call and its output; `token_count` then counts not.

Source: openai/codex, codex-rs/core/src/codex.rs and the files themselves; see `Session.requests`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence

from auditor.trace.calls import Session
from auditor.trace.placement import Seen

MODEL_KINDS = ("codex", "codex-exec", "app-server")
_END = 1 << 62
Entry = tuple[int, str]
"""Line at which a value entered a context, and the role that brought it."""


def requests(seen: Sequence[Seen], sessions: Mapping[str, Session]) -> int:
    """Return how many model requests of all sessions contained a credential; 0 where no source books requests."""
    entered = _entries(seen, sessions)
    _inherit(entered, sessions)
    return sum(_count(sessions[name], found) for name, found in entered.items())


def _entries(seen: Sequence[Seen], sessions: Mapping[str, Session]) -> dict[str, list[Entry]]:
    """Places by the session in whose own file they stand: a copied line is in the context of the copy."""
    by_path = {session.path: session for session in sessions.values() if session.kind == "codex"}
    found: dict[str, list[Entry]] = defaultdict(list)
    for one in seen:
        for place in (one.occurrence["place"], *one.occurrence["copies"]):
            own = one.session if one.session is not None and one.session.path == place["path"] else None
            session = own or by_path.get(place["path"])
            if (
                session is not None
                and place["line"]
                and session.kind.startswith(MODEL_KINDS)
                and session.id in sessions
            ):
                found[session.id].append((place["line"], one.role))
    return found


def _inherit(entered: dict[str, list[Entry]], sessions: Mapping[str, Session]) -> None:
    """A fork whose file begins in its parent's holds from its start what the parent held there."""
    forks: dict[str, list[Session]] = defaultdict(list)
    for session in sessions.values():
        if session.base:
            forks[session.base].append(session)
    waiting, done = list(entered), set[str]()
    while waiting:
        parent = waiting.pop()
        if parent in done or parent not in sessions:
            continue
        done.add(parent)
        for fork in forks[parent]:
            if any(line <= fork.base_end < _end(sessions[parent], line) for line, _ in entered[parent]):
                entered.setdefault(fork.id, []).append((0, "user"))
                done.discard(fork.id)
                waiting.append(fork.id)


def _end(session: Session, line: int) -> int:
    """The line at which what stands on a line leaves the context."""
    later = bisect_left(session.compactions, line + 1)
    compacted = session.compactions[later] if later < len(session.compactions) else _END
    return min([compacted, *(at for begin, at in session.rollbacks if begin <= line < at)])


def _count(session: Session, entries: Sequence[Entry]) -> int:
    booked = session.requests
    spans = sorted(
        (bisect_left(booked, line) + _own(session, role), bisect_left(booked, _end(session, line)))
        for line, role in entries
    )
    count = reached = 0
    for begin, end in spans:
        count += max(end - max(begin, reached), 0)
        reached = max(reached, end)
    return count


def _own(session: Session, role: str) -> int:
    """Bookings after a line that are of the request which led to it: it did not contain the value yet."""
    if not session.requests or session.spoke > session.requests[0]:
        return 0  # booked before its calls
    return int(role in {"assistant", "reasoning"} or (role == "tool" and session.weak))
