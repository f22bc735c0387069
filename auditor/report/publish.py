"""The masking gate: every report is rendered, scanned by the engine, and only then written.

Two scans. The document as JSON, where every string stands alone, is refused for any match of medium confidence. Each
rendered report is refused for any match of high confidence, which a layout cannot make up: between two lines of a table
`Reset password` and the next cell may look like a password in a sentence, which the first scan has ruled out.
Nothing is written unless all reports of a call pass. Files are readable by their owner only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from auditor.document import Document
from auditor.errors import Refused, UsageProblem, VerificationFailed
from auditor.model import Confidence, Match
from auditor.report.formats import FORMATS, render
from auditor.safe.files import write_private
from auditor.secret import MARKER_PATTERN

STDOUT = "-"


SHORT = {"md": "markdown", "txt": "text", "xml": "junit"}
"""Names that people type for a format."""


class Scanner(Protocol):
    """What the gate needs of `auditor.detect.engine.Engine`."""

    def scan(self, data: bytes, *, confidence: Confidence = "low") -> list[Match]: ...


class Target(NamedTuple):
    """One report to write: a format and a path, `-` for standard output."""

    format: str
    path: str


class Screen(NamedTuple):
    """How the text report is shown on standard output."""

    width: int
    colour: bool


def targets(specifications: Sequence[str]) -> list[Target]:
    """Return the targets of `FORMAT[=FILE]` options, in order.

    Raises:
        UsageProblem: an unknown format, two reports on standard output, or two in one file.
    """
    found = [_target(one) for one in specifications]
    if sum(one.path == STDOUT for one in found) > 1:
        raise UsageProblem("two reports cannot share standard output", "Give one of them a file: FORMAT=FILE.")
    files = [os.path.realpath(one.path) for one in found if one.path != STDOUT]
    if len(set(files)) < len(files):
        raise UsageProblem("two reports cannot share a file")
    return found


def _target(specification: str) -> Target:
    written, _, path = specification.partition("=")
    name = SHORT.get(written, written)
    if name not in FORMATS:
        raise UsageProblem("unknown report format", f"One of: {', '.join(FORMATS)}.")
    return Target(name, path or STDOUT)


def publish(
    document: Document,
    wanted: Sequence[Target],
    scanner: Scanner,
    stdout: BinaryIO,
    *,
    inputs: Iterable[str] = (),
    screen: Screen | None = None,
) -> None:
    """Render all targets, scan all, then write all.

    Args:
        document: what to report.
        wanted: see `targets`.
        scanner: finds credentials in rendered bytes.
        stdout: where `-` goes.
        inputs: paths beside the document's own sources that may not be overwritten.
        screen: width and colour of the text report on standard output; without it as in a file.

    Raises:
        Refused: a path is one of the inputs.
        VerificationFailed: a report would hold a credential; nothing is written.
        UsageProblem: a file cannot be written.
    """
    _check_paths(wanted, [*(source["path"] for source in document["coverage"]["sources"]), *inputs])
    rendered = [(target, _render(document, target, screen)) for target in wanted]
    check(render(document, "json"), scanner, "json", "medium")
    for target, data in rendered:
        check(data, scanner, target.format, "high")
    for target, data in rendered:
        if target.path == STDOUT:
            stdout.write(data)
            stdout.flush()
        else:
            write_private(target.path, data)


def check(data: bytes, scanner: Scanner, name: str, confidence: Confidence = "medium") -> None:
    """Raise `VerificationFailed` if rendered bytes hold what a rule takes for a credential (masks are none).

    `confidence` is the least that counts.
    """
    found = scanner.scan(data, confidence=confidence)
    if found:
        line = data.count(b"\n", 0, found[0].start) + 1
        raise VerificationFailed(
            f"the {name} report would hold a credential (rule {found[0].rule}, report line {line}): nothing written",
            "This is a fault of auditor, or the document was not made by it. Please report the rule and the format.",
        )


def _render(document: Document, target: Target, screen: Screen | None) -> bytes:
    if target.format == "text" and target.path == STDOUT and screen:
        from auditor.report.terminal import show

        return show(document, width=screen.width, colour=screen.colour)
    return render(document, target.format)


def _check_paths(wanted: Sequence[Target], inputs: Iterable[str]) -> None:
    files = [Path(target.path) for target in wanted if target.path != STDOUT]
    known = {os.path.realpath(Path(path).expanduser()) for path in inputs if path and path != STDOUT}
    masked = {path: _masked(path) for path in known if re.search(MARKER_PATTERN, path)}
    for file in files:
        real = os.path.realpath(file)
        for shown, pattern in masked.items():
            if pattern.fullmatch(real):  # its own name holds what is masked
                raise Refused(f"{shown}: is one of the inputs; a report may not replace it")
        if real in known or any(_same(file, path) for path in known if file.exists()):
            raise Refused(f"{file}: is one of the inputs; a report may not replace it")


def _masked(path: str) -> re.Pattern[str]:
    """The names that a masked path may stand for: an input is known by its shown name only."""
    return re.compile("[^/]+".join(map(re.escape, re.split(MARKER_PATTERN, path))), re.DOTALL)


def _same(file: Path, other: str) -> bool:
    """Hard links and case-blind file systems: the same file by another name."""
    try:
        return file.samefile(other)
    except OSError:
        return False
