"""One session out of what was examined: its finds, steps, runs and checks, and nothing of others."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from auditor.errors import UsageProblem
from auditor.model import Gap
from auditor.trace.reconstruction import Reconstruction


def chosen(wanted: str, known: Collection[str]) -> frozenset[str]:
    """Return which of the `known` sessions `wanted`, an id or its beginning, names; none when nothing is wanted.

    Raises:
        UsageProblem: no session, or several: a mistyped id must not read like a clean session.
    """
    if not wanted:
        return frozenset()
    found = {wanted} if wanted in known else {name for name in known if name.startswith(wanted)}
    if len(found) != 1:
        problem = (
            "several sessions in scope have ids that begin" if found else "no session in scope has an id that begins"
        )
        raise UsageProblem(f"--session: {problem} so", "`auditor trace` shows ids of sessions.")
    return frozenset(found)


def bearing(gaps: Iterable[Gap], sessions: Collection[str]) -> list[Gap]:
    """Return the gaps that say something of the chosen sessions: one that is missing is none of them."""
    return [gap for gap in gaps if not sessions or gap.reason != "missing-session"]


def told(story: Reconstruction, sessions: Collection[str]) -> Reconstruction:
    """Return a story without other sessions; steps of others that an incident came from or went to are kept."""
    if not sessions:
        return story
    linked = {one["origin"]["step"] for one in story.incidents}
    linked |= {move["step"] for one in story.incidents for move in one["spread"]}
    return Reconstruction(
        [step for step in story.steps if step["session"] in sessions or step["id"] in linked],
        [run for run in story.runs if run["session"] in sessions],
        [check for check in story.checks if check["session"] in sessions],
        story.incidents,
    )
