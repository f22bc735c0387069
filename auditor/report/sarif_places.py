"""Places, addresses and times as SARIF writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any
from urllib.parse import quote

from auditor.document import PlaceDict
from auditor.report import reading
from auditor.safe.markup import plain


def uri(path: str) -> str:
    """Return a path as a URI reference: relative ones stay relative, so that runs on two machines agree."""
    unified = path.replace("\\", "/") or "-"
    absolute = unified.startswith("/")
    text = quote(unified.encode("utf-8", "replace"), safe="/~")
    return f"file://{text}" if absolute else text


def physical(path: str, line: int, artifacts: Mapping[str, int], *, region: bool = False) -> dict[str, Any]:
    """Return a physical location; `region` asks for one even where lines mean nothing (GitHub needs it)."""
    at = {"uri": uri(path), **({"index": artifacts[path]} if path in artifacts else {})}
    number = max(line, 1)
    spot = {"startLine": number, "startColumn": 1, "endLine": number, "endColumn": 2}
    return {"artifactLocation": at, **({"region": spot} if line or region else {})}


def location(place: PlaceDict, artifacts: Mapping[str, int], *, region: bool = False) -> dict[str, Any]:
    """Return a location with the record's pointer as logical location and the bytes in properties."""
    logical = [{"fullyQualifiedName": plain(place["pointer"], 500), "kind": "member"}] if place["pointer"] else []
    return {
        "physicalLocation": physical(place["path"], place["line"], artifacts, region=region),
        **({"logicalLocations": logical} if logical else {}),
        "properties": {"byteStart": place["byte_start"], "byteEnd": place["byte_end"]},
    }


def moment(text: str) -> str:
    """Return a time as SARIF wants it (3.9): UTC with `Z`; empty when it is none."""
    found = reading.moment(text)
    if found is None:
        return ""
    try:
        return found.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError):
        return ""
