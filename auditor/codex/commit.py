"""What git is about to commit: checked as it is staged, or fixed in the working tree."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from auditor import lazy
from auditor.detect.engine import Engine
from auditor.detect.known_mask import KnownMask
from auditor.detect.names import NameMask
from auditor.formats.dialect import OPAQUE
from auditor.intake import FileSource, Source
from auditor.intake.git_blob import indexed, staged
from auditor.model import Gap
from auditor.redact.manifest import Manifest

_THREAD = lazy.compile(r"[0-9A-Za-z-]{8,64}")


@dataclass(frozen=True, slots=True)
class Leak:
    """One credential in a staged file."""

    path: str
    line: int
    kind: str
    mask: str


def leaks(names: Sequence[str], engine: Engine, key: bytes) -> list[Leak | Gap]:
    """Return credentials in named files as they are staged (untracked ones as on disk), or in all that is staged.

    Raises:
        UsageProblem: not a git repository, or git is not installed.
    """
    known = KnownMask((), key)
    found = [one for source in (indexed(names) if names else staged()) for one in _leaks(source, engine, known)]
    shown = NameMask(engine, known, key)  # once all are known: a file may have the name of another's value
    return [
        one._replace(path=shown.text(one.path)) if isinstance(one, Gap) else replace(one, path=shown.text(one.path))
        for one in found
    ]


def _leaks(source: Source | Gap, engine: Engine, known: KnownMask) -> Iterator[Leak | Gap]:
    if isinstance(source, Gap):
        yield source
        return
    for chunk in source.chunks():
        for match in engine.scan(chunk.data, opaque_keys=OPAQUE, confidence="medium", own=chunk.own):
            line = chunk.line + chunk.data.count(b"\n", 0, match.start)
            yield Leak(source.path, line, match.kind, known.learn(match.kind, match.secret))
    yield from source.gaps


def fix(names: Sequence[str], engine: Engine, key: bytes) -> Manifest:
    """Redact named files of the working tree with full markers; see `auditor.redact.inplace`."""
    from auditor.redact.inplace import InPlace, Options
    from auditor.redact.overwrite import Journal
    from auditor.safe.files import state_folder

    journal = Journal(state_folder() / "journal", key)
    work = InPlace(engine, key, journal, Options(readable=True))
    return work.run([FileSource(name, explicit=True) for name in names if Path(name).is_file()])


def thread() -> str:
    """Return the id of the Codex thread that runs this commit, or nothing.

    Codex gives it to its commands (openai/codex, codex-rs/protocol/src/shell_environment.rs).
    """
    named = os.environ.get("CODEX_THREAD_ID", "")
    return named if _THREAD.fullmatch(named) else ""
