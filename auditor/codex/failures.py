"""Failed hooks as gaps of a report: what a hook didn't do is something that was not examined in time."""

from __future__ import annotations

import time

from auditor.codex.ledger import Ledger, absorb, exists
from auditor.model import Gap


def gaps(book: Ledger) -> tuple[Gap, ...]:
    """Return the unresolved failures of a ledger as gaps."""
    return tuple(
        Gap("auditor hook", "hook-failed", f"{one.event}: {one.problem} {one.place} at {_utc(one.at)}".strip())
        for one in book.failures()
    )


def known() -> tuple[Gap, ...]:
    """Return the unresolved failures of this user's hooks; nothing when hooks were never used."""
    if not exists():
        return ()
    with Ledger() as book:
        absorb(book)
        return gaps(book)


def _utc(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
