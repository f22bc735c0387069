"""Plain text: the last resort, one record per line, nothing known but the bytes."""

from __future__ import annotations

from auditor.formats.dialect import LineDialect


class Plain(LineDialect):
    """Recognises everything, with the least confidence."""

    name = "plain"
    family = "log"
    pieces = True
    opaque_keys: frozenset[bytes] = frozenset()

    def recognises(self, head: bytes, name: str) -> float:
        return 0.01
