"""A stored document among the arguments: told however it comes, and never taken for a clean log."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import zstandard

from auditor.cli.stored import is_stored
from auditor.report import json as canonical_json
from tests.report import sample

DOCUMENT = {"content_digest": "sha256:0", "padding": "x" * 3_000_000, "schema_version": "1.0"}
WHOLE = canonical_json.render(sample.leaking())
COMPACT = json.dumps(sample.leaking(), sort_keys=True).encode() + b"\n"
FORMS: dict[str, bytes] = {
    "plain": WHOLE,
    "gzip": gzip.compress(WHOLE),
    "zstd": zstandard.compress(WHOLE),
    "byte order mark": b"\xef\xbb\xbf" + WHOLE,
    "utf-16": WHOLE.decode().encode("utf-16"),
    "compact": COMPACT,
    "other order": json.dumps(dict(reversed(sample.leaking().items()))).encode(),
}
DAMAGED: dict[str, bytes] = {
    "cut": WHOLE[:900],
    "cut at once": WHOLE[:9],
    "twice": WHOLE * 2,
    "two lines": COMPACT * 2,
    "packed and cut": gzip.compress(WHOLE)[:-200],
    "cut and packed": gzip.compress(WHOLE[:900]),
    "cut utf-16": WHOLE[:900].decode().encode("utf-16"),
    "a byte lost": WHOLE.replace(b'"rules"', b'"rules', 1),
}


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


def _run(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "auditor", *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize("form", FORMS)
def test_a_document_is_read_in_any_form_also_from_a_pipe(form: str, tmp_path: Path) -> None:
    path = tmp_path / "audit"
    path.write_bytes(FORMS[form])
    assert _run("report", path, "-q").returncode == 1
    assert _run("report", "-", "-q", given=FORMS[form]).returncode == 1


@pytest.mark.parametrize("form", DAMAGED)
def test_a_damaged_document_is_never_clean(form: str, tmp_path: Path) -> None:
    path = tmp_path / "audit"
    path.write_bytes(DAMAGED[form])
    done = _run("report", path, "-q", "-f", f"html={tmp_path / 'out.html'}")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"is damaged" in done.stderr
    assert not (tmp_path / "out.html").exists()
    assert _run("report", "-", given=DAMAGED[form]).returncode == 2


@pytest.mark.parametrize("verb", [["trace"], ["explain", "inc-3fa9c1d2e4b5"]])
def test_trace_and_explain_read_documents_alike(verb: list[str], tmp_path: Path) -> None:
    assert _run(*verb, "-", given=gzip.compress(WHOLE)).returncode in (0, 3)
    done = _run(*verb, "-", given=WHOLE[:900])
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"standard input: begins like an audit document" in done.stderr


def test_a_baseline_is_not_pruned_by_a_damaged_document(tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_bytes(WHOLE)
    (tmp_path / "cut.json").write_bytes(WHOLE[:900])
    known = tmp_path / "known.toml"
    created = _run("baseline", "create", tmp_path / "audit.json", "-o", known, "--reason", "r", "--owner", "o")
    assert created.returncode == 0
    before = known.read_bytes()
    assert _run("baseline", "prune", known, tmp_path / "cut.json").returncode == 2
    assert known.read_bytes() == before


def test_what_stands_beside_a_document_would_not_be_audited(tmp_path: Path) -> None:
    path = tmp_path / "audit.json"
    path.write_bytes(WHOLE)
    for beside in ([tmp_path / "other.log"], ["--codex-home", tmp_path]):
        done = _run("report", path, *beside)
        assert done.returncode == 2
        assert b"is read alone" in done.stderr


def test_a_folder_of_documents_is_to_be_named_more_closely(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "audit.json").write_bytes(WHOLE)
    for named in (folder, folder / "*.json"):
        done = _run("report", named)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"Name the one to read" in done.stderr
    assert _run("scan", folder, "-q").returncode == 0
    (folder / "build.log").write_bytes(b"a clean line\n")
    assert _run("report", folder, "-q").returncode == 0


def _pipe(data: bytes) -> int:
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    return reading


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_a_log_that_was_looked_at_is_examined_whole(wrap: Callable[[bytes], bytes]) -> None:
    log = b'{"title": "a log"}\n' + b"a line\n" * 20_000
    packed = wrap(log)
    for name in ("-", "/dev/stdin"):
        scanned = json.loads(_run("scan", name, "-f", "json", given=packed).stdout)["coverage"]["sources"]
        reported = json.loads(_run("report", name, "-f", "json", given=packed).stdout)["coverage"]["sources"]
        assert scanned == reported
        assert reported[0]["records"] == 20_001


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no /dev/fd")
def test_a_document_of_a_process_substitution_is_read() -> None:
    for data, code in ((WHOLE, 1), (WHOLE[:900], 2)):
        descriptor = _pipe(data)
        command = [sys.executable, "-m", "auditor", "report", f"/dev/fd/{descriptor}", "-q"]
        done = subprocess.run(command, pass_fds=[descriptor], capture_output=True, check=False, timeout=60)
        os.close(descriptor)
        assert done.returncode == code


@pytest.mark.parametrize("option", [0, orjson.OPT_INDENT_2])
def test_a_document_is_told_however_long_or_laid_out(tmp_path: Path, option: int) -> None:
    path = tmp_path / "audit.json"
    path.write_bytes(orjson.dumps(DOCUMENT, option=option))
    assert is_stored(str(path))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{", b'{"schema_version": 1}\n', b'{"a": "schema_version content_digest"}', b'{"type": "x"}\n{}\n',
        b'{"checks": []}\n', b'{"checks": []}\n{"checks": [\n', b'{"checking": 1',
    ],
)  # fmt: skip
def test_other_json_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(content)
    assert not is_stored(str(path))


@pytest.mark.parametrize("first", [b'{"type":"session_meta"}\n', b'{"type":"', b'{"checks":[]}\n'])
def test_a_long_transcript_is_not_read_into_memory(tmp_path: Path, first: bytes) -> None:
    path = tmp_path / "rollout.jsonl"
    path.write_bytes(first + b"x" * 40_000_000)
    tracemalloc.start()
    assert not is_stored(str(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000
