"""The command line: click only, one module per verb, no logic."""

from __future__ import annotations

import gc
from collections.abc import Sequence

GARBAGE = 20_000, 20, 100
"""Thresholds of the collector: nearly all that an audit makes stays to its end, and looking through it costs a
twentieth of the time by default."""


def run(arguments: Sequence[str]) -> int:
    """Run `auditor ARGUMENTS` and return its exit code."""
    gc.set_threshold(*GARBAGE)
    from auditor.cli.app import invoke

    code = invoke(arguments)
    gc.freeze()  # the process ends: nothing is worth looking through once more
    return code
