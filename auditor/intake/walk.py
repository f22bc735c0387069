"""The files of a folder, in an order that depends on their names only.

Links are not followed: one that leads elsewhere could make us read anything. A link into the same tree adds
nothing, since its target is read under its own name; any other is a gap that says so. Ignore files in the tree mean
nothing here: what is audited does not decide what is audited.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from auditor.intake.damage import Damage
from auditor.intake.file import FileSource
from auditor.intake.opening import kind_of
from auditor.intake.settings import DEFAULTS, Settings
from auditor.intake.source import shown
from auditor.intake.sqlite_magic import DATABASE, MERGED
from auditor.model import Gap


def walk(folder: str, *, settings: Settings = DEFAULTS) -> Iterator[FileSource | Gap]:
    """Yield a source for each file below a folder, and a gap for whatever else stands there."""
    root = os.path.realpath(folder)
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            entries = _listed(current)
        except OSError as problem:
            yield _gap(current, Damage.of(problem))
            continue
        names = {entry.name for entry in entries}
        folders = []
        for entry in entries:
            if entry.is_symlink():
                yield from _link(entry.path, root)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif not entry.is_file(follow_symlinks=False):
                yield _special(entry)
            elif not merged(entry.path, names):
                yield FileSource(entry.path, settings=settings)
        pending.extend(reversed(folders))


def merged(path: str, names: set[str] | None = None) -> bool:
    """Tell whether a file is a side file of a database beside it, which is read together with that database.

    Args:
        path: the file.
        names: the names in its folder, if they are known.
    """
    suffix = next((suffix for suffix in MERGED if path.endswith(suffix)), "")
    base = path.removesuffix(suffix)
    if not suffix or (names is not None and base.rpartition("/")[2] not in names):
        return False
    try:
        descriptor = os.open(base, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.read(descriptor, len(DATABASE)) == DATABASE
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _listed(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: os.fsencode(entry.name))


def _link(path: str, root: str) -> Iterator[Gap]:
    try:
        target = os.path.realpath(path, strict=True)
    except OSError as problem:
        damage = Damage.of(problem)
        yield _gap(
            path, damage if damage.reason == "symlink-loop" else Damage("not-a-file", "symbolic link to nothing")
        )
        return
    if root == target or Path(root).is_relative_to(target):
        yield _gap(path, Damage("symlink-loop", "symbolic link to a folder above it"))
    elif not Path(target).is_relative_to(root):
        yield _gap(path, Damage("not-a-file", "symbolic link out of the folder; name its target to have it read"))


def _special(entry: os.DirEntry[str]) -> Gap:
    try:
        return _gap(entry.path, Damage("not-a-file", kind_of(entry.stat(follow_symlinks=False).st_mode)))
    except OSError as problem:
        return _gap(entry.path, Damage.of(problem))


def _gap(path: str, damage: Damage) -> Gap:
    return Gap(shown(path), damage.reason, damage.detail)
