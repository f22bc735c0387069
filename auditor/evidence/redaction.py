"""Redaction manifests as evidence: which files were rewritten, and that only the listed spans changed.

A manifest is what `auditor redact --in-place --manifest FILE` writes (see `auditor.redact.manifest`). Whoever holds the
originals can check that every other byte is as it was; without them, that the files are still those the redaction left.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from auditor.document import SourceDict
from auditor.errors import UsageProblem
from auditor.evidence.digest import BLOCK, Checked, check_input, located
from auditor.evidence.verification import Line

MAJOR = "1"
CHANGED = frozenset({"overwritten", "replaced", "rewritten"})
_STATES: Mapping[str, str] = {
    "changed": "its first bytes are not those that the redaction left",
    "shorter": "it is shorter than the redaction left it",
    "missing": "it is not there",
    "unreadable": "it cannot be read",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a manifest; spans are (start, length before, length after) in the original's bytes, in order."""

    path: str
    action: str
    size_before: int
    size_after: int
    digest_before: str
    digest_after: str
    spans: tuple[tuple[int, int, int], ...]
    plain: bool
    """Spans are of the stored bytes: no database, no compressed file."""


def looks_like_manifest(value: object) -> bool:
    """Tell whether a JSON value is a redaction manifest and no audit document."""
    return isinstance(value, dict) and "files" in value and "unchanged" in value and "incidents" not in value


def read(path: Path) -> tuple[Change, ...]:
    """Return the files that a manifest says were changed; those of a dry run were not.

    Raises:
        UsageProblem: unreadable, no manifest, or of another major version.
    """
    try:
        value = orjson.loads(path.read_bytes())
    except OSError as problem:
        raise UsageProblem(f"{path}: {problem.strerror or 'cannot be read'}") from None
    except orjson.JSONDecodeError:
        raise UsageProblem(f"{path}: not JSON") from None
    if not looks_like_manifest(value):
        raise UsageProblem(f"{path}: not a redaction manifest", "auditor redact --in-place --manifest FILE writes one.")
    if str(value.get("schema_version", "")).split(".")[0] != MAJOR:
        raise UsageProblem(f"{path}: the manifest's major version is not known", f"This auditor reads version {MAJOR}.")
    if value.get("dry_run"):
        return ()
    try:
        return tuple(_change(row) for row in value["files"] if row["action"] in CHANGED)
    except (KeyError, TypeError, ValueError):
        raise UsageProblem(f"{path}: the manifest is malformed") from None


def rewritten(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return the paths that manifests name as changed, for `Settings.rewritten`."""
    return tuple(sorted({one.path for path in paths for one in read(path)}))


def verify(changes: tuple[Change, ...], root: Path | None, originals: Path | None) -> Iterator[Line]:
    """Check the files as they are now (below `root`), and against their originals where a copy is given."""
    for one in changes:
        now = _checked(one.path, one.size_after, one.digest_after, root)
        yield Line(f"redacted {one.path}", now.good, _STATES.get(now.state, "its digest holds"))
        if originals and now.good:
            yield _compared(one, root, originals)
    yield Line(
        "redaction manifest", True, f"{len(changes)} files changed, {sum(len(one.spans) for one in changes)} spans"
    )


def _compared(one: Change, root: Path | None, originals: Path) -> Line:
    what = f"original of {one.path}"
    before = _checked(one.path, one.size_before, one.digest_before, originals)
    if not before.good:
        return Line(what, False, "it is not what was redacted")
    if not one.plain:
        return Line(what, True, "its digest holds; databases and compressed files are not compared byte by byte")
    old, new = located(one.path, originals), located(one.path, root)
    if old is None or new is None:
        return Line(what, False, "it is not there")
    with ExitStack() as stack:
        files = [stack.enter_context(open(name, "rb", buffering=0)) for name in (old, new)]
        good = _same_outside(files[0], files[1], one)
    return Line(what, good, "only the listed spans differ" if good else "bytes outside of the listed spans differ")


def _same_outside(old: BinaryIO, new: BinaryIO, one: Change) -> bool:
    at = shift = 0
    for start, before, after in (*one.spans, (one.size_before, 0, 0)):
        if start < at or not _same(old, new, at, at + shift, start - at):
            return False
        at, shift = start + before, shift + after - before
    return one.size_after == one.size_before + shift


def _same(old: BinaryIO, new: BinaryIO, old_at: int, new_at: int, size: int) -> bool:
    while size > 0:
        step = min(size, BLOCK)
        ours, theirs = (os.pread(file.fileno(), step, at) for file, at in ((old, old_at), (new, new_at)))
        if ours != theirs or len(ours) < step:
            return False
        old_at, new_at, size = old_at + step, new_at + step, size - step
    return True


def _checked(path: str, size: int, digest: str, root: Path | None) -> Checked:
    source: SourceDict = {
        "path": path,
        "format": "",
        "bytes": size,
        "records": 0,
        "digest": digest,
        "status": "examined",
        "mode": "",
    }
    return check_input(source, root)


def _change(row: Mapping[str, Any]) -> Change:
    path, spans = str(row["path"]), row["spans"]
    listed = sorted((int(span["start"]), int(span["before"]), int(span["after"])) for span in spans)
    packed = path.endswith((".zst", ".gz", ".z"))
    return Change(
        path=path,
        action=str(row["action"]),
        size_before=int(row["size"]["before"]),
        size_after=int(row["size"]["after"]),
        digest_before=str(row["digest"]["before"]),
        digest_after=str(row["digest"]["after"]),
        spans=tuple(listed),
        plain=row["action"] != "rewritten" and not packed and not any("cell" in span for span in spans),
    )
