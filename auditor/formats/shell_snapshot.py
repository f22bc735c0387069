"""Shell snapshots: functions, aliases and the complete exported environment of a session's login shell.

Source: openai/codex, codex-rs/core/src/shell_snapshot.rs; files are `shell_snapshots/<thread>.<nanos>.sh`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor import lazy
from auditor.formats.dialect import LineDialect
from auditor.model import Event

_EXPORT = lazy.compile(rb"^(?:export|declare -[a-z]{0,8}x[a-z]{0,8}) ([A-Za-z_]\w{0,200})=", re.M)


class ShellSnapshot(LineDialect):
    """`export NAME="…"` or `declare -x NAME="…"` lines after the functions."""

    name = "shell-snapshot"
    family = "environment"
    opaque_keys: frozenset[bytes] = frozenset()

    def recognises(self, head: bytes, name: str) -> float:
        if head.startswith(b"# Snapshot file"):
            return 0.95
        return 0.8 if sum(1 for _ in _EXPORT.finditer(head)) >= 3 else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        export = _EXPORT.match(record)
        yield Event("other", role="environment", data={"variable": export[1].decode()} if export else {})
