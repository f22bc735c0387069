"""Finding the data files that ship with the program: inside the wheel, else beside the package in a checkout."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from auditor.errors import UsageProblem


def folder(name: str) -> Path:
    """Return `rules/<name>`.

    Raises:
        UsageProblem: the installation lacks it.
    """
    package = Path(str(files("auditor")))
    for root in (package / "rules", package.parent / "rules"):
        if (root / name).is_dir():
            return root / name
    raise UsageProblem(f"the shipped {name} are missing", "reinstall auditor")


def table(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return a TOML file parsed, and its bytes.

    Raises:
        UsageProblem: unreadable or not TOML.
    """
    try:
        data = path.read_bytes()
        return tomllib.loads(data.decode("utf-8")), data
    except OSError as problem:
        raise UsageProblem(f"{path}: {problem.strerror or 'cannot be read'}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UsageProblem(f"{path}: not TOML") from problem
