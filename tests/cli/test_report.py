from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auditor.cli.app import invoke
from auditor.document import Document
from auditor.errors import ExitCode
from auditor.report import FORMATS
from auditor.report import json as canonical_json
from tests.report import sample

NOW = ["--now", "2026-11-23T00:00:00Z"]


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    return _stored(tmp_path / "audit.json", sample.leaking())


def _stored(path: Path, document: Document) -> Path:
    path.write_bytes(canonical_json.render(document))
    return path


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Through the real boundary, so that exit codes are the program's."""
    runner = CliRunner()
    code: list[int] = []

    import click

    @click.command(context_settings={"ignore_unknown_options": True})
    @click.argument("words", nargs=-1, type=click.UNPROCESSED)
    def program(words: tuple[str, ...]) -> None:
        code.append(invoke(words))

    result: Result = runner.invoke(program, ["--", *map(str, arguments)], catch_exceptions=False)
    return code[0], result.stdout, result.stderr


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_to_a_file_and_to_stdout(name: str, stored: Path, tmp_path: Path) -> None:
    code, out, err = run("report", stored, "-f", f"{name}={tmp_path / 'out'}", "-q")
    assert (code, out, err) == (ExitCode.FINDINGS, "", "")
    code, out, _ = run("report", stored, "-f", name, "--color", "never")
    assert (tmp_path / "out").read_text().replace("\r\n", "\n") == out.replace("\r\n", "\n") or name == "text"


def test_a_document_comes_back_as_it_was(stored: Path, tmp_path: Path) -> None:
    run("report", stored, "-q", "-f", f"json={tmp_path / 'again.json'}")
    assert (tmp_path / "again.json").read_bytes() == stored.read_bytes()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"schema_version": "2.0"}, ExitCode.USAGE),
        ({"title": "forged"}, ExitCode.VERIFICATION),
        ({"incidents": {}}, ExitCode.USAGE),
    ],
)
def test_foreign_and_changed_documents(change: dict[str, object], code: ExitCode, tmp_path: Path) -> None:
    path = tmp_path / "audit.json"
    path.write_text(json.dumps({**sample.leaking(), **change}))
    assert run("report", path, "-q")[0] == code


def test_title_scope_and_framework(stored: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    run("report", stored, "-q", "--title", "T", "--scope", "S", "--framework", "soc2", "-f", f"json={out}")
    shown = json.loads(out.read_text())
    assert (shown["title"], shown["scope"]) == ("T", "S")
    assert {control["framework"] for control in shown["controls"]} == {"soc2"}
    assert shown["incidents"][0]["controls"] == ["soc2/CC6.1"]
    assert run("report", out, "-q", "--exit-zero")[0] == ExitCode.CLEAN
    assert run("report", stored, "-q", "--framework", "nonsense")[0] == ExitCode.USAGE


def test_trend(stored: Path, tmp_path: Path) -> None:
    before = sample.leaking()
    before["incidents"] = before["incidents"][1:]
    before["incidents"][0]["id"] = "inc-longgone"
    old = _stored(tmp_path / "old.json", sample._sealed(before))
    out = tmp_path / "new.json"
    assert run("report", stored, "-q", "--since-document", old, "-f", f"json={out}")[0] == ExitCode.FINDINGS
    trend = json.loads(out.read_text())["trend"]
    assert trend["new"] == ["inc-3fa9c1d2e4b5", "inc-b71c00aa11dd"]
    assert trend["open"] == ["inc-a0a0a0b1b2b3", "inc-e0e0e0f1f2f3"]
    assert [one["id"] for one in trend["gone"]] == ["inc-longgone"]
    _, text, _ = run("report", stored, "--since-document", old, "--color", "never")
    assert "2 new, 1 still open, 1 gone" in text


def test_other_key_cannot_be_compared(stored: Path, tmp_path: Path) -> None:
    other = sample.leaking()
    other["key_id"] = "ffffffff"
    old = _stored(tmp_path / "old.json", sample._sealed(other))
    code, _, err = run("report", stored, "-q", "--since-document", old)
    assert code == ExitCode.USAGE
    assert "fingerprint keys differ" in err


def test_report_may_not_replace_the_document(stored: Path) -> None:
    before = stored.read_bytes()
    assert run("report", stored, "-q", "-f", f"json={stored}")[0] == ExitCode.USAGE
    assert stored.read_bytes() == before


def test_paths_are_audited(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    log = tmp_path / "notes.log"
    log.write_text("nothing here\n")
    code, out, _ = run("report", log, "--key-file", key, *NOW, "--color", "never", "--title", "Mine")
    assert code == ExitCode.CLEAN
    assert "No credential found in what was examined." in out
    assert "Mine" in out
