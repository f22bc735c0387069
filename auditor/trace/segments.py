"""Which command of a call printed a piece of its output. One call may run several; each tool's own words tell where its
output begins, and what stands before the first such words belongs to the commands before it."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.trace.outputs import Reading
from auditor.trace.step import Step
from auditor.trace.vocabulary import PREPARING


def lay_out(steps: Sequence[Step], starts: Sequence[Sequence[int]]) -> None:
    """Set `begin` of each step; `starts` are the places where each one's words stand in the output, ascending."""
    floor, last_tool = -1, ""
    over: int | None = None
    for step, places in zip(steps, starts, strict=True):
        if step.command is not None and step.command.silent():
            continue
        low = floor + 1 if step.tool == last_tool else max(floor, 0)
        place = next((one for one in places if one >= low), None)
        if place is None and over is not None and over >= floor:
            place = over  # what no command's words tell begins where the one before it surely ended
        over = step.reading.finished
        if place is not None:
            step.begin = floor = place
            last_tool = step.tool


def printer(steps: Sequence[Step], offset: int) -> Step:
    """Return the step that printed the text at an offset of the call's output."""
    loud = [step for step in steps if step.command is None or not step.command.silent()] or list(steps)
    begun = [step for step in loud if step.begin is not None and step.begin <= offset]
    owner = max(begun, key=lambda step: step.begin or 0) if begun else None
    before = loud[: loud.index(owner)] if owner else loud
    unplaced = [step for step in before if step.begin is None]
    if owner is not None and (owner.begin or 0) <= offset:
        return owner
    quiet = [step for step in unplaced if step.action in PREPARING]
    return (quiet or unplaced or loud)[0]


def executing(step: Step, offset: int) -> str:
    """Return the migration that was executing in a step at an offset of the call's output, or empty."""
    reading: Reading = step.reading
    return reading.executing(offset)
