"""GitHub workflow commands: log text may not end a command and begin another.

Escapes as in actions/toolkit, packages/core/src/command.ts (`escapeData`, `escapeProperty`).
"""

from __future__ import annotations

from auditor.safe.text import clip, visible


def data(text: str, limit: int = 0) -> str:
    """Return the message of a workflow command; newlines of ours are kept as `%0A`."""
    shown = visible(text, lines=True)
    shown = clip(shown, limit) if limit else shown
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def value(text: str) -> str:
    """Return a property of a workflow command (`file=`, `title=`)."""
    return data(visible(text)).replace(":", "%3A").replace(",", "%2C")


def command(level: str, message: str, **properties: str | int) -> str:
    """Return one line `::level key=value,…::message`; empty properties are left out."""
    shown = ",".join(f"{name}={value(str(given))}" for name, given in properties.items() if given not in ("", 0))
    return f"::{level}{' ' if shown else ''}{shown}::{data(message)}"
