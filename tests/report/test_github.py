from __future__ import annotations

import re
from typing import Any

from auditor.report import github
from tests.report import documents, hostile, sample

COMMAND = re.compile(r"::(error|warning|notice)( (file|line|title)=[^,:\n]*(,(line|title)=[^,:\n]*)*)?::[^\n]*")


@documents.EVERY
def test_only_our_commands_and_no_more_than_are_shown(build: Any) -> None:
    lines = github.render(build()).decode().splitlines()
    for line in lines:
        assert COMMAND.fullmatch(line), line
        assert not hostile.UNSAFE.search(line)
    for level in ("error", "warning", "notice"):
        assert sum(line.startswith(f"::{level}") for line in lines) <= github.LIMIT


def test_what_is_dropped_is_counted() -> None:
    assert "not shown here." in github.render(documents.many()).decode().splitlines()[-1]


def test_levels_and_places() -> None:
    text = github.render(sample.leaking()).decode()
    assert text.startswith("::error file=~/.codex/sessions/")
    assert ",line=42,title=critical%3A Neon connection string" in text
    assert "::warning file=logs/mcp-server-neon.log,line=12," in text
