"""Checking a report again: arithmetic, rendering, signature, inputs. Each check is a line that says what held.

Nothing of a document's text is repeated in a line except paths of inputs, which callers neutralise before printing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.document import Document
from auditor.evidence.coverage import faults
from auditor.evidence.digest import check_input, content_digest, manifest_digest
from auditor.evidence.signing import INPUTS, subject_digest

_STATES: Mapping[str, str] = {
    "changed": "its first bytes are not those that were examined",
    "shorter": "it is shorter than what was examined",
    "missing": "it is not there",
    "unreadable": "it cannot be read",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One check; `detail` says what is wrong, or how far a good one reaches."""

    what: str
    good: bool
    detail: str = ""


def content(document: Document) -> Iterator[Line]:
    """Check the content digest and the equations of coverage."""
    yield Line("content digest", content_digest(document) == document["content_digest"], document["content_digest"])
    wrong = faults(document)
    yield Line("coverage equations", not wrong, "; ".join(wrong) or _coverage(document))


def rendering(name: str, stored: bytes, fresh: bytes) -> Line:
    """Check that the document renders to the bytes of a report."""
    good = stored == fresh
    return Line(f"{name} report", good, "" if good else "the document does not render to these bytes")


def signature(statement: Mapping[str, Any], reports: Mapping[str, bytes], document: Document) -> Iterator[Line]:
    """Check what a statement (its signature already holds) says of reports, inputs and content."""
    signed = {one["digest"].get("sha256") for one in statement.get("subject", []) if one.get("name") != INPUTS}
    for name, data in reports.items():  # by digest: a renamed file is the same report
        good = hashlib.sha256(data).hexdigest() in signed
        yield Line(f"signed {name}", good, "" if good else "the signature is not of these bytes")
    inputs = "sha256:" + subject_digest(statement, INPUTS) == manifest_digest(document)
    yield Line("signed list of inputs", inputs, "" if inputs else "the signature is of other inputs")
    same = statement.get("predicate", {}).get("contentDigest") == document["content_digest"]
    yield Line("signed content", same, "" if same else "the signature is of another content")


def inputs(document: Document, root: Path) -> Iterator[Line]:
    """Check each input's first bytes below `root`; the last line sums up."""
    checked = [check_input(source, root) for source in document["coverage"]["sources"]]
    for one in checked:
        if not one.good:
            yield Line(f"input {one.path}", False, _STATES.get(one.state, one.state))
    held = sum(one.state in ("holds", "grown") for one in checked)
    grown = sum(one.state == "grown" for one in checked)
    kept = sum(one.state == "not-kept" for one in checked)
    detail = f"{held} hold, {grown} of them have grown since; {kept} cannot be read again"
    yield Line("digests of inputs", all(one.good for one in checked), detail)


def sound(lines: Iterable[Line]) -> bool:
    """Tell whether every check held."""
    return all(line.good for line in lines)


def _coverage(document: Document) -> str:
    return "; ".join(f"{one['name']} {one['total']}" for one in document["coverage"].get("equations", []))
