"""Canonical bytes of a document, its digest, and reading a stored one back.

Canonical JSON here: keys sorted, no blanks, UTF-8 (orjson `OPT_SORT_KEYS`); only strings, integers, booleans and null.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast, get_type_hints

import orjson

from auditor import lazy
from auditor.document import SCHEMA_VERSION, Document
from auditor.errors import UsageProblem, VerificationFailed
from auditor.evidence.digest import content_digest as content_digest
from auditor.report.schema import schema

NAMES = (b"schema_version", b"content_digest")
"""Members that no other JSON has together."""
_BEGINNING = b'{"checks":['
_MEMBER = lazy.compile(rb'\s*\{\s*"([a-z_]{1,40})"\s*:')
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}


def read(path: str | Path) -> Document:
    """Return a stored document after checking version, shape and digest.

    Raises:
        UsageProblem: not readable, not JSON, not a document, or of another major version.
        VerificationFailed: its content digest does not hold.
    """
    try:
        value = orjson.loads(Path(path).read_bytes())
    except OSError as problem:
        raise UsageProblem(f"{path}: {problem.strerror or 'cannot be read'}") from None
    except orjson.JSONDecodeError as problem:
        raise UsageProblem(f"{path}: not JSON (line {problem.lineno}, column {problem.colno})") from None
    return checked(value, str(path))


def checked(value: Any, name: str) -> Document:
    """Return `value` as a document; see `read` for what is raised."""
    version = value.get("schema_version") if isinstance(value, dict) else None
    if not isinstance(version, str):
        raise UsageProblem(f"{name}: not an audit document", "auditor scan -f json=FILE writes one.")
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        hint = f"This auditor reads major version {SCHEMA_VERSION.split('.')[0]}."
        raise UsageProblem(f"{name}: the document's major version is not known", hint)
    fault = fault_in(value)
    if fault:
        raise UsageProblem(f"{name}: {fault}")
    document = cast(Document, value)
    if content_digest(document) != document["content_digest"]:
        raise VerificationFailed(f"{name}: the content digest does not hold: the document was changed")
    return document


def fault_in(value: Any) -> str:
    """Return where `value` departs from the document's schema (first place, without its content), or an empty text."""
    whole_schema = schema()
    return _fault(value, whole_schema, whole_schema["$defs"], "")


def _fault(value: Any, rule: dict[str, Any], definitions: dict[str, Any], where: str) -> str:
    if "$ref" in rule:
        return _fault(value, definitions[rule["$ref"].rsplit("/", 1)[1]], definitions, where)
    if "anyOf" in rule:
        faults = [_fault(value, option, definitions, where) for option in rule["anyOf"]]
        return "" if "" in faults else faults[0]
    expected = rule.get("type")
    if expected and (not isinstance(value, _TYPES[expected]) or (expected == "integer" and isinstance(value, bool))):
        return f"{where or '/'} is not of type {expected}"
    if "enum" in rule and value not in rule["enum"]:
        return f"{where} is none of its known values"
    if expected == "array":
        return _first(_fault(item, rule["items"], definitions, f"{where}/{at}") for at, item in enumerate(value))
    return _members(value, rule, definitions, where) if expected == "object" else ""


def _members(value: dict[str, Any], rule: dict[str, Any], definitions: dict[str, Any], where: str) -> str:
    missing = [name for name in rule.get("required", ()) if name not in value]
    if missing:
        return f"{where}/{missing[0]} is missing"
    properties = rule.get("properties", {})
    others = rule.get("additionalProperties")
    known = _first(
        _fault(value[name], member, definitions, f"{where}/{name}")
        for name, member in properties.items()
        if name in value
    )
    if known or others is None:
        return known
    # names of free members come from input: only their number is shown
    return _first(_fault(item, others, definitions, f"{where}/[{at}]") for at, item in enumerate(value.values()))


def _first(faults: Any) -> str:
    return next(filter(None, faults), "")


def begins(text: bytes) -> bool:
    """Tell whether a text, however short it was cut, begins as we write documents: keys sorted, whatever the blanks."""
    seen = b"".join(text[:64].split())[: len(_BEGINNING)]
    return len(seen) > len(b'{"') and _BEGINNING.startswith(seen)


def may_hold(head: bytes) -> bool:
    """Tell by the first member whether a text can be a document, in any order of keys."""
    first = _MEMBER.match(head)
    return begins(head) or (first is not None and first[1].decode() in get_type_hints(Document))


def is_document(value: Any) -> bool:
    """Tell whether a value is an audit document (of any version) rather than something to audit."""
    return isinstance(value, dict) and all(name.decode() in value for name in NAMES)
