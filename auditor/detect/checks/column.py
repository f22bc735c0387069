"""`column`: the value stands in a column that is named like a secret; else DROP.

Read are what psql, mysql and Markdown draw (header, ruler, rows), lines with a header (CSV, tabs, `psql -A`), `COPY …
FROM stdin` with its rows, and `INSERT INTO … (columns) VALUES (…)`. All work is bounded by `_REACH`.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_REACH = 8_192
_NAME = lazy.compile(rb"(?i)(?:[a-z0-9]{1,20}_){0,3}(?:password|passwd|passwort|secret|token|api_?key)")
_HEADER = lazy.compile(rb"\w[\w .-]{0,62}")
_RULER = lazy.compile(rb"(?:[-+|:= ]|\xe2[\x94\x95][\x80-\xbf]){3,4000}")
_COPY = lazy.compile(rb"(?i)COPY\s[^()]{1,200}\(([^()]{1,4000})\)\s{1,8}FROM\s{1,8}STDIN\b[^\n]{0,200}")
_INSERT = lazy.compile(rb"(?i)\bINTO\s[^()]{1,200}\(([^()]{1,2000})\)\s{0,8}VALUES\s{0,8}")
_SQL = lazy.compile(rb"'(?:[^']|'')*'|[(),]")


def check(candidate: Candidate) -> Verdict | None:
    """DROP what stands in no column, or in one of another name."""
    quoted = candidate.text[candidate.secret_start - 1 : candidate.secret_start] == b"'"
    name = _of_tuple(candidate) if quoted else _of_line(candidate)
    return None if _NAME.fullmatch(name.strip(b' \t\r"`')) else Verdict.DROP


def _of_line(candidate: Candidate) -> bytes:
    text, start = candidate.text, candidate.secret_start
    line = text.rfind(b"\n", 0, start) + 1
    here = _plain(text[line : candidate.secret_end + _REACH].partition(b"\n")[0])
    bar = next((one for one in (b"|", b"\t", b",") if one in here), b"|")
    header = _header(_lines_above(text, line), bar, here.count(bar))
    index = _plain(text[line:start]).count(bar)
    return header[index] if index < len(header) else b""


def _header(above: Iterator[bytes], bar: bytes, bars: int) -> list[bytes]:
    """The names of the columns: what stands over a ruler, in COPY, or on the first of the lines with so many bars."""
    first = b""
    for line in above:
        if bar == b"|" and _RULER.fullmatch(line):
            return next(above, b"").split(bar)
        if copied := _COPY.fullmatch(line):
            return copied[1].split(b",")
        if line.count(bar) != bars:
            break
        first = line
    names = first.split(bar)
    return names if all(_HEADER.fullmatch(name.strip(b' "')) for name in names) else []


def _lines_above(text: bytes, line: int) -> Iterator[bytes]:
    low = max(0, line - _REACH)
    while line > low:
        start = text.rfind(b"\n", low, line - 1) + 1 or low
        yield _plain(text[start : line - 1]).rstrip()
        line = start


def _plain(line: bytes) -> bytes:
    """A line with bars of ASCII."""
    return line.replace(b"\xe2\x94\x82", b"|").replace(b"\xe2\x95\x91", b"|")


def _of_tuple(candidate: Candidate) -> bytes:
    text, start = candidate.text, candidate.secret_start
    inserts = list(_INSERT.finditer(text, max(0, start - _REACH), start))
    if not inserts:
        return b""
    insert = inserts[-1]
    index = 0
    for token in _SQL.finditer(text, insert.end(), start - 1):
        index = index + 1 if token[0] == b"," else 0 if token[0] == b"(" else index
    names = insert[1].split(b",")
    return names[index] if index < len(names) else b""
