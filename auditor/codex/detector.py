"""The detector as hooks use it: loaded when a text needs it, never earlier."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from auditor.codex import gate

if TYPE_CHECKING:
    from auditor.detect.engine import Engine
    from auditor.redact.stream import Redactor


def kinds(text: str) -> list[str]:
    """Return the kinds of credentials a text holds, at medium confidence or more, each once, sorted."""
    data = _bytes(text)
    if gate.clean(data):
        return []
    return sorted({match.kind for match in _engine().scan(data, confidence="medium")})


def redacted(text: str) -> str:
    """Return a text with its credentials cut."""
    data = _bytes(text)
    return text if gate.clean(data) else redactor().redact(data).decode("utf-8", "replace")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@cache
def _engine() -> Engine:
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load

    engine = Engine(load())
    gate.remember(engine)
    return engine


@cache
def redactor() -> Redactor:
    """Return this process's filter under the user's own key."""
    from auditor.redact.stream import Redactor
    from auditor.safe.files import load_key

    return Redactor(_engine(), load_key())


def fingerprints(data: bytes) -> dict[str, str]:
    """Return keyed fingerprint → kind of the credentials in whole lines of a transcript."""
    from auditor.formats.dialect import OPAQUE
    from auditor.safe.files import load_key

    key = load_key()
    matches = _engine().scan(data, opaque_keys=OPAQUE, confidence="medium")
    return {match.secret.fingerprint(key): match.kind for match in matches}
