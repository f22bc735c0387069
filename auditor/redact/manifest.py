"""What a redaction did: which files changed, where, from which digest to which; never what stood there.

With it anyone who holds the original can check that only the listed spans changed (ISO/IEC 27037: auditability).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from auditor import __version__

Action = Literal["overwritten", "replaced", "rewritten", "unchanged", "kept", "incomplete", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start`: `before` long, `after` long now; of the uncompressed text, or of a database cell."""

    start: int
    before: int
    after: int
    marker: str
    cell: str = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file. `overwritten` in place at the same length, `replaced` by a new file, `rewritten` as a database.

    `kept` holds what belongs there: the login. `incomplete` stands beside what else is said of the file: some of its
    encoded texts could not be looked into.
    """

    path: str
    action: Action
    spans: tuple[Span, ...] = ()
    size_before: int = 0
    size_after: int = 0
    digest_before: str = ""
    digest_after: str = ""
    reason: str = ""


@dataclass(slots=True)
class Manifest:
    """All files of one run, in order."""

    files: list[FileChange] = field(default_factory=list)
    dry_run: bool = False

    @property
    def changed(self) -> list[FileChange]:
        """Files that were, or in a dry run would be, changed."""
        return [one for one in self.files if one.action in ("overwritten", "replaced", "rewritten")]

    @property
    def problems(self) -> list[FileChange]:
        """Files that still hold, or may hold, what they should not."""
        return [one for one in self.files if one.action in ("incomplete", "refused", "failed")]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "schema_version": "1.0",
            "tool": {"name": "auditor", "version": __version__},
            "dry_run": self.dry_run,
            "files": [_file(one) for one in self.files if one.action != "unchanged"],
            "unchanged": sum(one.action == "unchanged" for one in self.files),
        }


def _file(one: FileChange) -> dict[str, Any]:
    spans = [
        {"start": span.start, "before": span.before, "after": span.after, "marker": span.marker}
        | ({"cell": span.cell} if span.cell else {})
        for span in one.spans
    ]
    return {
        "path": one.path,
        "action": one.action,
        "reason": one.reason,
        "size": {"before": one.size_before, "after": one.size_after},
        "digest": {"before": one.digest_before, "after": one.digest_after},
        "spans": spans,
    }
