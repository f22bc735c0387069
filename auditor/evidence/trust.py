"""Which files may hide a finding: only those the operator keeps outside of what is audited.

An agent, or a page it read, can write a file into the audited tree; so a configuration found there is never believed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from auditor.errors import Refused


def outside(path: Path, audited: Iterable[str | os.PathLike[str]]) -> Path:
    """Return `path` unless it stands in, or is, something that is audited (links followed).

    Raises:
        Refused: it does; `--trust-project-config` is the operator's word that it may.
    """
    mine = Path(os.path.realpath(path))
    for name in audited:
        root = Path(os.path.realpath(Path(name).expanduser()))
        if mine == root or root in mine.parents:
            hint = "Keep it elsewhere, or say --trust-project-config if nobody but you can write there."
            raise Refused(f"{path}: stands inside what is audited, so it may not hide findings", hint)
    return path
