"""Command lines of PowerShell, read statement by statement: words, quotes and variables, not its whole grammar.

What stands behind `-Command` is a text, what stands behind `-EncodedCommand` one in base64 of UTF-16 (Microsoft's
about_PowerShell_exe, about_Quoting_Rules and about_Comments; PowerShell/PowerShell, CommandLineParameterParser.cs).
Variables, also those of the environment (`$env:NAME`), become a shell's `$NAME`. The statements of a block are read;
what an expression computes is not.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from auditor import lazy
from auditor.trace.shell import MAX_BYTES, MAX_COMMANDS, Redirect, SimpleCommand, variables_in

PROGRAMS = frozenset({"powershell", "pwsh"})
_VALUED = (
    "configurationfile", "configurationname", "custompipename", "ea", "encodedarguments", "ep", "executionpolicy", "if",
    "inputformat", "of", "outputformat", "psconsolefile", "settingsfile", "version", "wd", "windowstyle",
    "workingdirectory",
)  # fmt: skip
"""Parameters with a value, which is no command."""
_FLAGS = ("interactive", "login", "mta", "noexit", "nologo", "noninteractive", "noprofile", "noprofileloadtime", "sta")
_PARAMETER = lazy.compile(r"(?:([-\u2013-\u2015])\1?|/)(.+)", re.S)
"""Dashes of any kind, one or two of the same."""
_TEXT = r"""@(?P<mark>['"])[ \t]*\r?(?=\n)(?P<here>.*?)(?:\r?\n(?P=mark)@|\Z)
    |'(?P<single>(?:[^']|'')*+)(?:'|\Z)|"(?P<double>(?:[^"`]|`.?|"")*+)(?:"|\Z)"""
"""Strings; one that has no end goes to the end of the text."""
_PIECE = lazy.compile(
    rf"""(?P<skipped>`\r?\n|<\#.*?(?:\#>|\Z)|\#[^\n]*|(?<![^\s;|])[1-6*]>&[12])|(?P<end>[;\n|{{}}]|&&)
    |(?<![^\s;|])(?P<redirect>[1-6*]?>>?)|(?P<word>(?:{_TEXT}|\$\{{[^${{}}]*+\}}|`.?|[^\s;|&'"`{{}}])+)""",
    re.S | re.X,
)
_PART = lazy.compile(rf"""{_TEXT}|`.?|[^'"`@]+|.""", re.S | re.X)
_ESCAPED = lazy.compile(r"`(.?)", re.S)
_LITERAL = "\0"
"""A dollar that expands nothing, until the variables of its statement are known; no argument can hold this itself."""
_MEANT = {"n": "\n", "r": "\r", "t": "\t", "$": _LITERAL}
_ENVIRONMENT = lazy.compile(r"\$(\{?)env:(?=[A-Za-z_])", re.I)
_NAME = lazy.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_CAST = lazy.compile(r"(?:\[[\w.]{1,80}\])+(?=\$)")
"""A type before a variable that is set."""
_SET = lazy.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*+)\}?\s*+=")
_USED = lazy.compile(r"\$(\{?)([A-Za-z_][A-Za-z0-9_]*+)(?!:)")
_OPENED = lazy.compile(r"(?:[$@]?\()+")
_CLOSED = lazy.compile(r"\)(?:\.\w++(?:\([^()]*+\))?+)?+\Z")
"""The end of what stands in parentheses, with a method or property of it (`.Trim()`)."""
_PROGRAM = lazy.compile(r"[A-Za-z./\\~]")


class _Line(NamedTuple):
    """One statement: its words without quotes, where it stands in characters, and what it is joined to."""

    words: list[str]
    redirects: list[Redirect]
    start: int
    end: int
    piped: bool


def read(text: str) -> tuple[SimpleCommand, ...]:
    """Return the commands of a text of PowerShell, each with its place in bytes, of at most `MAX_BYTES` of it."""
    text = text.encode("utf-8", "surrogatepass")[:MAX_BYTES].decode("utf-8", "replace")
    found: list[SimpleCommand] = []
    size = at = 0
    for line in islice(_lines(text), MAX_COMMANDS):
        size, at = size + _size(text[at : line.start]), line.start
        place = SimpleCommand((), wrappers=("powershell",), start=size, end=size + _size(text[at : line.end]))
        found += _commands(place, line)
    return tuple(found)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def statements(command: SimpleCommand) -> tuple[SimpleCommand, ...] | None:
    """Return what a call of PowerShell runs, None where it only starts or runs a script."""
    outer = replace(command, wrappers=(*command.wrappers, command.program))
    return tuple(one for line in _lines(_text(command)) for one in _commands(outer, line)) or None


def _commands(outer: SimpleCommand, line: _Line) -> tuple[SimpleCommand, ...]:
    """The commands of a statement, at the place of `outer` and with its wrappers."""
    piped = line.piped or outer.piped
    return _statement(replace(outer, redirects=(*outer.redirects, *line.redirects), piped=piped), line.words)


def respelled(command: SimpleCommand) -> tuple[SimpleCommand, ...] | None:
    """Return a command with its variables as a shell has them, None where it is no PowerShell, or was read as such:
    Codex on Windows records what PowerShell runs without saying so."""
    if not PROGRAMS.isdisjoint(command.wrappers):
        return None
    words = tuple(map(_as_shell, command.argv))
    return _statement(command, words) if _assigned(words) or words != command.argv else None


def _text(command: SimpleCommand) -> str:
    """The text that is run. A parameter's name may be cut where it stays plain."""
    words = iter(command.argv[1:])
    for word in words:
        parameter = _PARAMETER.fullmatch(word)
        if not parameter:
            return _positional(command, [word, *words])
        name = parameter[2].lower()
        if "command".startswith(name):
            given = " ".join(words)
            return command.stdin if given in {"", "-"} else given
        if name == "ec" or "encodedcommand".startswith(name):
            return _decoded(next(words, ""))
        if name in {"cwa", "commandwithargs"}:
            return next(words, "")
        if any(flag.startswith(name) for flag in _FLAGS):
            continue
        if not any(valued.startswith(name) for valued in _VALUED):
            break  # `-File`, or none of its parameters
        next(words, "")
    return ""


def _positional(command: SimpleCommand, words: Sequence[str]) -> str:
    """What is given without a parameter: a command to Windows PowerShell, a file to its successor."""
    script = command.program != "powershell" or words[0] == "-" or words[0].lower().endswith(".ps1")
    return "" if script else " ".join(words)


def _decoded(argument: str) -> str:
    try:
        return base64.b64decode(argument, validate=True).decode("utf-16-le").removeprefix("\ufeff")
    except ValueError:
        return ""


def _alike(text: str) -> str:
    """Variables of its own are spelled as they are first set: their names compare without case."""
    names: dict[str, str] = {}
    for name in _SET.findall(text):
        names.setdefault(name.lower(), name)
    return _USED.sub(lambda used: f"${used[1]}{names.get(used[2].lower(), used[2])}", text)


def _lines(text: str) -> Iterator[_Line]:
    """The statements of a text that say anything."""
    words: list[str] = []
    redirects: list[Redirect] = []
    start = end = 0
    operator = ""
    for piece in _PIECE.finditer(_alike(text)):
        if piece["end"]:
            if words:
                yield _Line(words, redirects, start, end, piece["end"] == "|")
            words, redirects, operator = [], [], ""
            continue
        start, end = (start if words or redirects else piece.start()), piece.end()
        if piece["redirect"]:
            operator = piece["redirect"].lstrip("1*")
        elif word := piece["word"]:
            plain = "".join(map(_plain, _PART.finditer(word)))
            if operator:
                redirects.append(Redirect(operator, plain))
            else:
                words.append(plain)
            operator = ""
    if words:
        yield _Line(words, redirects, start, end, False)


def _plain(part: re.Match[str]) -> str:
    """What a part of a word stands for. Single quotes keep what they hold, `''` is one."""
    if part["single"] is not None:
        return part["single"].replace("''", "'").replace("$", _LITERAL)
    if part["here"] is not None:
        text = part["here"].removeprefix("\n")
        return text.replace("$", _LITERAL) if part["mark"] == "'" else _expandable(text)
    return _expandable(part[0] if part["double"] is None else part["double"].replace('""', '"'))


def _expandable(text: str) -> str:
    return _as_shell(_ESCAPED.sub(lambda escaped: _MEANT.get(escaped[1], escaped[1]), text))


def _statement(outer: SimpleCommand, words: Sequence[str]) -> tuple[SimpleCommand, ...]:
    assigned = _assigned(words)
    if not assigned:
        return (_command(outer, words),)
    name, value = assigned
    if called := _called(value):
        return replace(_command(outer, called), captured=True), _setting(outer, name, f"$({' '.join(called)})")
    text = " ".join(value)
    return (_setting(outer, name, f"${text}" if text.startswith("(") else text),)


def _called(value: Sequence[str]) -> Sequence[str]:
    """The words of a command whose output a variable takes, none where it takes a text."""
    if len(value) > 1 and (opened := _OPENED.match(value[0])):
        first, last = value[0][opened.end() :], _CLOSED.sub("", value[-1])
        value = [*filter(None, (first,)), *value[1:-1], *filter(None, (last,))]
    return value if len(value) > 1 and value[1] != "+" and _PROGRAM.match(value[0]) else ()


def _assigned(words: Sequence[str]) -> tuple[str, Sequence[str]] | None:
    """Name and value of an assignment, whose equals sign may stand apart."""
    name, equals, first = _CAST.sub("", "".join(words[:1]), count=1).partition("=")
    rest = words[1:]
    if not equals and rest and rest[0].startswith("="):
        first, rest, equals = rest[0][1:], rest[1:], "="
    variable = _NAME.fullmatch(name) if equals else None
    return (variable[1], [*filter(None, (first,)), *rest]) if variable else None


def _setting(outer: SimpleCommand, name: str, value: str) -> SimpleCommand:
    return replace(outer, argv=(), assignments=(*outer.assignments, (name, _shown(value))))


def _command(outer: SimpleCommand, words: Sequence[str]) -> SimpleCommand:
    return replace(outer, argv=tuple(map(_shown, words)), variables=outer.variables | variables_in(" ".join(words)))


def _shown(word: str) -> str:
    return word.replace(_LITERAL, "$")


def _as_shell(word: str) -> str:
    return _ENVIRONMENT.sub(r"$\1", word)
