"""Which characters may not reach a reader, and how they are shown instead.

Every other module of this folder builds on `visible`. Nothing here knows a format.
"""

from __future__ import annotations

import re

from auditor import lazy
from auditor.secret import MARKER_PATTERN

ELLIPSIS = "…"

_MARK, _LONGEST = "[REDACTED:", 96
_MARKER = lazy.compile(MARKER_PATTERN)
_RANGES = (
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: escape sequences begin here
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u3164\uffa0"  # fillers, soft hyphen, Arabic letter mark
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\uffff"  # zero width, separators, bidi, selectors
    "\ud800-\udfff\ue000-\uf8ff"  # lone surrogates, private use
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff"  # format, tags, selectors, private planes
)
UNSAFE = lazy.compile(f"[{_RANGES}]")
_UNSAFE_BUT_LINES = lazy.compile(f"(?![\n\t])[{_RANGES}]")


def visible(text: str, *, lines: bool = False) -> str:
    r"""Return `text` with every character that could act or hide written as an escape (`\x1b`, `\u202e`).

    `lines` keeps newline and tab. The class of CVE-2021-25743: log text that drives the reader's terminal.
    """
    return (_UNSAFE_BUT_LINES if lines else UNSAFE).sub(_escape, text)


def clip(text: str, limit: int) -> str:
    """Return at most `limit` characters, the last an ellipsis where something was cut; no marker is cut in two."""
    return text if len(text) <= limit else text[: _before(text, max(limit - 1, 0))] + ELLIPSIS


def clip_middle(text: str, limit: int) -> str:
    """Like `clip`, but keep both ends: of a path the file name tells most."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) * 2 // 3
    return text[: _before(text, limit - 1 - tail)] + ELLIPSIS + text[_behind(text, len(text) - tail) :]


def _before(text: str, at: int) -> int:
    """Where to cut instead of `at`, inside a marker: half a marker reads like a password."""
    span = _marker_around(text, at)
    return span[0] if span else at


def _behind(text: str, at: int) -> int:
    span = _marker_around(text, at)
    return span[1] if span else at


def _marker_around(text: str, at: int) -> tuple[int, int] | None:
    start = text.rfind(_MARK, max(0, at - _LONGEST), at + len(_MARK) - 1)
    match = _MARKER.match(text, start) if 0 <= start < at else None
    return match.span() if match and match.end() > at else None


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    return short or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
