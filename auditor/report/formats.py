"""The formats: name → module with `render(document) -> bytes`. A new one is one module and one line here.

Modules are imported when asked for; an HTML report alone pays for jinja2.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Protocol, cast

from auditor.document import Document
from auditor.errors import UsageProblem

FORMATS: Mapping[str, tuple[str, str]] = {
    "text": ("terminal", "for people, as a terminal shows it"),
    "json": ("json", "the canonical document"),
    "jsonl": ("jsonl", "one fact a line"),
    "sarif": ("sarif", "SARIF 2.1.0, for code scanning"),
    "oscal": ("oscal", "OSCAL 1.2.1 assessment results"),
    "html": ("html", "one page for auditors and engineers; prints to PDF"),
    "csv": ("csv", "one row a place, for spreadsheets"),
    "junit": ("junit", "JUnit XML, for test views of CI servers"),
    "ocsf": ("ocsf", "OCSF 1.8 Data Security Findings, for a SIEM"),
    "github": ("github", "annotations of a GitHub workflow"),
    "markdown": ("markdown", "fits a pull request comment"),
}
"""Format → (module of this room, what it is for)."""


class Renderer(Protocol):
    """What a format's module offers."""

    def render(self, document: Document) -> bytes: ...


def render(document: Document, name: str) -> bytes:
    """Return the document in one format; the same document gives the same bytes.

    Raises:
        UsageProblem: there is no such format.
    """
    return renderer(name).render(document)


def renderer(name: str) -> Renderer:
    """Return the module of a format; see `render` for what is raised."""
    if name not in FORMATS:
        raise UsageProblem("unknown report format", f"One of: {', '.join(FORMATS)}.")
    return cast(Renderer, importlib.import_module(f"auditor.report.{FORMATS[name][0]}"))
