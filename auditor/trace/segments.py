"""Which command of a call printed a piece of its output. One call may run several; each tool's own words tell where its
output begins, and what stands before the first such words belongs to the commands before it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from auditor.trace.outputs import Reading
from auditor.trace.step import Step
from auditor.trace.vocabulary import MIGRATING, PREPARING

MAX_COMPLAINTS = 64
"""Places of an output where a command complains; the first ones are asked for."""


def lay_out(steps: Sequence[Step], starts: Sequence[Sequence[int]]) -> None:
    """Set `begin` of each step; `starts` are the places where each one's words stand in the output, ascending."""
    floor, last_tool = -1, ""
    over: int | None = None
    for step, places in zip(steps, starts, strict=True):
        if step.silent:
            continue
        low = floor + 1 if step.tool == last_tool else max(floor, 0)
        place = next((one for one in places if one >= low), None)
        if place is None and over is not None and over >= floor:
            place = over  # what no command's words tell begins where the one before it surely ended
        over = step.reading.finished
        if place is not None:
            step.begin = floor = place
            last_tool = step.tool


def words_of(step: Step, output: str) -> Sequence[int]:
    """Return where a step's output may begin; what prints nothing by its nature prints at most its complaints."""
    complaint = step.recognised.silent if step.recognised else None
    if complaint is None or step.silent:
        return step.reading.begins
    found = [match.start() for match in islice(complaint.finditer(output), MAX_COMPLAINTS)]
    step.silent = not found
    return found


def printer(steps: Sequence[Step], offset: int) -> Step:
    """Return the step that printed the text at an offset of the call's output."""
    loud = [step for step in steps if not step.silent] or list(steps)
    begun = [step for step in loud if step.begin is not None and step.begin <= offset]
    if begun:
        return max(begun, key=lambda step: step.begin or 0)
    unplaced = [step for step in loud if step.begin is None]
    telling = [step for step in unplaced if step.action in PREPARING]
    failed = [step for step in unplaced[-1:] if step is steps[-1] and _failed(step)]
    return (telling or failed or unplaced or loud)[0]


def _failed(step: Step) -> bool:
    """Tell whether a migration step ended a call badly: the error is then its own."""
    return step.status == "failed" and step.action in MIGRATING


def executing(step: Step, offset: int) -> str:
    """Return the migration that was executing in a step at an offset of the call's output, or empty."""
    reading: Reading = step.reading
    return reading.executing(offset)
