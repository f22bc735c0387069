"""Telling a stored document from something to audit: by as little as it takes."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import orjson
import pytest

from auditor.report.canonical import looks_like_document

DOCUMENT = {"content_digest": "sha256:0", "padding": "x" * 3_000_000, "schema_version": "1.0"}


@pytest.mark.parametrize("option", [0, orjson.OPT_INDENT_2])
def test_a_document_is_told_however_long_or_laid_out(tmp_path: Path, option: int) -> None:
    path = tmp_path / "audit.json"
    path.write_bytes(orjson.dumps(DOCUMENT, option=option))
    assert looks_like_document(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"schema_version": 1}\n', b'{"a": "schema_version content_digest"}', b'{"type": "x"}\n{}\n'],
)
def test_other_json_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(content)
    assert not looks_like_document(path)


@pytest.mark.parametrize("first", [b'{"type":"session_meta"}\n', b'{"type":"'])
def test_a_long_transcript_is_not_read_into_memory(tmp_path: Path, first: bytes) -> None:
    path = tmp_path / "rollout.jsonl"
    path.write_bytes(first + b"x" * 40_000_000)
    tracemalloc.start()
    assert not looks_like_document(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000
