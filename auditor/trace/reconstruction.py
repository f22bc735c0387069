"""The result of a trace; apart from what makes it, since runs that trace nothing need only this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from auditor.document import Check, Incident, RunDict, StepDict


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """What the trace knows, in the document's form."""

    steps: Sequence[StepDict] = ()
    runs: list[RunDict] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
