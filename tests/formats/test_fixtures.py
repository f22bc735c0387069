"""Every line of the sample sessions and logs is understood without the safety net, in the dialect it is written in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.formats.dialect import LineDialect
from auditor.formats.records import records
from auditor.formats.registry import HEAD_BYTES, detect
from auditor.trace.sessions import read
from tests.trace.sources import Text

ROOT = Path(__file__).parents[2] / "fixtures"
EXPECTED = {
    ".sse": {"jsonrpc"},
    ".log": {"mcp-host-log", "mcp-bridge-log"},
    ".sh": {"shell-snapshot"},
    ".json": {"codex-g0"},
}
JSONL = {"codex-rollout", "codex-g1", "codex-exec", "codex-history", "jsonrpc"}


def _samples() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        is_log = path.suffix in EXPECTED or path.suffix == ".jsonl"
        if is_log and path.parent.name != "corpus" and path.parent != ROOT and path.is_file():
            yield path


@pytest.mark.parametrize("path", list(_samples()), ids=lambda path: "-".join(path.parts[-2:])[-70:])
def test_sample(path: Path) -> None:
    source = Text(path.read_bytes(), str(path))
    dialect = detect(source.data[:HEAD_BYTES], path.name)
    if path.suffix != ".json" or dialect.name != "plain":
        assert dialect.name in EXPECTED.get(path.suffix, JSONL)
    assert isinstance(dialect, LineDialect)
    for record in records(source.chunks(), dialect):
        assert list(dialect._events(record.data)) or not record.data.strip()
    transcript = read(source, dialect)
    if dialect.name == "codex-rollout":
        assert transcript.session.cli_version
        assert all(call.status and call.session for call in transcript.calls)
        lines = source.data.count(b"\n")
        assert all(transcript.position(line).timestamp for line in range(1, lines + 1))
