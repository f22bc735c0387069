"""What a patch did to a credential: the lines it stands in, and the files they belong to.

Patch text: openai/codex, codex-rs/apply-patch/src/parser.rs; the first character of a line tells added, removed, kept.
"""

from __future__ import annotations

import ntpath
import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from auditor import lazy

_HEADER = lazy.compile(r"^\*\*\* (?:(?:Add|Update|Delete) File|Move to): ([^\n]{1,4096})$", re.M)

Effect = Literal["wrote", "removed", "kept", "unknown"]


class Touch(NamedTuple):
    """What a patch did to a value, and in which files; no files when the patch does not tell."""

    effect: Effect
    files: tuple[str, ...] = ()


UNKNOWN = Touch("unknown")


def touch(patch: str, offsets: Iterable[int]) -> Touch:
    """Return what a patch did to the value that stands at some offsets of its text; writing it outweighs the rest."""
    found: dict[str, dict[str, None]] = {}
    for offset in offsets:
        sign = patch[patch.rfind("\n", 0, offset) + 1 :][:1]
        found.setdefault(sign, {})[_file(patch, offset)] = None
    effects: dict[str, Effect] = {"+": "wrote", "-": "removed", " ": "kept"}
    sign = next((one for one in effects if one in found), "")
    return Touch(effects[sign], tuple(filter(None, found[sign]))) if sign else UNKNOWN


def _file(patch: str, offset: int) -> str:
    """The file whose section of a patch holds an offset."""
    return next((match[1].strip() for match in reversed([*_HEADER.finditer(patch, 0, offset)])), "")


def whole(changes: Mapping[str, str], *, quoted: bool) -> Touch:
    """Return what became of a value that stands only in the contents of changed files, as the end of a patch tells.

    `quoted`: the patch itself is known, so that only contents of deleted files, which it does not quote, are new.
    """
    gone = tuple(path for path, kind in changes.items() if kind == "delete")
    if gone and (quoted or len(gone) == len(changes)):
        return Touch("removed", gone)
    return Touch("wrote") if set(changes.values()) == {"add"} else UNKNOWN


def distinct(changes: Mapping[str, str], cwd: str) -> dict[str, str]:
    """Return changes with each file once: it may be named as the patch does and absolutely."""
    kept: dict[str, tuple[str, str]] = {}
    for path, kind in sorted(changes.items(), key=lambda one: (len(one[0]), one[0])):
        kept.setdefault(_absolute(path, cwd), (path, kind))
    return dict(kept.values())


def _absolute(path: str, cwd: str) -> str:
    windows = "\\" in cwd or ntpath.splitdrive(cwd)[0]
    if windows:
        return ntpath.normcase(ntpath.normpath(ntpath.join(cwd, path)))
    return posixpath.normpath(posixpath.join(cwd, path))
