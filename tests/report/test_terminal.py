from __future__ import annotations

import re

import pytest

from auditor.report import terminal
from tests.report import documents, hostile, leaks, sample

COLOURS = re.compile(rb"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [80, 100, 140])
def test_rows_fit_and_colour_changes_nothing_else(width: int) -> None:
    plain = terminal.show(sample.leaking(), width=width, colour=False)
    coloured = terminal.show(sample.leaking(), width=width, colour=True)
    assert max(len(line) for line in plain.decode().splitlines()) <= width
    assert b"\x1b" in coloured
    lines = [line.rstrip() for line in COLOURS.sub(b"", coloured).decode().splitlines()]
    assert lines == plain.decode().splitlines()


def test_incidents_come_first_worst_first() -> None:
    text = terminal.render(sample.leaking()).decode()
    order = [text.index(word) for word in ("CRITICAL", "HIGH", "MEDIUM", "workflow checks", "coverage", "3 gaps in")]
    assert order == sorted(order)
    assert "3 credentials leaked: 1 critical, 1 high and 1 medium; 10 occurrences at 14 places." in text
    assert leaks.accepted()["mask"] not in text


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (sample.clean(), "✓ No credential found in what was examined."),
        (sample.nothing(), "! Nothing was examined, so nothing can be said."),
    ],
)
def test_verdict_is_bounded_by_coverage(document: object, sentence: str) -> None:
    assert sentence in terminal.render(document).decode()  # type: ignore[arg-type]


@pytest.mark.parametrize("text", hostile.STRINGS, ids=range(len(hostile.STRINGS)))
@pytest.mark.parametrize("colour", [False, True])
def test_hostile_text_is_inert(text: str, colour: bool) -> None:
    document = hostile.fill(sample.leaking(), lambda: text)
    shown = COLOURS.sub(b"", terminal.show(document, width=100, colour=colour)) if colour else terminal.render(document)
    assert not hostile.UNSAFE.search(shown.decode())
    if not colour:
        assert b"\x1b" not in shown


def test_markup_is_shown_not_read() -> None:
    document = hostile.fill(sample.leaking(), lambda: "[bold]x[/bold] :smile:")
    assert "[bold]x[/bold] :smile:" in terminal.render(document).decode()


def test_many_incidents_are_told_in_a_line_each() -> None:
    text = terminal.render(documents.many()).decode()
    assert text.count("├── origin") == terminal.TREES
    assert "4,963 more credentials ─" in text
    assert "and 4,463 more credentials; -f html=FILE shows all" in text
    lines = [line for line in text.splitlines() if line.startswith("high ")]
    assert len(lines) == terminal.LINES
    assert lines[0] == f"high     {leaks.API_KEY}  {leaks.ROLLOUT}:73"


def test_many_sources_are_counted_by_format() -> None:
    document = sample.leaking()
    document["coverage"]["sources"] *= 20
    assert "codex-rollout  40 sources" in terminal.render(document).decode()
