"""What terminals do to text: colour sequences inside a token (ECMA-48 section 5.4), and lines broken at the right edge.

Two layers. `ansi` takes control sequences out. `wrap` joins lines that were broken inside a token: the line ends
without a blank (or with a table border), and what follows looks like the rest of a token, not like a new entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor import lazy
from auditor.decode.layer import NEAR, Layer, Span
from auditor.decode.offsets import Decoded, translate

_ANSI = lazy.compile(
    rb"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78MDEHNOZc])"
)
_BORDER = rb"(?:\||\xe2\x94[\x82\x83]|\xe2\x95\x91)"
_WRAP = lazy.compile(
    rb"""(?<=[^\s\[{(,;=|\"'`])                        # the line breaks inside a token
    (?:[ \t]{0,200}(?P<edge>%b)[ \t]{0,4})?\r?\n(?P<indent>[ \t]{0,200})(?:%b[ \t]{1,8})?
    (?=[^\s\[{(|\"'`\#<>*-])
    (?![\w.-]{1,64}[\"']?[ \t]{0,4}[:=](?:[ \t\"'\r\n]|\Z))      # not `key: value`
    (?!(?:[A-Z][A-Z0-9_]{0,40}|[a-z_]{3,20})=[^=&:])             # not `NAME=value`
    (?!\[?\d{4}-\d\d-\d\d|\$[ ]|-----)                 # not a log line, prompt, PEM border
    """
    % (_BORDER, _BORDER),
    re.VERBOSE,
)

_BORDERS = (b"|", b"\xe2\x94\x82", b"\xe2\x94\x83", b"\xe2\x95\x91")
_EDGE = b" \t\r|\xe2\x94\x82\x83\x95\x91"
"""Bytes of blanks and table borders: before a break they belong to it."""
_INDENT = lazy.compile(rb"[ \t]{0,200}")
_FULL = 72
"""A line as indented as the one before continues it only if that one is at least so wide."""


def _line_start(text: bytes, at: int) -> int:
    """The start of the line of a place, or so far before it as layers look."""
    low = max(0, at - 1_024)
    return text.rfind(b"\n", low, at) + 1 or low


def _locate_ansi(text: bytes, at: int) -> list[Span]:
    end = text.find(b"\n", at, at + NEAR)
    return [(_line_start(text, at), end if end >= 0 else min(len(text), at + NEAR))]


def _locate_wrap(text: bytes, at: int) -> list[Span]:
    """The lines around a place that are one broken line, from the one before it on; nothing where none is broken."""
    line = _line_start(text, at)
    before = _line_start(text, line - 1) if line else line
    start = before if line and _broken(text, line - 1) else line
    end, limit = _line_end(text, at), min(len(text), at + NEAR)
    while end < limit and _broken(text, end):
        end = _line_end(text, end + 1)
    whole = start < line or end > _line_end(text, at)
    return [(start, min(end, limit))] if whole else []


def _line_end(text: bytes, at: int) -> int:
    """Where the newline after a place stands, or so far behind it as layers look."""
    end = text.find(b"\n", at, at + NEAR)
    return end if end >= 0 else min(len(text), at + NEAR)


def _broken(text: bytes, newline: int) -> bool:
    """Whether the line break at a place is one that a terminal made."""
    if text[newline : newline + 1] != b"\n":
        return False
    before = text[max(0, newline - 210) : newline]
    if not before.rstrip(b" \t\r").endswith(_BORDERS) and not _runs_on(text, newline):
        return False
    starts = {newline, newline - before.endswith(b"\r"), newline - len(before) + len(before.rstrip(_EDGE))}
    matches = (_WRAP.match(text, start, min(len(text), newline + 512)) for start in starts)
    return any(match and not _join(match) for match in matches)


def _runs_on(text: bytes, newline: int) -> bool:
    """What `_join` asks for where there is no border, as far as it can be told without the pattern."""
    line = _line_start(text, newline)
    deeper = indent(text, newline + 1) - indent(text, line)
    return deeper > 1 or (deeper == 0 and newline - line >= _FULL)


def _decode_ansi(text: bytes, start: int, end: int) -> Decoded | None:
    return translate(text, start, end, _ANSI, lambda match: b"")


def _decode_wrap(text: bytes, start: int, end: int) -> Decoded | None:
    return translate(text, start, end, _WRAP, _join)


def _join(match: re.Match[bytes]) -> bytes:
    """Nothing where a line was broken: a table's edge, a deeper indent, or a full line in a block. Else leave it."""
    text, at = match.string, match.start()
    line = _line_start(text, at)
    deeper = len(match["indent"]) - indent(text, line)
    broken = match["edge"] or deeper > 1 or (deeper == 0 and at - line >= _FULL)
    return b"" if broken else match[0]


def indent(text: bytes, line: int) -> int:
    """Return the width of the blanks at the start of a line."""
    match = _INDENT.match(text, line)
    return len(match[0]) if match else 0


def _escapes(text: bytes) -> Iterator[int]:
    return (match.start() for match in re.finditer(rb"\x1b", text))


def _nowhere(text: bytes) -> Iterator[int]:
    return iter(())


ANSI = Layer("ansi", _locate_ansi, _decode_ansi, _escapes, mark=b"\x1b")
WRAP = Layer("wrap", _locate_wrap, _decode_wrap, _nowhere, mark=b"\n")
