"""What verbs that report share: the terminal's shape, and the gate in front of every report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from auditor.cli import options as shared
from auditor.document import Document
from auditor.report.publish import STDOUT, Screen, Target, publish

NARROW, WIDE = 60, 140


def show_and_publish(
    document: Document,
    wanted: Sequence[Target],
    rules: Sequence[Path],
    color: str,
    *,
    quiet: bool,
    inputs: Sequence[str],
) -> None:
    """Write the wanted reports, and the text report to standard output unless it is taken or `quiet`.

    See `auditor.report.publish.publish` for what is raised.
    """
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load

    shown = list(wanted)
    if not quiet and not any(target.path == STDOUT for target in wanted):
        shown.append(Target("text", STDOUT))
    if not shown:
        return
    sys.stdout.flush()
    publish(document, shown, Engine(load(rules)), sys.stdout.buffer, inputs=inputs, screen=screen(color))


def masked(text: str, rules: Sequence[Path], key_file: Path | None) -> str:
    """Return an operator's own words for a stored document without credentials: the gate would refuse all of it."""
    if not text:
        return ""
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.safe.files import load_key

    return Engine(load(rules)).mask(text.encode("utf-8", "replace"), load_key(key_file)).decode("utf-8", "replace")


def screen(color: str) -> Screen:
    """Return the terminal's width, within what reads well, and whether to colour."""
    import shutil

    width = shutil.get_terminal_size((100, 24)).columns
    return Screen(max(NARROW, min(WIDE, width)), shared.colour(color))
