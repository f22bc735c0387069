"""What terminals do to text: colour sequences inside a token (ECMA-48 section 5.4), and lines broken at the right edge.

Two layers. `ansi` takes control sequences out. `wrap` joins lines that were broken inside a token: the line ends
without a blank (or with a table border), and what follows looks like the rest of a token, not like a new entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.decode.layer import NEAR, Layer, Span
from auditor.decode.offsets import Decoded, translate

_ANSI = re.compile(
    rb"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78MDEHNOZc])"
)
_BORDER = rb"(?:\||\xe2\x94[\x82\x83]|\xe2\x95\x91)"
_WRAP = re.compile(
    rb"""(?<=[^\s\[{(,;=|\"'`])                        # the line breaks inside a token
    (?:[ \t]{0,200}%b[ \t]{0,4})?\r?\n[ \t]{0,200}(?:%b[ \t]{1,8})?
    (?=[^\s\[{(|\"'`\#<>*-])
    (?![\w.-]{1,64}[\"']?[ \t]{0,4}(?:[:=](?:[ \t]|[\"'\r\n]|\Z)|=[^=&]))    # not `key: value`, not `NAME=value`
    (?!\[?\d{4}-\d\d-\d\d|\$[ ]|-----)                 # not a log line, prompt, PEM border
    """
    % (_BORDER, _BORDER),
    re.VERBOSE,
)
_TO_END = re.compile(rb"[^\s\"'`<>]{0,4096}+(?:[ \t]{0,200}%b)?[ \t]{0,4}\r?\n" % _BORDER)


def _locate_ansi(text: bytes, at: int) -> list[Span]:
    start = max(text.rfind(b"\n", 0, at) + 1, at - 1_024)
    end = text.find(b"\n", at, at + NEAR)
    end = end if end >= 0 else min(len(text), at + NEAR)
    return [(start, end)] if text.find(b"\x1b", start, end) >= 0 else []


def _locate_wrap(text: bytes, at: int) -> list[Span]:
    """From the line of a place some lines on, if the token at the place runs into its line's end."""
    if not _TO_END.match(text, at):
        return []
    start = max(text.rfind(b"\n", 0, at) + 1, at - 1_024)
    end = min(len(text), at + NEAR)
    return [(start, end)] if _WRAP.search(text, at, end) else []


def _decode_ansi(text: bytes, start: int, end: int) -> Decoded | None:
    return translate(text, start, end, _ANSI, lambda match: b"")


def _decode_wrap(text: bytes, start: int, end: int) -> Decoded | None:
    return translate(text, start, end, _WRAP, lambda match: b"")


def _escapes(text: bytes) -> Iterator[int]:
    return (match.start() for match in re.finditer(rb"\x1b", text))


def _nowhere(text: bytes) -> Iterator[int]:
    return iter(())


ANSI = Layer("ansi", _locate_ansi, _decode_ansi, _escapes)
WRAP = Layer("wrap", _locate_wrap, _decode_wrap, _nowhere)
