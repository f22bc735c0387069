"""Text for XML, Markdown, SARIF messages and HTML templates. HTML escaping itself is the template engine's."""

from __future__ import annotations

from auditor import lazy
from auditor.safe.text import clip, visible

_PUNCTUATION = lazy.compile(r"([\\`*_{}\[\]()<>#!|~$&])")
_MENTION = lazy.compile(r"@")
_REFERENCE = lazy.compile(r"(?i)\b(GH(?=-\d)|[a-z][a-z0-9+.\-]*:(?=//)|www(?=\.)|mailto(?=:)|xmpp(?=:))")
_BACKTICKS = lazy.compile(r"`+")
_BREAK = "&#8203;"


def plain(text: str, limit: int = 0) -> str:
    """Return one inert line for a format that escapes by itself (HTML templates, XML writers, JSON messages)."""
    shown = visible(text)
    return clip(shown, limit) if limit else shown


def markdown(text: str, limit: int = 0) -> str:
    """Return prose for GitHub-flavoured Markdown: no markup, no link, no mention, no issue reference.

    Mentions and references are found in rendered text, where a backslash is gone; a zero-width entity stops them
    (github/markup and html-pipeline work on text nodes).
    """
    escaped = _PUNCTUATION.sub(r"\\\1", plain(text, limit))
    broken = _MENTION.sub("@" + _BREAK, escaped).replace(r"\#", "\\#" + _BREAK)
    return _REFERENCE.sub(r"\1" + _BREAK, broken)


def code_span(text: str, limit: int = 0, *, table: bool = True) -> str:
    """Return a Markdown code span whose fence is longer than any run of backticks inside (CommonMark 6.1).

    In a table a pipe ends the cell even inside code, so it is escaped (GFM 4.10).
    """
    shown = plain(text, limit) or " "
    fence = "`" * (max((len(run) for run in _BACKTICKS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    body = shown.replace("|", "\\|") if table else shown
    return f"{fence}{pad}{body}{pad}{fence}"


def sarif(text: str, limit: int = 0) -> str:
    """Return a SARIF message: brackets would start a link, braces a placeholder (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    shown = plain(text, limit)
    for old, new in (("\\", "\\\\"), ("[", "\\["), ("]", "\\]"), ("{", "{{"), ("}", "}}")):
        shown = shown.replace(old, new)
    return shown
