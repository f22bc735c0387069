"""The places where Codex keeps text: everything in CODEX_HOME, and what its configuration moves elsewhere.

All of CODEX_HOME is read, not a list of known names: the next Codex release adds a file, and leftovers of maintenance
(`*.compress.*.tmp`, `.paginated.tmp`, `.tmp/`, `db-backups/`) hold whole transcripts. Outside of it only names that
Codex itself writes are looked for, since a configuration we audit may point anywhere.
(openai/codex: utils/home-dir/src/lib.rs, state/src/lib.rs, tui/src/session_log.rs, hooks/src/output_spill.rs)
"""

from __future__ import annotations

import fnmatch
import os
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from auditor.intake.completeness import Transcripts
from auditor.intake.damage import Damage
from auditor.intake.file import FileSource
from auditor.intake.settings import DEFAULTS, Settings
from auditor.intake.source import shown
from auditor.intake.walk import merged, walk
from auditor.model import Gap

_LOGS = ("codex-tui.log*", "session-*.jsonl")
_DATABASES = ("*.sqlite", "*.sqlite-*", "*.sqlite.*")
_CONFIG_LIMIT = 4 << 20


class CodexHome(NamedTuple):
    """One installation's data: its folder, and the places its configuration and environment name."""

    folder: Path
    log_folder: Path | None = None
    """`log_dir` of config.toml."""
    database_folder: Path | None = None
    """`sqlite_home` of config.toml or CODEX_SQLITE_HOME."""
    trace_folder: Path | None = None
    """CODEX_ROLLOUT_TRACE_ROOT."""
    spill_folder: Path | None = None
    """`hook_outputs` in the temporary folder."""
    gaps: tuple[Gap, ...] = ()


def locate(named: str | os.PathLike[str] | None, environment: Mapping[str, str] = os.environ) -> CodexHome:
    """Return the installation to read.

    Args:
        named: the folder the user named; else `CODEX_HOME`, else `~/.codex`.
        environment: variables of the running user; they count only when no folder is named, because a named one may
            be a copy from another machine.
    """
    folder = Path(named) if named else Path(environment.get("CODEX_HOME") or Path.home() / ".codex")
    config, gaps = _configuration(folder / "config.toml")
    own = {} if named else environment
    spill = Path(tempfile.gettempdir(), "hook_outputs")
    return CodexHome(
        folder=folder,
        log_folder=_place(config.get("log_dir"), folder),
        database_folder=_place(own.get("CODEX_SQLITE_HOME") or config.get("sqlite_home"), folder),
        trace_folder=_place(own.get("CODEX_ROLLOUT_TRACE_ROOT"), folder),
        spill_folder=None if named or not spill.is_dir() else spill,
        gaps=gaps,
    )


def sources(home: CodexHome, *, settings: Settings = DEFAULTS) -> Iterator[FileSource | Gap]:
    """Yield every file of an installation, and gaps for what cannot be listed or is named but not there."""
    transcripts = Transcripts()
    for item in _files(home, settings):
        if isinstance(item, FileSource):
            transcripts.see(item.name)
        yield item
    databases = [home.database_folder] if home.database_folder else []
    yield from transcripts.missing([home.folder, *databases], settings)


def _files(home: CodexHome, settings: Settings) -> Iterator[FileSource | Gap]:
    yield from home.gaps
    yield from _inside(home.folder, settings)
    if home.log_folder:
        yield from _matching(home.log_folder, _LOGS, settings)
    if home.database_folder:
        yield from _matching(home.database_folder, _DATABASES, settings)
    for folder in (home.trace_folder, home.spill_folder):
        if folder:
            yield from walk(os.fspath(folder), settings=settings)


def _inside(folder: Path, settings: Settings) -> Iterator[FileSource | Gap]:
    """Walk the folder; a link directly in it is the user's own arrangement (a bigger disk) and is followed."""
    links = {os.fspath(entry) for entry in _links(folder)}
    for item in walk(os.fspath(folder), settings=settings):
        if not (isinstance(item, Gap) and item.reason == "not-a-file" and item.path in map(shown, links)):
            yield item
    for link in sorted(links, key=os.fsencode):
        if not Path(os.path.realpath(link)).is_relative_to(os.path.realpath(folder)):
            yield from _followed(link, settings)


def _links(folder: Path) -> Iterator[Path]:
    try:
        yield from (entry for entry in folder.iterdir() if entry.is_symlink())
    except OSError:
        return  # the walk says why


def _followed(link: str, settings: Settings) -> Iterator[FileSource | Gap]:
    if Path(link).is_dir():
        yield from walk(link, settings=settings)
    else:
        yield FileSource(link, explicit=True, settings=settings)


def _matching(folder: Path, patterns: tuple[str, ...], settings: Settings) -> Iterator[FileSource | Gap]:
    try:
        names = sorted((path.name for path in folder.iterdir()), key=os.fsencode)
    except OSError as problem:
        damage = Damage.of(problem)
        yield Gap(shown(os.fspath(folder)), damage.reason, "named in the configuration: " + damage.detail)
        return
    for name in names:
        path = os.fspath(folder / name)
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns) and not merged(path, set(names)):
            yield FileSource(path, settings=settings)


def _configuration(path: Path) -> tuple[Mapping[str, object], tuple[Gap, ...]]:
    """Read config.toml. Broken or huge: its text is audited all the same, only the places it names stay unknown."""
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(_CONFIG_LIMIT).decode()), ()
    except OSError:
        return {}, ()
    except (ValueError, RecursionError):
        return {}, (
            Gap(shown(os.fspath(path)), "unknown-format", "no valid TOML: log_dir and sqlite_home are unknown"),
        )


def _place(value: object, folder: Path) -> Path | None:
    """Return a configured folder unless CODEX_HOME holds it anyway."""
    if not isinstance(value, str) or not value or "\0" in value:
        return None
    place = folder / Path(value).expanduser()
    return None if Path(os.path.realpath(place)).is_relative_to(os.path.realpath(folder)) else place
