"""Command lines of PowerShell, read as plain words, statement by statement: its grammar is not the shell's.

What stands behind `-Command` is a text, what stands behind `-EncodedCommand` one in base64 of UTF-16 (Microsoft's
about_PowerShell_exe). Variables of the environment are written `$env:NAME`; here they become `$NAME`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import replace

from auditor.trace.shell import SimpleCommand, variables_in

PROGRAMS = frozenset({"powershell", "pwsh"})
_COMMAND = frozenset({"-command", "-c", "/c"})
_END = re.compile(r"[;\n|]|&&")
_ASSIGNED = re.compile(r"\$env:([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.I | re.S)
_VARIABLE = re.compile(r"\$env:([A-Za-z_][A-Za-z0-9_]*)", re.I)
_QUOTES = "\"'"


def statements(command: SimpleCommand) -> tuple[SimpleCommand, ...] | None:
    """Return what a call of PowerShell runs, None where it only starts."""
    outer = replace(command, wrappers=(*command.wrappers, command.program))
    texts = map(str.strip, _END.split(_text(command.argv)))
    return tuple(_statement(outer, text) for text in texts if text) or None


def _text(argv: Sequence[str]) -> str:
    """The text that is run. A parameter's name may be cut where it stays plain."""
    for at, word in enumerate(argv[1:], 1):
        name = word.lower()
        if name in _COMMAND:
            return " ".join(argv[at + 1 :])
        if name == "-ec" or (name.startswith("-e") and "-encodedcommand".startswith(name)):
            return _decoded("".join(argv[at + 1 : at + 2]))
    return ""


def _decoded(argument: str) -> str:
    try:
        return base64.b64decode(argument, validate=True).decode("utf-16-le")
    except ValueError:
        return ""


def _statement(outer: SimpleCommand, text: str) -> SimpleCommand:
    if assigned := _ASSIGNED.fullmatch(text):
        value = _VARIABLE.sub(r"$\1", assigned[2].strip(_QUOTES))
        return replace(outer, argv=(), assignments=(*outer.assignments, (assigned[1], value)))
    words = [word.strip(_QUOTES) for word in _VARIABLE.sub(r"$\1", text.removeprefix("&")).split()]
    return replace(outer, argv=tuple(words), variables=outer.variables | variables_in(" ".join(words)))
