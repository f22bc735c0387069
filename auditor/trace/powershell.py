"""Command lines of PowerShell, read statement by statement: words, quotes and variables, not its whole grammar.

What stands behind `-Command` is a text, what stands behind `-EncodedCommand` one in base64 of UTF-16 (Microsoft's
about_PowerShell_exe and about_Quoting_Rules). Variables of the environment are written `$env:NAME`; here they become
`$NAME`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.trace.shell import SimpleCommand, variables_in

PROGRAMS = frozenset({"powershell", "pwsh"})
_COMMAND, _FILE = frozenset({"-command", "-c", "/c"}), frozenset({"-file", "-f"})
_PIECE = re.compile(r"""(?P<end>[;\n|]|&&)|(?P<word>(?:'[^']*'|"[^"]*"|`.|[^\s;|&'"`])+)""", re.S)
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_ASSIGNED = re.compile(r"\$env:([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.I | re.S)
_VARIABLE = re.compile(r"\$(?:env:([A-Za-z_][A-Za-z0-9_]*)|\{env:([A-Za-z_][A-Za-z0-9_]*)\})", re.I)


def statements(command: SimpleCommand) -> tuple[SimpleCommand, ...] | None:
    """Return what a call of PowerShell runs, None where it only starts or runs a script."""
    outer = replace(command, wrappers=(*command.wrappers, command.program))
    return tuple(_statement(outer, words) for words in _words(_text(command.argv)) if words) or None


def environment(command: SimpleCommand) -> SimpleCommand | None:
    """Return a command with its `$env:NAME` as a shell has them, None where it has none: Codex on Windows records what
    PowerShell runs without saying so."""
    return _statement(command, command.argv) if any(map(_VARIABLE.search, command.argv)) else None


def _text(argv: Sequence[str]) -> str:
    """The text that is run. A parameter's name may be cut where it stays plain."""
    for at, word in enumerate(argv[1:], 1):
        name = word.lower()
        if name in _FILE or name.endswith(".ps1"):
            break
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


def _words(text: str) -> Iterator[list[str]]:
    """The words of each statement, without their quotes."""
    words: list[str] = []
    for piece in _PIECE.finditer(text):
        if piece["end"]:
            yield words
            words = []
        else:
            words.append(_QUOTED.sub(r"\1\2", piece["word"]))
    yield words


def _statement(outer: SimpleCommand, words: Sequence[str]) -> SimpleCommand:
    if assigned := _ASSIGNED.fullmatch(" ".join(words)):
        return replace(outer, argv=(), assignments=(*outer.assignments, (assigned[1], _as_shell(assigned[2]))))
    argv = tuple(map(_as_shell, words))
    return replace(outer, argv=argv, variables=outer.variables | variables_in(" ".join(argv)))


def _as_shell(word: str) -> str:
    return _VARIABLE.sub(r"$\1\2", word)
