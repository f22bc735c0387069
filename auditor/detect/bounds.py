"""Static check of rule patterns: every quantifier is bounded, so that work stays linear in the input.

A pattern with `*`, `+` or `{n,}` can be made to walk a long line again and again; with bounds each start costs a
constant. The scanner below knows just enough syntax (escapes, classes, comments) to tell quantifiers from literals.
"""

from __future__ import annotations

import re

from auditor import lazy

_TOKEN = lazy.compile(
    r"""\\[\s\S]                                 # an escape
      | \[\^?\]?(?:\\[\s\S]|\[:\w+:\]|[^\]\\])*\]   # a class
      | \(\?\#[^)]*\)                            # a comment
      | \(\?[^)(:=!<>]*[):]?                     # group opener with flags
      | \{(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\}[?+]?
      | (?P<open>[*+])[?+]?
      | [\s\S]
    """,
    re.VERBOSE,
)
MAX_REPEAT = 20_000
"""Largest upper bound of a quantifier; a PEM key of 16,384 bits stays below."""


def unbounded(pattern: str) -> str:
    """Return what is unbounded in a pattern (`*`, `+`, `{5,}` …), or the empty string."""
    for token in _TOKEN.finditer(pattern):
        if token["open"]:
            return f"{token['open']} at {token.start()}"
        if token["comma"] and (not token["high"] or int(token["high"]) > MAX_REPEAT):
            return f"{token[0]} at {token.start()}"
    return ""
