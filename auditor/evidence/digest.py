"""Digests a third party can recompute: of the document's content, and of the inputs' first bytes.

Transcripts are append-only, so the digest of the first `n` bytes stays checkable after the file has grown.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from auditor import lazy
from auditor.document import Document, SourceDict
from auditor.safe.json import canonical as canonical
from auditor.safe.packed import Packed

BLOCK = 1 << 20
VOLATILE = ("run", "content_digest")
"""Members that change from run to run, or are the digest itself."""
_ESCAPED = lazy.compile(rb"\\x([89a-f][0-9a-f])")
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK

State = Literal["holds", "grown", "changed", "shorter", "missing", "unreadable", "not-kept"]
"""`holds` and `grown` are good; `not-kept` is an input that cannot be read again (standard input, a git blob)."""


class _Hasher(Protocol):
    def update(self, data: bytes, /) -> object: ...

    def hexdigest(self) -> str: ...


def _blake3() -> _Hasher:
    import blake3

    return blake3.blake3()


_ALGORITHMS: dict[str, Callable[[], _Hasher]] = {"blake3": _blake3, "sha256": hashlib.sha256}


class Checked(NamedTuple):
    """What became of one input since the audit."""

    path: str
    state: State

    @property
    def good(self) -> bool:
        """The bytes that were examined are still there, or never were in a file."""
        return self.state in ("holds", "grown", "not-kept")


def sha256(data: bytes) -> str:
    """Return `sha256:<hex>` of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def content_digest(document: Document) -> str:
    """Return the digest of everything but `run` and `content_digest` itself."""
    hasher = hashlib.sha256()
    for piece in _pieces(document):
        hasher.update(piece)
    return "sha256:" + hasher.hexdigest()


def _pieces(document: Document) -> Iterator[bytes]:
    """Canonical JSON of the content, a member at a time: the steps of many sessions are many."""
    before = b"{"
    for name, value in sorted(document.items()):
        if name not in VOLATILE:
            yield before + canonical(name) + b":"
            yield from value.texts() if isinstance(value, Packed) else (canonical(value),)
            before = b","
    yield b"}"


def manifest_digest(document: Document) -> str:
    """Return the digest of the list of inputs: path, bytes and digest of each."""
    rows = [[one["path"], one["bytes"], one["digest"]] for one in document["coverage"]["sources"]]
    return sha256(canonical(rows))


def check_input(source: SourceDict, root: Path | None = None) -> Checked:
    """Compare the first `bytes` bytes of an input with its digest.

    Args:
        source: an entry of `coverage.sources`.
        root: folder that holds the inputs now (an evidence copy); without it they are looked for where they stood.
    """
    path = source["path"]
    algorithm, _, expected = source["digest"].partition(":")
    if not expected or algorithm not in _ALGORITHMS or source["format"].startswith("stdin") or path == "-":
        return Checked(path, "not-kept")
    states = (_compare(name, source["bytes"], algorithm, expected) for name in _candidates(path, root))
    return Checked(path, next((state for state in states if state != "missing"), "missing"))


def located(path: str, root: Path | None = None) -> bytes | None:
    """Return where an input stands now, found as `check_input` does; None when it is nowhere."""
    return next((name for name in _candidates(path, root) if os.path.lexists(name)), None)


def _compare(name: bytes, size: int, algorithm: str, expected: str) -> State:
    hasher, left = _ALGORITHMS[algorithm](), size
    try:
        descriptor = os.open(name, _OPEN)
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except (OSError, ValueError):
        return "unreadable"
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return "unreadable"
        while left and (block := os.read(descriptor, min(left, BLOCK))):
            hasher.update(block)
            left -= len(block)
        more = bool(os.read(descriptor, 1))
    except OSError:
        return "unreadable"
    finally:
        os.close(descriptor)
    if left:
        return "shorter"
    if hasher.hexdigest() != expected:
        return "changed"
    return "grown" if more else "holds"


def _candidates(path: str, root: Path | None) -> Iterator[bytes]:
    """Where an input may stand: as named, or below `root` by the longest tail of its path that is there."""
    names = [path.encode("utf-8", "surrogateescape")]
    unescaped = _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), names[0])
    names += [unescaped] if unescaped != names[0] else []
    for name in names:
        if root is None:
            yield os.fsencode(Path(os.fsdecode(name)).expanduser())
            continue
        pieces = [piece for piece in name.split(b"/") if piece not in (b"", b".", b"..", b"~")]
        for start in range(len(pieces)):
            yield b"/".join([os.fsencode(root), *pieces[start:]])
