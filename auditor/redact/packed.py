"""Replaces closed files: a new file beside the old one, verified, then renamed over it in one step.

The new file is private from birth and takes the old one's mode, owner and times by descriptor before it gets its name.
"""

from __future__ import annotations

import gzip
import os
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import zstandard

from auditor.errors import Refused
from auditor.intake import FileSource
from auditor.redact.overwrite import Edit, Identity, identity
from auditor.redact.reading import chunks

ZSTD_LEVEL = 3
"""What Codex itself uses (codex-rs/rollout/src/compression.rs)."""

Change = tuple[int, int, bytes]
"""Start and end of bytes of a text, and what takes their place."""


def repack(source: FileSource, edits: Sequence[Edit], expected: Identity) -> None:
    """Rewrite a compressed file with same-length edits in its text.

    Raises:
        Refused: its compression is not one we write, or the file changed.
    """
    if source.layers not in (("zstd",), ("gzip",)):
        raise Refused(f"{source.path}: {'+'.join(source.layers)} cannot be written", "Unpack it and run again.")
    changes = ((edit.start, edit.start + len(edit.old), edit.new) for edit in edits)
    replace(Path(source.name), edited(source, changes), expected, _packer(source.layers[0]))


def replace(
    path: Path,
    parts: Iterable[bytes],
    expected: Identity,
    wrap: Callable[[IO[bytes]], IO[bytes]] | None = None,
) -> None:
    """Write `parts` as the new content of a file; readers see the old or the new one, never half.

    Raises:
        Refused: the file is a link, has other names, or changed since it was read.
    """
    if path.is_symlink():
        raise Refused(f"{path}: is a link: redact the file that it leads to")
    with _beside(path) as (name, file):
        packer = wrap(file) if wrap else file
        for part in parts:
            packer.write(part)
        if packer is not file:
            packer.close()
        file.flush()
        _take_after(path, file.fileno())
        os.fsync(file.fileno())
        if identity(path) != expected:
            raise Refused(f"{path}: changed since it was read", "Run again.")
        if path.lstat().st_nlink > 1:
            raise Refused(f"{path}: has other names", "Redact it where it has one name only.")
        name.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _beside(path: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    name = path.with_name(f".{path.name}.{secrets.token_hex(6)}.auditor")
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield name, file
    finally:
        with suppress(FileNotFoundError):
            name.unlink()


def _take_after(path: Path, descriptor: int) -> None:
    status = path.lstat()
    with suppress(PermissionError):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, status.st_mode & 0o7777)
    os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))


def _packer(layer: str) -> Callable[[IO[bytes]], IO[bytes]]:
    if layer == "gzip":
        return lambda file: gzip.GzipFile(fileobj=file, mode="wb", mtime=0)  # type: ignore[return-value]
    return lambda file: zstandard.ZstdCompressor(level=ZSTD_LEVEL).stream_writer(file, closefd=False)


def edited(source: FileSource, changes: Iterable[Change]) -> Iterator[bytes]:
    """Yield the text of a file with changes (in order, apart) made; what chunks share is given out once.

    Raises:
        Refused: at the end, when not every byte of the file was read.
    """
    done, waiting = 0, deque(changes)
    for chunk in chunks(source):
        end = chunk.offset + len(chunk.data)
        parts: list[bytes] = []
        while waiting and waiting[0][0] < end:
            start, after, new = waiting.popleft()
            parts += (chunk.data[done - chunk.offset : start - chunk.offset], new)
            done = after
        parts.append(chunk.data[max(0, done - chunk.offset) :])
        done = max(done, end)
        yield b"".join(parts)
