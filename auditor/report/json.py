"""The canonical document itself, for machines and for `auditor verify`."""

from __future__ import annotations

from auditor.document import Document
from auditor.safe.json import dumps


def render(document: Document) -> bytes:
    """Return the document as indented JSON with sorted keys; lossless."""
    return dumps(document, indent=True) + b"\n"
