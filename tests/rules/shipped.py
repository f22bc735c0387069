"""The shipped rules in one engine, made once per test process."""

from __future__ import annotations

from functools import cache

from auditor.detect.engine import Engine
from auditor.detect.rules import load


@cache
def engine() -> Engine:
    """Return the engine."""
    return Engine(load())


def found(text: str | bytes) -> list[tuple[str, str]]:
    """Return kind and value of everything reported at the default confidence, in order of place."""
    data = text.encode() if isinstance(text, str) else text
    return [(match.kind, match.secret.reveal().decode()) for match in engine().scan(data, confidence="medium")]


def held(text: str) -> list[str]:
    """Return the checks that held something back."""
    return [match.rejected_by for match in engine().scan(text.encode()) if match.rejected_by]
