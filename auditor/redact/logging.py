"""A `logging.Filter` that cuts credentials out of a program's own log records.

>>> import logging
>>> from auditor.detect.engine import Engine
>>> from auditor.detect.rules import load
>>> logging.getLogger("shop").addFilter(RedactingFilter(Engine(load()), key=b"k" * 32))
"""

from __future__ import annotations

import logging
import threading

from auditor.detect.engine import Engine
from auditor.redact.stream import Redactor


class RedactingFilter(logging.Filter):
    """Replaces the finished message of each record by its redacted form; never drops a record."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        """Take an engine of its own (it is used under a lock, since loggers are called from many threads)."""
        super().__init__()
        self._redactor = Redactor(engine, key)
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact message, exception text and stack of a record in place."""
        with self._lock:
            record.msg, record.args = self._redacted(record.getMessage()), None
            if record.exc_info and not record.exc_text:
                record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_text = self._redacted(record.exc_text) if record.exc_text else record.exc_text
            record.stack_info = self._redacted(record.stack_info) if record.stack_info else record.stack_info
        return True

    def _redacted(self, text: str) -> str:
        return self._redactor.redact(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
