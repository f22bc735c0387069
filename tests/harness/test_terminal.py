"""The full-screen interface, typed into through a pseudo-terminal, writes what `codex exec` doesn't."""

from __future__ import annotations

import json

from tests.harness.codex import Workshop
from tests.harness.items import say
from tests.harness.terminal import Terminal


def test_typed_prompts_reach_the_history(workshop: Workshop) -> None:
    workshop.tables = f'[projects."{workshop.project}"]\ntrust_level = "trusted"\n'
    with workshop as shop:
        shop.model.script([{"items": [say("Done")], "when": "list the tables"}])
        history = shop.home / "history.jsonl"
        with Terminal(shop, "--disable", "daemon_auto_start") as terminal:
            terminal.until(lambda: b"shortcuts" in terminal.screen)
            terminal.until(lambda: False, 1)
            terminal.type("list the tables")
            # the file is made first and written afterwards
            assert terminal.until(lambda: history.exists() and b"\n" in history.read_bytes())
        assert json.loads(history.read_text().splitlines()[0])["text"] == "list the tables"
