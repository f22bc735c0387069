"""`auditor verify`, `keys`, `scan --sign`: what holds, what does not, and the exit code of each."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from auditor.cli.app import invoke
from auditor.errors import ExitCode

LOG = '{{"timestamp":"2026-11-20T10:00:00Z","text":"NEON_API_KEY=napi_{}"}}\n'.format(("fake0123456789" * 5)[:64])
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a log, a signing key, and a signed audit in two formats."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("AUDITOR_KEY_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_text(LOG)
    assert invoke(["keys", "create", "key"]) == ExitCode.CLEAN
    done = invoke(
        ["scan", "logs", "-q", "-f", "json=a.json", "-f", "csv=a.csv", "--sign", "key", "--now", "2026-11-23"]
    )
    assert done == ExitCode.FINDINGS
    return tmp_path


def check(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = invoke(["verify", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_everything_holds(place: Path, capsys: Captured) -> None:
    code, out, err = check(capsys, "a.json", "-f", "csv=a.csv", "--key", "key.pub", "--inputs", ".")
    assert (code, err) == (ExitCode.CLEAN, "")
    named = [line[6:].split(":")[0] for line in out.splitlines()]
    assert named == [
        "content digest", "coverage equations", "json report", "csv report", "signature", "signed a.json",
        "signed a.csv", "signed list of inputs", "signed content", "digests of inputs",
    ]  # fmt: skip


def test_a_renamed_report_is_the_same_report(place: Path, capsys: Captured) -> None:
    (place / "a.json").rename(place / "b.json")
    assert check(capsys, "b.json", "--key", "key.pub", "--signature", "a.json.dsse.json")[0] == ExitCode.CLEAN


def test_an_input_that_grew_still_holds(place: Path, capsys: Captured) -> None:
    with open(place / "logs" / "a.jsonl", "a") as file:
        file.write(LOG)
    code, out, _ = check(capsys, "a.json", "--unsigned", "--inputs", ".")
    assert code == ExitCode.CLEAN
    assert "1 hold, 1 of them have grown since" in out


@pytest.mark.parametrize(
    ("change", "said"),
    [(LOG.replace("fake", "FAKE"), "not those that were examined"), ("", "shorter"), (None, "not there")],
)
def test_an_input_that_changed_does_not(place: Path, capsys: Captured, change: str | None, said: str) -> None:
    path = place / "logs" / "a.jsonl"
    path.unlink() if change is None else path.write_text(change)
    code, _, err = check(capsys, "a.json", "--unsigned", "--inputs", ".")
    assert code == ExitCode.VERIFICATION
    assert said in err


def test_one_changed_word_is_noticed(place: Path, capsys: Captured) -> None:
    document = orjson.loads((place / "a.json").read_bytes())
    document["incidents"][0]["severity"] = "low"
    (place / "a.json").write_bytes(orjson.dumps(document))
    code, _, err = check(capsys, "a.json", "--unsigned")
    assert code == ExitCode.VERIFICATION
    assert "digest does not hold" in err


def test_bytes_that_only_look_the_same_are_noticed(place: Path, capsys: Captured) -> None:
    data = (place / "a.json").read_bytes()
    (place / "a.json").write_bytes(data + b"\n")
    code, _, err = check(capsys, "a.json", "--unsigned")
    assert code == ExitCode.VERIFICATION
    assert "json report: the document does not render to these bytes" in err


def test_another_report_of_other_bytes(place: Path, capsys: Captured) -> None:
    (place / "a.csv").write_text((place / "a.csv").read_text().replace("critical", "low"))
    code, _, err = check(capsys, "a.json", "-f", "csv=a.csv", "--key", "key.pub")
    assert code == ExitCode.VERIFICATION
    assert "csv report" in err
    assert "signed a.csv: the signature is not of these bytes" in err


def test_resealing_does_not_help_against_the_signature(place: Path, capsys: Captured) -> None:
    from auditor.evidence.digest import content_digest
    from auditor.report.json import render

    document = orjson.loads((place / "a.json").read_bytes())
    document["incidents"][0]["severity"] = "low"
    document["content_digest"] = content_digest(document)
    (place / "a.json").write_bytes(render(document))
    assert check(capsys, "a.json", "--unsigned")[0] == ExitCode.CLEAN
    code, _, err = check(capsys, "a.json", "--key", "key.pub")
    assert code == ExitCode.VERIFICATION
    assert "signed content" in err


def test_another_key(place: Path, capsys: Captured) -> None:
    invoke(["keys", "create", "other"])
    code, _, err = check(capsys, "a.json", "--key", "other.pub")
    assert code == ExitCode.VERIFICATION
    assert "another key signed it" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["a.json"], ExitCode.USAGE, "needs a key to check it"),
        (["a.json", "--key", "none.pub"], ExitCode.USAGE, "no readable key"),
        (["a.json", "--key", "key"], ExitCode.USAGE, "that is a private key"),
        (["a.json", "--key", "key.pub", "--unsigned"], ExitCode.USAGE, "contradicts"),
        (["a.json", "--key", "key.pub", "--signature", "a.csv"], ExitCode.USAGE, "no DSSE envelope"),
        (["a.json", "--key", "key.pub", "--signature", "none"], ExitCode.VERIFICATION, "not signed"),
        (["none.json"], ExitCode.USAGE, "No such file"),
        (["a.csv"], ExitCode.USAGE, "not JSON"),
        (["a.json", "--unsigned", "-f", "csv"], ExitCode.USAGE, "FORMAT=FILE"),
        (["a.json", "--unsigned", "-f", "nope=a.csv"], ExitCode.USAGE, "unknown report format"),
        (["a.json", "--unsigned", "-f", "csv=none"], ExitCode.USAGE, "No such file"),
    ],
)
def test_what_cannot_be_checked(place: Path, capsys: Captured, arguments: list[str], code: int, said: str) -> None:
    found, _, err = check(capsys, *arguments)
    assert (found, said in err) == (code, True), err


def test_a_stripped_signature_is_noticed(place: Path, capsys: Captured) -> None:
    (place / "a.json.dsse.json").unlink()
    code, _, err = check(capsys, "a.json", "--key", "key.pub")
    assert code == ExitCode.VERIFICATION
    assert "not signed" in err


def test_an_unknown_major_version(place: Path, capsys: Captured) -> None:
    text = (place / "a.json").read_text()
    (place / "a.json").write_text(re.sub(r'"schema_version": "1\.', '"schema_version": "2.', text))
    code, _, err = check(capsys, "a.json", "--unsigned")
    assert code == ExitCode.USAGE
    assert "major version is not known" in err


def test_equations_are_checked_again(place: Path, capsys: Captured) -> None:
    from auditor.evidence.digest import content_digest
    from auditor.report.json import render

    document = orjson.loads((place / "a.json").read_bytes())
    document["incidents"] = []
    document["content_digest"] = content_digest(document)
    (place / "a.json").write_bytes(render(document))
    code, _, err = check(capsys, "a.json", "--unsigned")
    assert code == ExitCode.VERIFICATION
    assert "equation `finds` does not hold" in err


def test_an_unsigned_document_says_so(place: Path, capsys: Captured) -> None:
    assert "no signature was checked" in check(capsys, "a.json", "--unsigned")[2]
    assert "no signature" not in check(capsys, "a.json", "--key", "key.pub")[2]


def test_quiet_says_only_what_fails(place: Path, capsys: Captured) -> None:
    assert check(capsys, "a.json", "--unsigned", "-q") == (ExitCode.CLEAN, "", "")


def test_signing_needs_a_document_in_a_file(place: Path, capsys: Captured) -> None:
    assert invoke(["scan", "logs", "-q", "--sign", "key"]) == ExitCode.USAGE
    (place / "key").chmod(0o644)
    assert invoke(["scan", "logs", "-q", "-f", "json=b.json", "--sign", "key"]) == ExitCode.USAGE
    assert "other users can read the key" in capsys.readouterr().err
    assert not (place / "b.json").exists()


def test_a_signed_report_is_evidence_of_it(place: Path) -> None:
    controls = orjson.loads((place / "a.json").read_bytes())["controls"]
    row = next(one for one in controls if (one["framework"], one["id"]) == ("nist-800-53", "AU-10"))
    assert row["status"] == "evidence"


def test_keys_show(place: Path, capsys: Captured) -> None:
    capsys.readouterr()
    assert invoke(["keys", "show", "key.pub"]) == ExitCode.CLEAN
    assert re.fullmatch(r"[0-9a-f]{64}\n", capsys.readouterr().out)
