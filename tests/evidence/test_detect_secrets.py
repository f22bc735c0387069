"""detect-secrets baselines: their own reader reads our export, we know what theirs knows, and no hash escapes by itself."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.errors import UsageProblem
from auditor.evidence import detect_secrets
from auditor.evidence.detect_secrets import LABEL, Known
from auditor.model import Found
from auditor.report import json as canonical
from auditor.secret import Secret

KEY = b"\0" * 32
PASSWORD = "vK7Fake9xQ2mZ/4"
ENCODED = "vK7Fake9xQ2mZ%2F4"
API_KEY = "napi_" + ("fake0123456789" * 5)[:64]


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "a.jsonl"
    path.parent.mkdir()
    path.write_text(f'{{"text":"postgresql://app:{ENCODED}@db.fake-shop.internal/shop"}}\n{{"key":"{API_KEY}"}}\n')
    return path


def run(log: Path, label: object, observe: object, jobs: int = 1) -> object:
    request = ScanRequest(paths=(str(log.parent),), key=KEY, label=label, jobs=jobs, generated="2026-11-23T00:00:00Z")  # type: ignore[arg-type]
    return audit(request, observe=observe)  # type: ignore[arg-type]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("value", [PASSWORD, ENCODED])
def test_what_theirs_knows_is_accepted(log: Path, jobs: int, value: str) -> None:
    """They hash a password as it stands in the URL, percent-encoded."""
    found: set[str] = set()
    known = Known(frozenset({sha1(value)}))
    document = run(log, known, lambda one: found.add(one.fingerprint) if one.labels else None, jobs)
    made = detect_secrets.imported(document, found, ".secrets.baseline", "me")  # type: ignore[arg-type]
    assert [entry.kind for entry in made.entries.values()] == ["postgres-url"]
    assert all(entry.reason == "imported from .secrets.baseline" for entry in made.entries.values())


def test_labels_reach_no_document(log: Path) -> None:
    document = run(log, detect_secrets.hashed, lambda one: None)
    data = canonical.render(document)  # type: ignore[arg-type]
    assert sha1(PASSWORD).encode() not in data
    assert sha1(API_KEY).encode() not in data
    assert b'"labels"' not in data


def test_their_reader_reads_our_export(log: Path, tmp_path: Path) -> None:
    from detect_secrets.core import baseline as theirs

    found: list[Found] = []
    document = run(log, detect_secrets.hashed, found.append)
    path = tmp_path / ".secrets.baseline"
    path.write_bytes(detect_secrets.export(document, found))  # type: ignore[arg-type]
    loaded = theirs.load(theirs.load_from_file(str(path)), str(path))
    hashes = {secret.secret_hash for secrets in loaded.data.values() for secret in secrets}
    assert hashes == {sha1(PASSWORD), sha1(ENCODED), sha1(API_KEY)}
    assert {secret.line_number for secrets in loaded.data.values() for secret in secrets} == {1, 2}


def test_their_hook_accepts_what_we_export_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    file, kept = Path("logs/a.env"), Path(".secrets.baseline")
    file.parent.mkdir()
    file.write_text(f'DB_PASSWORD="{PASSWORD}"\nu = "postgresql://app:{ENCODED}@db.fake.dev/shop"\n')
    found: list[Found] = []
    kept.write_bytes(detect_secrets.export(run(file, detect_secrets.hashed, found.append), found))  # type: ignore[arg-type]
    hook = [sys.executable, "-m", "detect_secrets.pre_commit_hook", "--baseline", str(kept), str(file)]
    codes = [subprocess.run(hook, capture_output=True, check=False).returncode for _ in range(2)]
    assert codes in ([0, 0], [3, 0])  # 3: nothing new; it drops the spellings that do not stand in the file
    file.write_text(file.read_text() + 'ANOTHER_PASSWORD="zzzzFakeCj5Ps0Ga8"\n')
    assert subprocess.run(hook, capture_output=True, check=False).returncode == 1


def test_we_read_what_they_write(log: Path, tmp_path: Path) -> None:
    from detect_secrets.core import baseline as theirs
    from detect_secrets.core.secrets_collection import SecretsCollection
    from detect_secrets.settings import transient_settings

    with transient_settings({"plugins_used": [{"name": "BasicAuthDetector"}]}):
        collection = SecretsCollection()
        collection.scan_file(str(log))
        path = tmp_path / ".secrets.baseline"
        path.write_text(orjson.dumps(theirs.format_for_output(collection)).decode())
    known = detect_secrets.read(path)
    assert known(Secret(PASSWORD.encode())) == (LABEL,)
    assert known(Secret(b"another")) == ()


def test_export_is_sorted_and_the_same_each_time(log: Path) -> None:
    found: list[Found] = []
    document = run(log, detect_secrets.hashed, found.append)
    once = detect_secrets.export(document, found)  # type: ignore[arg-type]
    assert detect_secrets.export(document, reversed(found)) == once  # type: ignore[arg-type, call-overload]


@pytest.mark.parametrize("text", ["", "[]", '{"results": []}', "{}", '{"results": {}, "plugins_used": 1}'])
def test_what_is_none_of_theirs_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b"
    path.write_text(text)
    with pytest.raises(UsageProblem):
        detect_secrets.read(path)


def test_malformed_rows_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "b"
    path.write_text('{"results": {"f": [{"hashed_secret": "xyz"}, 5, {}], "g": 1}}')
    assert detect_secrets.read(path).hashes == frozenset()
