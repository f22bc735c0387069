"""Holds real values back: the model works with a marker, the server gets the value.

In memory only, for the life of one proxy. A marker is put back only inside the arguments of a request to the server the
value came from, so that a prompt cannot have it printed elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import regex

from auditor.secret import MARKER_PATTERN, Secret

MARKER = regex.compile(MARKER_PATTERN)
"""What `auditor.secret.marker` writes."""

_HINT = b"[REDACTED:"
_CALLS = frozenset({"tools/call", "resources/read", "prompts/get"})


class Vault:
    """Marker → value as it was written (still percent-encoded inside a URL)."""

    def __init__(self) -> None:
        self._values: dict[str, Secret] = {}

    def keep(self, marker: str, written: bytes) -> None:
        """Remember what a marker stands for."""
        self._values[marker] = Secret(written)

    def restore(self, message: bytes) -> bytes:
        """Return a JSON-RPC message of the client with known markers in its arguments replaced by the values.

        Anything else (other methods, no marker, not JSON) comes back byte for byte.
        """
        if _HINT not in message or not self._values:
            return message
        try:
            body = orjson.loads(message)
        except orjson.JSONDecodeError:
            return message
        if not isinstance(body, dict) or body.get("method") not in _CALLS or not isinstance(body.get("params"), dict):
            return message
        body["params"] = _mapped(body["params"], self._reveal)
        return orjson.dumps(body) + (b"\n" if message.endswith(b"\n") else b"")

    def _reveal(self, text: str) -> str:
        return MARKER.sub(lambda found: self._value(found.group()), text)

    def _value(self, marker: str) -> str:
        secret = self._values.get(marker)
        return secret.reveal().decode(errors="surrogateescape") if secret else marker


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Apply `change` to every string of a JSON value, keys aside."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _mapped(item, change) for name, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    return value
