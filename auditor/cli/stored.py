"""The stored document among the arguments of a verb that also takes what is to be audited.

A document that is damaged, piped or packed must never be audited as a log: there it holds no credential, which would
read like a clean result.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from glob import has_magic
from pathlib import Path
from typing import Any

import orjson

from auditor.document import Document
from auditor.errors import UsageProblem
from auditor.intake import BLOCK, FileSource, discover
from auditor.intake.damage import Damage
from auditor.intake.layers import Reader
from auditor.intake.peek import peeked
from auditor.intake.stdin import STDIN
from auditor.report import canonical
from auditor.safe.text import visible

_BOM = b"\xef\xbb\xbf"


def stored(paths: Sequence[str], codex_home: Path | None) -> Document | None:
    """Return the document among the arguments, if there is one; then nothing may be named beside it.

    Raises:
        UsageProblem: it is damaged, does not stand alone, or is in a folder that holds nothing else.
        VerificationFailed: it was changed.
    """
    for path in paths:
        value = _value(path)
        if value is not None and (len(paths) > 1 or codex_home):
            hint = "Name it alone: what stands beside it would not be audited. `auditor scan` reads it as a log."
            raise UsageProblem(f"{_shown(path)}: a stored document is read alone", hint)
        if value is not None:
            return canonical.checked(value, _shown(path))
        if _holds_documents_only(path):
            raise UsageProblem(
                f"{visible(path)}: holds nothing but audit documents",
                "Name the one to read; `auditor scan` reads them as logs.",
            )
    return None


def is_stored(path: str) -> bool:
    """Tell whether a path is an audit document, whole or damaged."""
    try:
        return _value(path) is not None
    except UsageProblem:
        return True


def _value(path: str) -> Any:
    """The content of a document; None for what is none, or cannot be read, which auditing it tells."""
    head = b""
    try:
        with peeked(path) as reader:
            head = reader.read(BLOCK).removeprefix(_BOM)
            return _parsed(head, reader, path) if canonical.may_hold(head) else None
    except Damage:
        if canonical.begins(head):
            raise _damaged(path) from None
        return None


def _parsed(head: bytes, reader: Reader, path: str) -> Any:
    first = _json(head[: head.find(b"\n") + 1])
    if first is not None and not canonical.is_document(first):
        return None  # the first record of a log, which may be large
    text = b"".join([head, *iter(lambda: reader.read(BLOCK), b"")])
    value = _json(text)
    if canonical.is_document(value):
        return value
    if value is None and (canonical.begins(text) or all(name in text for name in canonical.NAMES)):
        raise _damaged(path)
    return None


def _json(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _shown(path: str) -> str:
    return "standard input" if path == STDIN else visible(path)


def _damaged(path: str) -> UsageProblem:
    return UsageProblem(
        f"{_shown(path)}: begins like an audit document, but is damaged: not one whole JSON text",
        "Write it anew with `auditor scan -f json=FILE`; `auditor scan` reads it as a log.",
    )


def _holds_documents_only(path: str) -> bool:
    """Tell whether a folder or pattern names documents and nothing to audit; the first other file decides."""
    if not Path(path).is_dir() and (os.path.lexists(path) or not has_magic(path)):
        return False
    names = list(_leading_documents(path))
    return bool(names) and all(names)


def _leading_documents(path: str) -> Iterator[bool]:
    for item in discover([path]):
        document = isinstance(item, FileSource) and is_stored(item.name)
        yield document
        if not document:
            return
