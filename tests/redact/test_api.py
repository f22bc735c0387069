"""The Python API as its docstrings show it, and the `logging.Filter` built on it."""

from __future__ import annotations

import doctest
import logging
from importlib import import_module

import pytest

from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.redact.logging import RedactingFilter

VALUE = "npg_FakeQ7w8e9r0t1"
URL = f"postgresql://app:{VALUE}@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop"


@pytest.mark.parametrize("name", ["auditor.redact.stream", "auditor.redact.logging"])
def test_docstring_examples_hold(name: str) -> None:
    result = doctest.testmod(import_module(name), raise_on_error=True)
    assert result.attempted
    assert not result.failed


@pytest.fixture
def logger() -> logging.Logger:
    logger = logging.getLogger("auditor-test-shop")
    logger.filters = [RedactingFilter(Engine(load()), key=b"k" * 32)]
    return logger


def test_messages_arguments_and_tracebacks_are_redacted(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    logger.warning("connecting to %s with %d retries", URL, 3)
    try:
        raise ConnectionError(f"refused: {URL}")
    except ConnectionError:
        logger.exception("failed", stack_info=True)
    logger.warning("%s again", VALUE)
    assert VALUE not in caplog.text
    assert caplog.text.count("[REDACTED:") == 3
    assert "with 3 retries" in caplog.text
    assert "ConnectionError: refused: postgresql://app:" in caplog.text
