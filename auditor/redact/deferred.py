"""A filter that loads the detector only when a text needs it: a command and its clean output never wait for it."""

from __future__ import annotations

from collections.abc import Callable

from auditor.redact.pump import Filter

HOLD = 64 << 10
"""Bytes of an unfinished line held here; a longer one is for the filter itself."""

Clean = Callable[[bytes], bool]
"""Tells that nothing in whole lines can be a credential; False where that is not known."""


def _unknown(_data: bytes) -> bool:
    return False


class Deferred:
    """Lets whole lines pass that are plainly clean; makes its filter for the first that are not, and keeps to it."""

    def __init__(self, make: Callable[[], Filter], clean: Clean = _unknown) -> None:
        self._make, self._clean = make, clean
        self._filter: Filter | None = None
        self._line = b""

    def feed(self, data: bytes) -> bytes:
        """See `Filter`."""
        if self._filter is not None:
            return self._filter.feed(data)
        text = self._line + data
        end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        if len(text) - end > HOLD or (end and not self._clean(text[:end])):
            return self._made().feed(data)
        self._line = text[end:]
        return text[:end]

    def idle(self) -> bytes:
        """See `Filter`."""
        return self._made().idle() if self._filter or self._line else b""

    def flush(self) -> bytes:
        """See `Filter`."""
        if self._filter is None and (not self._line or self._clean(self._line)):
            line, self._line = self._line, b""
            return line
        return self._made().flush()

    def _made(self) -> Filter:
        """The filter, which first gets what was held; no line of it has ended, so nothing leaves yet."""
        if self._filter is None:
            self._filter = self._make()
            held, self._line = self._line, b""
            self._filter.feed(held)
        return self._filter


def redactor(clean: Clean = _unknown) -> Filter:
    """Return the shipped rules' filter under the user's own key, not yet loaded.

    Args:
        clean: a quick judgement of whole lines that needs no detector.
    """

    def make() -> Filter:
        from auditor.detect.engine import Engine
        from auditor.detect.rules import load
        from auditor.redact.stream import Redactor
        from auditor.safe.files import load_key

        return Redactor(Engine(load()), load_key())

    return Deferred(make, clean)
