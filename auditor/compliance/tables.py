"""TOML files of maps and playbooks, with errors that name the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auditor.errors import UsageProblem
from auditor.safe import toml


def read(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return a TOML file parsed, and its bytes.

    Raises:
        UsageProblem: unreadable or not TOML.
    """
    try:
        data = path.read_bytes()
        return toml.parsed(path.stem, data), data
    except OSError as problem:
        raise UsageProblem(f"{path}: {problem.strerror or 'cannot be read'}") from None
    except ValueError as problem:
        raise UsageProblem(f"{path}: not TOML") from problem
