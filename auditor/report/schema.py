"""The JSON Schema of the audit document, derived from the typed mappings of `auditor.document`.

One truth: a member added there appears here. Closed lists (severity, kind, gap reason …) come from `auditor.model`.
Unknown members are allowed, since minor versions add some.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from auditor import document
from auditor.model import CONFIDENCES, KINDS, SEVERITIES, GapReason

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER = "urn:auditor:document:1"

CAUSES = (
    "tool-output", "tool-result", "command-literal", "tool-argument", "prompt", "assistant-text", "file-change",
    "environment", "configuration", "copied-history", "unknown",
)  # fmt: skip
ROLES = ("weakness", "operation", "obligation")

_CLOSED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("Incident", "kind"): KINDS,
    ("Incident", "severity"): SEVERITIES,
    ("Incident", "confidence"): CONFIDENCES,
    ("Origin", "cause"): CAUSES,
    ("GapDict", "reason"): get_args(GapReason),
    ("SourceDict", "status"): ("examined", "partial", "skipped", "failed"),
    ("StepDict", "status"): ("ok", "failed", "declined", "running", "unknown", ""),
    ("StepDict", "phase"): ("generation", "validation", "isolation", "promotion", "none"),
    ("Check", "status"): ("violated", "followed", "not-applicable"),
    ("ControlDict", "role"): ROLES,
    ("ControlDict", "status"): ("indicator-found", "no-indicator-in-scope", "evidence", "assessment-required"),
}
_SCALARS: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the audit document, major version 1."""
    definitions: dict[str, Any] = {}
    top = _mapping(document.Document, definitions)
    top["properties"]["schema_version"] = {"type": "string", "pattern": r"^1\.[0-9]+$"}
    return {
        "$schema": DIALECT,
        "$id": IDENTIFIER,
        "title": "auditor document",
        "description": (document.__doc__ or "").strip(),
        **top,
        "$defs": dict(sorted(definitions.items())),
    }


def _mapping(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    notes = _notes(kind)
    members = {}
    for name, hint in get_type_hints(kind).items():
        member = _typed(hint, definitions)
        closed = _CLOSED.get((kind.__name__, name))
        note = {"description": notes[name]} if name in notes else {}
        members[name] = {**member, **({"enum": list(closed)} if closed else {}), **note}
    return {"type": "object", "required": _required(kind), "properties": members}


def _required(kind: Any) -> list[str]:
    """Names that must be there. `__required_keys__` is blind to `NotRequired` in postponed annotations."""
    optional = {
        name for name, hint in get_type_hints(kind, include_extras=True).items() if get_origin(hint) is NotRequired
    }
    return sorted(kind.__required_keys__ - optional)


def _typed(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    if is_typeddict(hint):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}  # named first, so that a mapping may hold itself
            definitions[hint.__name__] = _mapping(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (list, Sequence):
        return {"type": "array", "items": _typed(arguments[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _typed(arguments[1], definitions)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_typed(argument, definitions) for argument in arguments]}
    raise TypeError(f"no schema for {hint!r}")


@cache
def _notes(kind: Any) -> dict[str, str]:
    """The texts that stand below members in the source; empty where there is no source (a frozen program)."""
    try:
        tree = ast.parse(inspect.getsource(kind)).body[0]
    except OSError:
        return {}
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for member, after in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(member, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            assert isinstance(member.target, ast.Name)
            found[member.target.id] = " ".join(str(after.value.value).split())
    return found
