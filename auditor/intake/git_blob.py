"""What git is about to commit: blobs of the index, which may differ from the files in the working tree.

Names pass as bytes with NUL between them, so that any name works. Git is asked for objects only; nothing it could run
or fetch because of a repository's configuration is allowed.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from auditor.errors import UsageProblem
from auditor.intake.chunk import Chunk
from auditor.intake.damage import Damage
from auditor.intake.digest import Digest
from auditor.intake.file import FileSource
from auditor.intake.settings import DEFAULTS, Settings
from auditor.intake.source import Ledger, Source, shown
from auditor.intake.stored import Stored
from auditor.intake.text import Text
from auditor.model import Gap, SourceReport

_SAFE = {"GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
_GIT = ("git", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_SUBMODULE = "160000"
_NAMES_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the index."""

    name: str
    mode: str
    object: str


def staged(folder: str = ".", *, settings: Settings = DEFAULTS) -> Iterator[Source | Gap]:
    """Yield what the next commit adds or changes.

    Raises:
        UsageProblem: not a git repository, or git is not installed.
    """
    base = _run(folder, "rev-parse", "--verify", "--quiet", "HEAD", check=False).strip()
    if not base:  # the first commit: everything is new
        base = _run(folder, "hash-object", "-t", "tree", "--stdin").strip()
    listed = _run(
        folder, "diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--diff-filter=ACMT",
        "--ignore-submodules", base.decode(), "--",
    )  # fmt: skip
    parts = listed.split(b"\0")
    entries = [_changed(*pair) for pair in zip(parts[0::2], parts[1::2], strict=False)]
    top = os.fsdecode(_run(folder, "rev-parse", "--show-toplevel").removesuffix(b"\n"))
    yield from _sources(top, entries, settings)


def indexed(names: Sequence[str], folder: str = ".", *, settings: Settings = DEFAULTS) -> Iterator[Source | Gap]:
    """Yield named files as they stand in the index; a file that git does not know as it stands on disk.

    Raises:
        UsageProblem: not a git repository, or git is not installed.
    """
    for start in range(0, len(names), _NAMES_AT_ONCE):
        some = names[start : start + _NAMES_AT_ONCE]
        listed = _run(folder, "ls-files", "--stage", "-z", "--", *some)
        entries = [_listed(part) for part in listed.split(b"\0") if part]
        yield from _sources(folder, entries, settings)
        known = {os.path.normpath(entry.name) for entry in entries}
        for name in some:
            path = os.path.normpath(os.path.join(folder, name))  # noqa: PTH118
            if os.path.normpath(name) not in known and not os.path.isdir(path):  # noqa: PTH112
                yield FileSource(path, explicit=True, settings=settings)


def _sources(folder: str, entries: Sequence[Entry], settings: Settings) -> Iterator[Source]:
    objects = Objects(folder)
    for entry in sorted(entries, key=lambda entry: (os.fsencode(entry.name), entry.object)):
        if entry.mode != _SUBMODULE:  # a commit of another repository, no content of this one
            yield GitBlobSource(entry, objects, settings=settings)


class Objects:
    """Reads objects through one `git cat-file --batch`; started when needed, left behind when sent elsewhere."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __getstate__(self) -> str:
        return self._folder

    def __setstate__(self, folder: str) -> None:
        self.__init__(folder)  # type: ignore[misc]

    def __del__(self) -> None:
        self.close()

    def open(self, name: str) -> tuple[int, int]:
        """Ask for an object; return the descriptor to read it from and its size.

        Raises:
            Damage: there is no such object, or git cannot run.
        """
        try:
            process = self._process = self._process or self._start()
            assert process.stdin
            assert process.stdout
            process.stdin.write(name.encode() + b"\n")
            process.stdin.flush()
            words = process.stdout.readline().split()
        except OSError as problem:
            self.close()
            raise Damage("unreadable", "git cannot be run: " + Damage.of(problem).detail) from None
        if len(words) != 3:
            self.close()
            raise Damage("unreadable", "git does not hold the object")
        return process.stdout.fileno(), int(words[2])

    def finish(self, whole: bool) -> None:
        """An object was read: `whole`, or so that the rest must go with the process."""
        if whole and self._process and self._process.stdout and self._process.stdout.read(1) == b"\n":
            return
        self.close()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process:
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe:
                        pipe.close()
            process.terminate()
            process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*_GIT, "cat-file", "--batch"],
            cwd=self._folder,
            env=os.environ | _SAFE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )


class GitBlobSource:
    """One staged file. The digest is of the blob's content."""

    kind = "git-blob"
    replayable = True

    def __init__(self, entry: Entry, objects: Objects, *, settings: Settings = DEFAULTS) -> None:
        self.name = entry.name
        self.path = shown(entry.name)
        self.object = entry.object
        self.layers: tuple[str, ...] = ()
        self._mode = f"{stat.S_IMODE(int(entry.mode, 8)):04o}"
        self._objects = objects
        self._settings = settings
        self._start()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """See `Source`."""
        return tuple(self._ledger.gaps)

    def chunks(self) -> Iterator[Chunk]:
        """See `Source`."""
        self._start()
        try:
            descriptor, size = self._objects.open(self.object)
        except Damage as damage:
            self._ledger.gap(damage)
            return
        stored = Stored(descriptor, self._digest, None, within=size)
        text = Text(stored, self.name, self._settings, self._ledger)
        self._read_any = True
        try:
            for chunk in text.chunks():
                self.layers = text.layers
                yield chunk
        finally:
            self._objects.finish(stored.size == size)
        if stored.size < size and not self.gaps:
            self._ledger.gap(Damage("unreadable", "git ended before the object did"))

    def reports(self, dialect: str = "") -> tuple[SourceReport, ...]:
        """See `Source`."""
        status: Literal["examined", "partial", "failed"] = (
            "examined" if not self.gaps else "partial" if self._read_any else "failed"
        )
        digest = str(self._digest) if self._read_any else ""
        name = dialect or self.kind
        return (SourceReport(self.path, name, self._digest.size, self._ledger.records, digest, status, self._mode),)

    def _start(self) -> None:
        self._ledger = Ledger(self.path)
        self._digest = Digest(self._settings.digest)
        self._read_any = False


def _changed(fields: bytes, name: bytes) -> Entry:
    """`:oldmode newmode oldobject newobject status` (git-diff-index(1), raw output format)."""
    _old, mode, _old_object, new_object, _status = fields.decode().split()
    return Entry(os.fsdecode(name), mode, new_object)


def _listed(line: bytes) -> Entry:
    """`mode object stage<TAB>name` (git-ls-files(1))."""
    fields, _, name = line.partition(b"\t")
    mode, name_of_object, _stage = fields.decode().split()
    return Entry(os.fsdecode(name), mode, name_of_object)


def _run(folder: str, *arguments: str, check: bool = True) -> bytes:
    try:
        result = subprocess.run(
            [*_GIT, *arguments], cwd=folder, env=os.environ | _SAFE, stdin=subprocess.DEVNULL, capture_output=True
        )
    except OSError as problem:
        raise UsageProblem(f"git cannot be run ({Damage.of(problem).detail})") from None
    if check and result.returncode:
        raise UsageProblem(f"{shown(folder)}: git cannot read this repository", "Run it inside a git work tree.")
    return result.stdout
