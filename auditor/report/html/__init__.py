"""The report as one HTML file: no network, no script; an executive reads it in a minute, an engineer to the last byte.

Every expression of the templates is made inert (`auditor.safe.markup.plain`) and escaped by jinja2's autoescape; the
only markup that is passed through is the stylesheet and what `marked` builds. The Content-Security-Policy allows that
one stylesheet by its hash and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.document import Document
from auditor.report import reading, words
from auditor.report.html import sequence, timeline, view
from auditor.report.reading import Reading
from auditor.safe.markup import plain

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def render(document: Document) -> bytes:
    """Return the page as UTF-8."""
    found = Reading(document)
    css = stylesheet()
    page = _environment().get_template("page.html.j2")
    text = page.render(
        found=found,
        document=document,
        page=view.Page(found),
        css=css,
        policy=policy(css),
    )
    return _raw_apostrophes(text).encode("utf-8", "replace") + b"\n"


def _raw_apostrophes(page: str) -> str:
    """Write apostrophes as such: harmless in text and between double quotes, which all our attributes have.

    As `&#39;` they make a command's last quoted word look like a password to the gate.
    """
    return page.replace("&#39;", "'")


def policy(css: str) -> str:
    """Return the Content-Security-Policy: nothing but this stylesheet (CSP Level 3, hash source)."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def stylesheet() -> str:
    """Return the stylesheet's text, exactly as it stands in the page."""
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_inert,
    )
    environment.globals.update(words=words, reading=reading, sequence=sequence, timeline=timeline)
    environment.filters["marked"] = view.marked
    environment.filters["brief"] = view.brief
    environment.filters["clock"] = reading.clock
    return environment


def _inert(value: Any) -> Any:
    """What every expression goes through; markup of our own is not a plain `str`."""
    return plain(value) if type(value) is str else value
