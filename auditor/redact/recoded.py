"""A filter for text in UTF-16 or UTF-32 with a byte order mark (PowerShell writes it): filtered as UTF-8, written back
as it came. Whatever has no such mark passes to the filter as it is.
"""

from __future__ import annotations

import codecs

from auditor.redact.pump import Filter

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""The longer ones first: one of them begins with a shorter one."""
_LONGEST = 4
_ERRORS = "surrogatepass"
"""Halves of surrogate pairs come back as they were."""


class Recoded:
    """Bytes in, bytes out, for one stream at a time: `flush` makes it ready for the next."""

    def __init__(self, inner: Filter) -> None:
        self._inner = inner
        self._begin()

    def _begin(self) -> None:
        self._head: bytes | None = b""
        self._coding = ""

    def feed(self, data: bytes) -> bytes:
        """See `Filter`."""
        if self._head is None:
            return self._passed(data)
        self._head += data
        if len(self._head) < _LONGEST and any(mark.startswith(self._head[:1]) for mark, _coding in _MARKS):
            return b""
        return self._started()

    def idle(self) -> bytes:
        """See `Filter`."""
        return self._encoded(self._inner.idle())

    def flush(self) -> bytes:
        """See `Filter`."""
        out = self._started() if self._head is not None else b""
        rest = self._decoder.getstate()[0] if self._coding else b""
        out += self._encoded(self._inner.flush()) + rest  # half a character at the end of the input
        self._begin()
        return out

    def _started(self) -> bytes:
        head, self._head = self._head or b"", None
        mark, self._coding = next(((mark, coding) for mark, coding in _MARKS if head.startswith(mark)), (b"", ""))
        if self._coding:
            self._decoder = codecs.getincrementaldecoder(self._coding)(_ERRORS)
            self._utf8 = codecs.getincrementaldecoder("utf-8")(_ERRORS)
        return mark + self._passed(head[len(mark) :])

    def _passed(self, data: bytes) -> bytes:
        if not self._coding:
            return self._inner.feed(data)
        try:
            text = self._decoder.decode(data)
        except UnicodeDecodeError:
            return self._bare(self._decoder.getstate()[0] + data)
        return self._encoded(self._inner.feed(text.encode("utf-8", _ERRORS)))

    def _bare(self, data: bytes) -> bytes:
        """The mark lied, or the text was damaged: from here on bytes pass to the filter as they are."""
        out = self._encoded(self._inner.flush())
        self._coding = ""
        return out + self._inner.feed(data)

    def _encoded(self, data: bytes) -> bytes:
        return self._utf8.decode(data).encode(self._coding, _ERRORS) if self._coding else data
