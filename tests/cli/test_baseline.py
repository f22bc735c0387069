"""`auditor baseline` and the options of `scan` that accept findings."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from auditor.cli.app import invoke
from auditor.errors import ExitCode

KEYS = [("fake0123456789" * 5)[:64], ("9876543210fake" * 5)[:64]]
LINES = [f'{{"timestamp":"2026-11-20T10:00:00Z","text":"NEON_API_KEY=napi_{key}"}}\n' for key in KEYS]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("AUDITOR_KEY_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_text(LINES[0])
    return tmp_path


def scan(*arguments: str) -> int:
    return invoke(["scan", "logs", "-q", *arguments])


def test_create_then_scan_then_something_new(place: Path, capsys: Captured) -> None:
    assert invoke(["baseline", "create", "logs", "-o", "known.json", "--owner", "me"]) == ExitCode.CLEAN
    assert scan("--baseline", "known.json", "-f", "json=a.json") == ExitCode.CLEAN
    document = orjson.loads((place / "a.json").read_bytes())
    assert (document["summary"]["suppressed"], document["suppressions"][0]["hits"]) == (1, 1)
    with open(place / "logs" / "a.jsonl", "a") as file:
        file.write(LINES[1])
    assert scan("--baseline", "known.json") == ExitCode.FINDINGS
    capsys.readouterr()
    assert invoke(["baseline", "diff", "known.json", "logs"]) == ExitCode.FINDINGS
    out, err = capsys.readouterr()
    assert out.startswith("new   inc-")
    assert "1 new, 1 known, 0 gone" in err
    assert KEYS[1] not in out


def test_stored_documents_work_as_well(place: Path) -> None:
    scan("-f", "json=a.json")
    assert invoke(["baseline", "create", "a.json", "-o", "known.json"]) == ExitCode.CLEAN
    assert invoke(["baseline", "diff", "known.json", "a.json"]) == ExitCode.CLEAN


def test_create_never_replaces_but_updates(place: Path, capsys: Captured) -> None:
    invoke(["baseline", "create", "logs", "-o", "known.json"])
    before = (place / "known.json").read_bytes()
    assert invoke(["baseline", "create", "logs", "-o", "known.json"]) == ExitCode.USAGE
    assert invoke(["baseline", "create", "logs", "-o", "known.json", "--update"]) == ExitCode.CLEAN
    assert (place / "known.json").read_bytes() == before
    assert "1 known, 0 of them added" in capsys.readouterr().err


def test_prune_forgets_what_is_gone(place: Path) -> None:
    invoke(["baseline", "create", "logs", "-o", "known.json"])
    (place / "logs" / "a.jsonl").write_text(LINES[1])
    assert invoke(["baseline", "prune", "known.json", "logs"]) == ExitCode.CLEAN
    assert list(orjson.loads((place / "known.json").read_bytes())["entries"]) == ["~"]


def test_detect_secrets_both_ways(place: Path, capsys: Captured) -> None:
    assert invoke(["baseline", "export", "logs", "--detect-secrets", "old"]) == ExitCode.CLEAN
    assert "can be guessed" in capsys.readouterr().err
    assert invoke(["baseline", "export", "logs", "--detect-secrets", "old"]) == ExitCode.USAGE
    with open(place / "logs" / "a.jsonl", "a") as file:
        file.write(LINES[1])
    assert invoke(["baseline", "create", "logs", "-o", "known.json", "--from-detect-secrets", "old"]) == ExitCode.CLEAN
    assert "1 known, 1 of them added" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--baseline", "--suppressions", "--compliance"])
def test_files_inside_the_audited_tree_are_not_believed(place: Path, capsys: Captured, option: str) -> None:
    invoke(["baseline", "create", "logs", "-o", "known.json"])
    inside = place / "logs" / "inside"
    inside.write_bytes((place / "known.json").read_bytes() if option == "--baseline" else b"")
    assert scan(option, str(inside)) == ExitCode.USAGE
    assert "inside what is audited" in capsys.readouterr().err
    assert invoke(["report", "logs", "-q", option, str(inside)]) == ExitCode.USAGE
    assert scan(option, str(inside), "--trust-project-config") in (ExitCode.CLEAN, ExitCode.FINDINGS)


def test_an_agent_cannot_hide_by_writing_our_files_or_pragmas(place: Path) -> None:
    (place / "logs" / "auditor.toml").write_text('[[suppression]]\nfingerprint = "*"\n')
    (place / "logs" / ".secrets.baseline").write_text("{}")
    (place / "logs" / "a.jsonl").write_text(LINES[0].rstrip("\n") + "  # pragma: allowlist secret gitleaks:allow\n")
    assert scan() == ExitCode.FINDINGS


def test_a_baseline_of_another_key_is_refused(place: Path, capsys: Captured) -> None:
    invoke(["baseline", "create", "logs", "-o", "known.json"])
    (place / "key").write_bytes(b"k" * 32)
    (place / "key").chmod(0o600)
    assert scan("--baseline", "known.json", "--key-file", "key") == ExitCode.USAGE
    assert "another fingerprint key" in capsys.readouterr().err


def test_suppressions_and_declarations(place: Path) -> None:
    scan("-f", "json=a.json")
    name = orjson.loads((place / "a.json").read_bytes())["incidents"][0]["id"]
    (place / "s.toml").write_text(
        f'[[suppression]]\nincident = "{name}"\nreason = "ours"\nowner = "me"\ncreated = 2026-11-01\n'
    )
    assert scan("--suppressions", "s.toml", "--now", "2026-11-23") == ExitCode.CLEAN
    assert scan("--suppressions", "s.toml", "--now", "2027-03-01", "-f", "json=b.json") == ExitCode.FINDINGS
    document = orjson.loads((place / "b.json").read_bytes())
    assert document["incidents"][0]["returned"] == document["suppressions"][0]["id"]
    (place / "c.toml").write_text(f'[[compliance.declarations]]\ncredential = "{name}"\nvalidity = "revoked"\n')
    assert scan("--compliance", "c.toml", "-f", "json=c.json") == ExitCode.FINDINGS
    assert orjson.loads((place / "c.json").read_bytes())["incidents"][0]["validity"] == "revoked"


def test_a_stored_document_is_judged_again(place: Path) -> None:
    scan("-f", "json=a.json")
    (place / "c.toml").write_text('[compliance]\nregulated = ["card-data"]\n')
    assert invoke(["report", "a.json", "-q", "--compliance", "c.toml", "-f", "json=b.json"]) == ExitCode.FINDINGS
    frameworks = {one["framework"] for one in orjson.loads((place / "b.json").read_bytes())["controls"]}
    assert "pci-dss" in frameworks
    assert invoke(["verify", "b.json"]) == ExitCode.CLEAN
    invoke(["baseline", "create", "a.json", "-o", "known.json"])
    assert invoke(["report", "a.json", "-q", "--baseline", "known.json", "-f", "json=c.json"]) == ExitCode.CLEAN
    assert invoke(["verify", "c.json"]) == ExitCode.CLEAN
    assert invoke(["report", "c.json", "-q", "--compliance", "c.toml", "-f", "json=d.json"]) == ExitCode.CLEAN  # stays
    invoke(["keys", "create", "key"])
    assert (
        invoke(["report", "a.json", "-q", "-f", "json=e.json", "-f", "csv=e.csv", "--sign", "key"]) == ExitCode.FINDINGS
    )
    assert invoke(["verify", "e.json", "-f", "csv=e.csv", "--key", "key.pub"]) == ExitCode.CLEAN
