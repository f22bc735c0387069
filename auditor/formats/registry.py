"""The dialects there are, and which one speaks from a source's first bytes.

Order is precedence where two are equally sure. A new dialect is one module and one line here.
"""

from __future__ import annotations

from auditor.formats.codex_exec import CodexExec
from auditor.formats.codex_rollout import CodexRollout
from auditor.formats.dialect import Dialect
from auditor.formats.plain import Plain

HEAD_BYTES = 65536
"""How much of a source's start `detect` looks at; more is ignored."""

_ALL: tuple[Dialect, ...] = (CodexRollout(), CodexExec(), Plain())

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in _ALL}


def detect(head: bytes, name: str) -> Dialect:
    """Return the dialect of a source from its first bytes; `name` (path) only breaks ties. Never raises."""
    start = head[:HEAD_BYTES]
    return max(_ALL, key=lambda dialect: dialect.recognises(start, name))
