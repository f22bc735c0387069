"""Text for a terminal: no character of it may move the cursor, change colours, set titles or reverse direction."""

from __future__ import annotations

from auditor.safe.text import clip, visible


def line(text: str, limit: int = 0) -> str:
    """Return `text` as one inert line; `limit` counts characters (0: no limit)."""
    shown = visible(text)
    return clip(shown, limit) if limit else shown


def block(text: str, limit: int = 0) -> str:
    """Return `text` inert, newlines kept."""
    shown = visible(text, lines=True).replace("\t", "    ")
    return clip(shown, limit) if limit else shown
