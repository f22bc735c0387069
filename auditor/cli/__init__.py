"""The command line: click only, one module per verb, no logic."""

from __future__ import annotations

from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Run `auditor ARGUMENTS` and return its exit code."""
    from auditor.cli.app import invoke

    return invoke(arguments)
