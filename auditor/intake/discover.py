"""From what the user named to sources: files, folders, globs, standard input, or a whole CODEX_HOME."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from auditor.intake.file import FileSource
from auditor.intake.settings import DEFAULTS, Settings
from auditor.intake.source import Source, shown
from auditor.intake.stdin import STDIN, StdinSource
from auditor.intake.walk import merged, walk
from auditor.model import Gap


def discover(
    paths: Sequence[str | bytes | os.PathLike[str]] = (),
    codex_home: str | os.PathLike[str] | None = None,
    *,
    settings: Settings = DEFAULTS,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[Source | Gap]:
    """Yield every source in scope once, in an order that depends on names only, and gaps for what is none.

    Args:
        paths: files, folders (recursive), glob patterns, `-`; whatever is named is read, links too.
        codex_home: read this CODEX_HOME (beside `paths`, if any). With neither, the user's own one is read.
        settings: limits and digest.
        environment: where `CODEX_HOME` and its kin are looked up.
    """
    names = sorted({os.fsdecode(path) for path in paths}, key=os.fsencode)
    seen: set[str] | None = set() if len(names) > 1 or (names and codex_home) else None  # one scope has no doubles
    together = set(names)
    for name in names:
        if not _belongs(name, together):
            yield from _once(_named(name, settings), seen, shown(name))
    if codex_home or not paths:
        from auditor.intake.codex_home import locate, sources  # TOML and SQLite: a hook with one file needs neither

        home = locate(codex_home, environment)
        yield from _once(sources(home, settings=settings), seen, shown(os.fspath(home.folder)))


def _once(items: Iterator[Source | Gap], seen: set[str] | None, scope: str) -> Iterator[Source | Gap]:
    """Drop what an earlier scope had too; say when a scope is empty."""
    empty = True
    real: dict[str, str] = {}
    for item in items:
        empty = False
        identity = _identity(item, real) if seen is not None and isinstance(item, FileSource) else None
        if identity is None or seen is None:
            yield item
        elif identity not in seen:
            seen.add(identity)
            yield item
    if empty:
        yield Gap(scope, "nothing-to-scan", "no file in it")


def _identity(source: FileSource, real: dict[str, str]) -> str:
    """The real folder plus the name: two names of one inode are two places, two spellings of one name are one."""
    folder, name = os.path.split(source.name)
    if folder not in real:
        real.clear()  # one folder after the other: no need to remember more than one
        real[folder] = os.path.realpath(folder or os.curdir)
    return f"{real[folder]}/{name}"


def _named(name: str, settings: Settings) -> Iterator[Source | Gap]:
    if name == STDIN:
        yield StdinSource(settings=settings)
    elif Path(name).is_dir():
        yield from walk(name, settings=settings)
    elif not os.path.lexists(name) and glob.has_magic(name):
        yield from _globbed(name, settings)
    else:
        yield FileSource(name, explicit=True, settings=settings)


def _belongs(name: str, names: set[str]) -> bool:
    """Tell whether a side file of a database was named together with it, as a shell does for `*.sqlite*`."""
    base = name.rpartition("-")[0]
    return bool(base) and base in names and merged(name)


def _globbed(pattern: str, settings: Settings) -> Iterator[Source | Gap]:
    names = sorted(glob.iglob(pattern, recursive=True, include_hidden=True), key=os.fsencode)  # noqa: PTH207
    together = set(names)
    for name in names:
        if _belongs(name, together):
            continue
        if Path(name).is_dir():
            if "**" not in pattern:  # `**` names what is in it by itself
                yield from walk(name, settings=settings)
        else:
            yield FileSource(name, explicit=True, settings=settings)
