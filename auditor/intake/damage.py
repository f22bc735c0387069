"""Why reading a source stopped early: an exception inside this room that becomes a gap before it leaves."""

from __future__ import annotations

import errno
import os

from auditor.model import GapReason

_REASONS: dict[int, GapReason] = {
    errno.EACCES: "permission",
    errno.EPERM: "permission",
    errno.ENOENT: "vanished",
    errno.ENOTDIR: "vanished",
    errno.ESTALE: "vanished",
    errno.ELOOP: "symlink-loop",
    errno.ENXIO: "not-a-file",
    errno.EISDIR: "not-a-file",
}


class Damage(Exception):
    """What could not be read: `reason` of the closed list, `detail` in our words."""

    def __init__(self, reason: GapReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason: GapReason = reason
        self.detail = detail

    @classmethod
    def of(cls, problem: OSError) -> Damage:
        """Return the damage an operating system error stands for."""
        number = problem.errno or 0
        return cls(_REASONS.get(number, "unreadable"), os.strerror(number).lower() if number else "")
