"""SHA256SUMS: what anybody can check with `sha256sum -c`, without auditor. Format: GNU coreutils, digest utilities."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def listing(files: Iterable[str], folder: Path) -> bytes:
    """Return one line for each file, with names relative to `folder`; raises `OSError` for one that cannot be read."""
    return b"".join(sorted(_line(Path(name), folder) for name in files))


def _line(file: Path, folder: Path) -> bytes:
    name = os.fsencode(os.path.relpath(file, folder))
    escaped = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    digest = hashlib.sha256(file.read_bytes()).hexdigest().encode()
    return (b"\\" if escaped != name else b"") + digest + b"  " + escaped + b"\n"
