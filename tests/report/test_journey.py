"""Lists of where a credential went: a day and a session are told where they change."""

from __future__ import annotations

import re

import pytest

from auditor.document import Document
from auditor.report import html, markdown, reading, terminal
from auditor.report.html import sequence
from auditor.report.reading import Reading
from tests.report import leaks, sample


def _over_days() -> Document:
    """A leak that was used two days later, in another session, and once more on that day."""
    document = sample.leaking()
    one = document["incidents"][0]
    times = ["2026-11-20T14:04:02Z", "2026-11-22T09:00:05Z", "2026-11-22T09:10:00Z"]
    one["spread"] = [
        {"step": "", "kind": "command", "detail": f"tool{number}", "session": session, "timestamp": time}
        for number, (time, session) in enumerate(zip(times, (leaks.MAIN, leaks.CHILD, leaks.CHILD), strict=True))
    ]
    return document


def test_the_terminal_tells_the_day_and_the_session() -> None:
    text = re.sub(r"[ │]+", " ", terminal.render(_over_days()).decode())
    assert "then 14:04:02 used in a command: tool0\n" in text
    assert "2026-11-22 09:00:05 used in a command: tool1, session 01993f41-1b2c…\n" in text
    assert "\n 09:10:00 used in a command: tool2\n" in text


def test_markdown_tells_the_day_and_the_session() -> None:
    text = markdown.render(_over_days()).decode()
    assert "**Then:** 14:04:02 used in a command `tool0`\n" in text
    assert "**Then:** 2026-11-22 09:00:05 used in a command `tool1` in session `01993f41-1b2c…`\n" in text
    assert "**Then:** 09:10:00 used in a command `tool2`\n" in text


def test_the_leak_path_tells_the_day() -> None:
    document = _over_days()
    rows = sequence.diagram(Reading(document), document["incidents"][0]).rows
    assert [(row.date, row.clock) for row in rows][-3:] == [
        ("", "14:04:02"), ("2026-11-22", "09:00:05"), ("", "09:10:00"),
    ]  # fmt: skip
    assert '<span class="mono">2026-11-22 09:00:05</span>' in html.render(document).decode()


@pytest.mark.parametrize("odd", ["", "soon", "0001-01-01T00:00:00+05:00"])
def test_a_time_that_is_none_has_no_day(odd: str) -> None:
    found = list(reading.days(["2026-11-20T14:00:00Z", odd, "2026-11-20T15:00:00Z", "2026-11-21T00:00:00Z"]))
    assert found == [("", "14:00:00"), ("", odd), ("", "15:00:00"), ("2026-11-21", "00:00:00")]
