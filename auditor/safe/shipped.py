"""Data files that ship with the program: inside the wheel, else beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

from auditor.errors import UsageProblem


def files(name: str) -> list[Path]:
    """Return the TOML files of `rules/<name>`, sorted.

    Raises:
        UsageProblem: the installation lacks it.
    """
    return sorted((root() / name).glob("*.toml"))


def root() -> Path:
    """Return the folder `rules`.

    Raises:
        UsageProblem: the installation lacks it.
    """
    package = Path(__file__).parent.parent
    for folder in (package / "rules", package.parent / "rules"):
        if (folder / "credentials").is_dir():
            return folder
    raise UsageProblem("the shipped rules are missing", "reinstall auditor")
