"""What is found, and cut, does not depend on where blocks of reading end."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.audit.examine import Examiner
from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.formats.records import records
from auditor.formats.registry import DIALECTS
from auditor.intake import FileSource, Source, StdinSource, layers, lines, stored
from auditor.redact.inplace import InPlace, Options
from auditor.redact.overwrite import Journal
from auditor.trace.activity import words

ENGINE = Engine(load(), words=words())
KEY = bytes(32)
BLOCK = 4_096
PEM = "-----BEGIN PRIVATE KEY-----\n" + "FakeMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 12 + "-----END PRIVATE KEY-----\n"
URL = "postgresql://app:npg_FakeQ7w8e9r0t1@ep-fake-dawn-a1b2c3d4.us-east-2.aws.neon.tech/shop"
WRAPPED = (
    "  Connection uri for the branch that was just created by this command:  " + URL[:-14] + "\n    " + URL[-14:] + "\n"
)
CURL = (
    "curl https://console.neon.tech/api/v2/projects \\\n  -H 'Authorization: Bearer napi_fake"
    + "k3j4h5g6" * 6
    + "' \\\n"
)
TABLE = f"│ name  │ connection_uri {' ' * 60}│\n│ fake  │ {URL[:70]} │\n│       │ {URL[70:]:70} │\n"
SPREAD = (PEM, WRAPPED, CURL, TABLE)
FILLER = "2026-11-25 10:00:00 INFO running upgrade 1 -> 2, add tags to the posts of a shop\n"
JSON_LINES = (json.dumps({"text": FILLER * 3}) + "\n", json.dumps({"text": PEM + URL}) + "\n")


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    _blocks(monkeypatch, BLOCK)


def _blocks(patch: pytest.MonkeyPatch, size: int) -> None:
    for module in (layers, lines, stored):
        patch.setattr(module, "BLOCK", size)
    patch.setattr(lines, "SHARED", 4_096)
    patch.setattr(stored, "_TAILS", (64, 1_024))


def _examined(source: Source) -> list[tuple[str, int, int, int, str]]:
    found = Examiner(ENGINE, KEY).examine(source).found
    return [
        (one.rule, one.place.line, one.place.byte_start, one.place.byte_end, one.fingerprint)
        for one in found
        if one.confidence != "low"
    ]


def _straddling(leak: str) -> Iterator[str]:
    """Texts in which a border of blocks falls into every line of a leak."""
    for at in range(0, len(leak), 60):
        before = FILLER * (2 * BLOCK // len(FILLER))
        yield before[: 2 * BLOCK - at - 1] + "\n" + leak + FILLER * 60


def _plain(path: Path, text: str) -> Source:
    path.write_text(text)
    return FileSource(str(path))


def _utf16(path: Path, text: str) -> Source:
    path.write_text(text, encoding="utf-16")
    return FileSource(str(path))


def _gzipped(path: Path, text: str) -> Source:
    path.write_bytes(gzip.compress(text.encode()))
    return FileSource(str(path))


def _stream(path: Path, text: str) -> Source:
    path.write_text(text)
    return StdinSource(os.open(path, os.O_RDONLY))


@pytest.mark.parametrize("stored_as", [_plain, _utf16, _gzipped, _stream])
@pytest.mark.parametrize("leak", SPREAD, ids=["pem", "wrapped", "curl", "table"])
def test_a_credential_across_blocks_is_found_once_and_whole(
    leak: str, stored_as: Callable[[Path, str], Source], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = list(_straddling(leak))
    found = [_examined(stored_as(tmp_path / "a.log", text)) for text in texts]
    _blocks(monkeypatch, 1 << 20)
    assert found == [_examined(stored_as(tmp_path / "a.log", text)) for text in texts]
    assert all(found)


@settings(max_examples=30)
@given(seed=st.integers(0, 1 << 32), block=st.integers(500, 8_000))
def test_what_is_found_does_not_depend_on_the_block(
    tmp_path_factory: pytest.TempPathFactory, seed: int, block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "mixed.log"
    path.write_text("".join(_mixed(random.Random(seed))))
    source = FileSource(str(path))
    with pytest.MonkeyPatch.context() as patched:
        _blocks(patched, 1 << 20)
        whole, report, kept = _examined(source), source.reports(), list(records(source.chunks(), DIALECTS["plain"]))
        _blocks(patched, block)
        assert _examined(source) == whole
        assert source.reports() == report
        assert list(records(source.chunks(), DIALECTS["plain"])) == kept


def _mixed(chance: random.Random) -> Iterator[str]:
    """Plain text, JSON lines, or both by turns."""
    kinds = chance.choice([(1, 0), (0, 1), (1, 1)])
    for _ in range(120):
        plain = chance.choices([True, False], kinds)[0]
        if plain and chance.random() < 0.1:
            yield chance.choice(SPREAD)
        yield FILLER[: chance.randrange(1, len(FILLER))] + "\n" if plain else chance.choice(JSON_LINES)


@pytest.mark.parametrize("options", [Options(), Options(readable=True)], ids=["same length", "markers"])
@pytest.mark.parametrize("leak", SPREAD, ids=["pem", "wrapped", "curl", "table"])
def test_a_credential_across_blocks_is_cut_whole(leak: str, options: Options, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for text in _straddling(leak):
        path.write_text(text)
        journal = Journal(tmp_path / "journal", KEY)
        manifest = InPlace(ENGINE, KEY, journal, options).run([FileSource(str(path))])
        assert [one.action for one in manifest.files] in (["overwritten"], ["replaced"])
        redacted = path.read_text()
        assert not ENGINE.scan(redacted.encode(), confidence="medium")
        assert redacted.startswith(text[: text.index(leak)])
        assert redacted.endswith(text[text.index(leak) + len(leak) :])
        assert "FakeMII" not in redacted


def test_json_lines_share_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rollout-x.jsonl"
    path.write_text(JSON_LINES[0] * 200)
    chunks = list(FileSource(str(path)).chunks())
    assert len(chunks) > 3
    assert not any(chunk.overlap or chunk.shared for chunk in chunks)
