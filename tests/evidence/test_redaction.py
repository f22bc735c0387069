"""Redaction manifests: real ones of `auditor redact`, checked against originals; one flipped byte is noticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest

from auditor.cli.app import invoke
from auditor.errors import ExitCode, UsageProblem
from auditor.evidence import redaction

VALUE = ("fake0123456789" * 5)[:64]
LOG = ('{"timestamp":"2026-11-20T10:00:00Z","text":"NEON_API_KEY=napi_%s"}\n{"text":"nothing here"}\n' % VALUE) * 3  # noqa: UP031


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("AUDITOR_KEY_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_text(LOG)
    shutil.copytree(tmp_path / "logs", tmp_path / "kept" / "logs")
    assert invoke(["redact", "--in-place", "logs", "--manifest", "m.json"]) == ExitCode.CHANGED
    return tmp_path


def verify(*arguments: str) -> int:
    return invoke(["verify", "m.json", "--inputs", ".", *arguments])


def test_a_real_manifest_holds(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert VALUE not in (place / "logs" / "a.jsonl").read_text()
    assert verify("--originals", "kept") == ExitCode.CLEAN
    assert "only the listed spans differ" in capsys.readouterr().out


def test_it_holds_after_the_log_has_grown(place: Path) -> None:
    with open(place / "logs" / "a.jsonl", "a") as file:
        file.write("{}\n")
    assert verify("--originals", "kept") == ExitCode.CLEAN


@pytest.mark.parametrize("where", ["logs/a.jsonl", "kept/logs/a.jsonl"])
def test_one_flipped_byte_outside_of_the_spans_is_noticed(place: Path, where: str) -> None:
    path = place / where
    data = bytearray(path.read_bytes())
    data[data.index(b"nothing")] ^= 1
    path.write_bytes(bytes(data))
    assert verify("--originals", "kept") == ExitCode.VERIFICATION


def test_a_manifest_that_hides_a_change_is_noticed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Digests made to fit, but the change is in no span."""
    import blake3

    path = place / "logs" / "a.jsonl"
    path.write_bytes(path.read_bytes().replace(b"nothing", b"nOthing"))
    manifest = orjson.loads((place / "m.json").read_bytes())
    manifest["files"][0]["digest"]["after"] = "blake3:" + blake3.blake3(path.read_bytes()).hexdigest()
    (place / "m.json").write_bytes(orjson.dumps(manifest))
    assert verify() == ExitCode.CLEAN
    assert verify("--originals", "kept") == ExitCode.VERIFICATION
    assert "bytes outside of the listed spans differ" in capsys.readouterr().err


def test_a_scan_knows_what_was_rewritten(place: Path) -> None:
    assert invoke(["scan", "logs", "-q", "--redaction-manifest", "m.json", "-f", "json=a.json"]) == ExitCode.CLEAN
    document = orjson.loads((place / "a.json").read_bytes())
    assert "LOG_REWRITTEN" in {one["code"] for one in document["conditions"]}
    rows = {(one["framework"], one["id"], one["role"]): one["status"] for one in document["controls"]}
    assert rows["nist-800-53", "MP-6", "operation"] == "evidence"


def test_a_dry_run_changed_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text('{"schema_version":"1.0","dry_run":true,"files":[{"action":"replaced"}],"unchanged":0}')
    assert redaction.rewritten([path]) == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not JSON"),
        ("[]", "not a redaction manifest"),
        ('{"schema_version":"2.0","files":[],"unchanged":0}', "major version"),
        ('{"schema_version":"1.0","files":[{"action":"replaced"}],"unchanged":0}', "malformed"),
        ('{"schema_version":"1.0","files":5,"unchanged":0}', "malformed"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(text)
    with pytest.raises(UsageProblem, match=complaint):
        redaction.read(path)


def test_lengths_may_change(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "old" / "x").write_bytes(b"ab SECRET cd LONGER ef")
    (tmp_path / "new" / "x").write_bytes(b"ab [R] cd [RR] ef")
    one = redaction.Change("x", "replaced", 22, 17, "", "", ((3, 6, 3), (13, 6, 4)), True)
    with open(tmp_path / "old" / "x", "rb") as old, open(tmp_path / "new" / "x", "rb") as new:
        assert redaction._same_outside(old, new, one)
        overlapping = redaction.Change("x", "replaced", 22, 17, "", "", ((3, 6, 3), (4, 6, 4)), True)
        assert not redaction._same_outside(old, new, overlapping)
