"""The contract every dialect keeps, and the base that most of them share.

Invariants: `recognises` and `events` never raise, whatever the bytes; a record that is not understood gives exactly
one `Event("other")`, so that nobody mistakes silence for absence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from auditor.model import Event

OPAQUE = frozenset({b"encrypted_content", b"encrypted_function_args"})
"""Keys whose strings are ciphertext in Codex records (codex-rs/protocol/src/models.rs).

Vendor prefixes occur in random base64 by chance, so patterns are never matched there; the bytes are counted. Inline
media (`data:` URLs) tell of themselves; `blob` of MCP resources is not listed, since it may be a text file in base64.
"""


class Dialect(Protocol):
    """What bytes of one family of logs mean."""

    @property
    def name(self) -> str:
        """Stable name shown as the format of a source: `codex-rollout`, `codex-exec`, `mcp-host-log` …."""

    @property
    def family(self) -> str:
        """Kind of the sessions found in it: `codex`, `codex-exec`, `mcp-log`, `history`, `environment`, `log`."""

    @property
    def opaque_keys(self) -> frozenset[bytes]:
        """JSON keys whose strings are never matched by patterns."""

    @property
    def whole(self) -> bool:
        """True when the file is one record (G0, pretty JSON)."""

    @property
    def pieces(self) -> bool:
        """True when records may bring texts in pieces (deltas)."""

    def recognises(self, head: bytes, name: str) -> float:
        """Return 0…1, by the first bytes; the file name may only break a tie."""

    def continues(self, line: bytes) -> bool:
        """Return whether `line` belongs to the record before it."""

    def events(self, record: bytes) -> list[Event]:
        """Return what the record says, at least one event, and never raise."""

    def parsed(self, record: bytes) -> list[Event]:
        """Return the same as `events` of a record that is known to be no `aside`."""

    def aside(self, data: bytes, start: int, end: int) -> Event | None:
        """Return the one event of a line that its first bytes show to hold no call, without parsing it; else None.

        Of long sessions half the lines are of this kind (reasoning, token counts).
        """


class LineDialect:
    """Base of dialects with one record per line; subclasses implement `_events` and may raise there.

    Hostile records raise all kinds of things deep in a shape we expected otherwise; one catch here keeps every
    dialect short and the promise of `events` true.
    """

    name = "plain"
    family = "log"
    opaque_keys = OPAQUE
    whole = False
    pieces = False

    def recognises(self, head: bytes, name: str) -> float:
        return 0.0

    def continues(self, line: bytes) -> bool:
        return False

    def events(self, record: bytes) -> list[Event]:
        return self.parsed(record)

    def parsed(self, record: bytes) -> list[Event]:
        try:
            events = list(self._events(record))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OverflowError):
            events = []
        return events or [Event("other", role="log")]

    def aside(self, data: bytes, start: int, end: int) -> Event | None:
        return None

    def _events(self, record: bytes) -> Iterable[Event]:
        return (Event("other", role="log"),)
