"""The pinned schemas of `tests/schemas`, ready to validate with."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import regex
import xmlschema

FOLDER = Path(__file__).resolve().parent.parent / "schemas"


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Any:
    if isinstance(instance, str) and not regex.search(pattern, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def _validator(name: str) -> Any:
    schema = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
    kind = jsonschema.validators.validator_for(schema)
    # OSCAL's patterns have \p{L}, which the standard library cannot compile
    return jsonschema.validators.extend(kind, {"pattern": _pattern})(schema)


def faults(name: str, value: Any) -> list[str]:
    """Return what a JSON value does wrong by a schema."""
    return [f"{'/'.join(map(str, fault.path))}: {fault.message[:300]}" for fault in _validator(name).iter_errors(value)]


@cache
def junit() -> Any:
    return xmlschema.XMLSchema(gzip.decompress((FOLDER / "junit-10.xsd.gz").read_bytes()).decode())
