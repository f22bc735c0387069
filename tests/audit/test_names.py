"""A credential in a name (of a file, table, session, model …) is shown nowhere, and costs no report."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.cli.app import invoke
from auditor.document import Document
from auditor.evidence.coverage import faults
from auditor.evidence.suppressions import Acceptance
from auditor.report.formats import FORMATS, render
from auditor.report.terminal import show
from tests.report import schemas

KEY = b"k" * 32
VALUE = "Zt7FakeQm4Lw9Xv2"
URL = f"postgresql://shop_app:{VALUE}@db1.corp.internal/shop"
TOKEN = "ghp_" + "Fk3Ak3E9xQ2mL7vT4bN8cR5wY1zP6sD0hJ2g"
SESSION = "0199a213-81c0-7800-8aa1-bbab2a035a53"
ROLLOUT = f"rollout-2026-11-20T10-00-00-{SESSION}.jsonl"
WRITTEN = ("html", "sarif", "csv", "markdown", "junit", "json")


@pytest.fixture(autouse=True)
def _private(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path_factory.mktemp(name)))


def rollout(
    path: Path, *, call: str = "call_1", output: str = URL, context: dict[str, str] | None = None, **meta: str
) -> Path:
    """A transcript whose one command prints `output`."""
    own = {"id": SESSION, "cwd": "/work", "originator": "codex_cli_rs", "cli_version": "0.99.0", **meta}
    asked = {"type": "function_call", "name": "exec_command", "call_id": call, "arguments": '{"cmd": "cat .env"}'}
    answer = {"type": "function_call_output", "call_id": call, "output": output + "\n"}
    rows: list[dict[str, Any]] = [{"type": "session_meta", "payload": own}]
    rows += [{"type": "turn_context", "payload": context}] if context else []
    rows += [{"type": "response_item", "payload": asked}, {"type": "response_item", "payload": answer}]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"timestamp": "2026-11-20T10:00:00.000Z", **row}) + "\n" for row in rows))
    return path


def audited(*paths: Path, **options: Any) -> Document:
    return audit(ScanRequest(paths=[str(path) for path in paths], key=KEY, **options))


def shown(document: Document) -> dict[str, str]:
    """Every format, as written and with its percent escapes taken off."""
    rendered = {name: render(document, name) for name in FORMATS} | {"terminal": show(document, width=100, colour=True)}
    return {name: (text := data.decode()) + unquote(text) for name, data in rendered.items()}


def assert_hidden(document: Document, value: str = VALUE) -> None:
    assert document["incidents"]
    assert not faults(document)
    assert [name for name, text in shown(document).items() if value in text] == []


@pytest.mark.parametrize(
    "name", [f"backup {VALUE}.jsonl", f"postgresql:__shop_app:{VALUE}@db1.corp.internal.jsonl", f"{VALUE}/log.jsonl"]
)
def test_a_value_in_the_name_of_a_file_is_masked_in_every_format(name: str, tmp_path: Path) -> None:
    document = audited(rollout(tmp_path / name).parent)
    assert_hidden(document)
    (source,) = document["coverage"]["sources"]
    assert "[REDACTED:postgres-url:" in source["path"]
    assert document["incidents"][0]["occurrences"][0]["place"]["path"] == source["path"]
    assert {one["path"] for one in document["sessions"]} == {source["path"]}
    assert {one["place"]["path"] for one in document["steps"]} == {source["path"]}


def test_a_value_in_the_name_of_another_file_is_masked(tmp_path: Path) -> None:
    rollout(tmp_path / ROLLOUT)
    (tmp_path / f"{VALUE}.log").write_text("a clean line\n")
    assert_hidden(audited(tmp_path))


@pytest.mark.parametrize("field", ["model", "originator", "cli_version", "cwd", "approval_policy", "sandbox", "id"])
def test_a_value_in_a_field_of_the_session_is_masked(field: str, tmp_path: Path) -> None:
    document = audited(rollout(tmp_path / "log.jsonl", **{field: VALUE}))
    assert_hidden(document)
    (session,) = document["sessions"]
    (incident,) = document["incidents"]
    assert {one["session"] for one in incident["occurrences"]} == {session["id"]}
    assert {one["session"] for one in document["steps"]} == {session["id"]}


@pytest.mark.parametrize("field", ["turn_id", "model", "approval_policy", "cwd"])
def test_a_value_in_a_field_of_the_turn_is_masked(field: str, tmp_path: Path) -> None:
    context = {"turn_id": "turn-1", "cwd": "/work", "model": "m", "approval_policy": "never", field: VALUE}
    document = audited(rollout(tmp_path / "log.jsonl", context=context))
    assert_hidden(document)
    assert document["incidents"][0]["occurrences"][0]["turn"] == document["steps"][0]["turn"]


def test_a_value_that_is_a_call_is_masked_and_the_step_is_found(tmp_path: Path) -> None:
    document = audited(rollout(tmp_path / "log.jsonl", call=VALUE))
    assert_hidden(document)
    (step,) = document["steps"]
    (occurrence,) = document["incidents"][0]["occurrences"]
    assert occurrence["step"] == step["id"] == document["incidents"][0]["origin"]["step"]
    assert occurrence["call_id"] == step["call_id"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_same_names_are_masked_the_same(jobs: int, tmp_path: Path) -> None:
    paths = [rollout(tmp_path / f"{VALUE} {number}.jsonl") for number in range(4)]
    assert audited(*reversed(paths), jobs=jobs) == audited(*paths)


def test_reports_with_masked_names_are_valid(tmp_path: Path) -> None:
    fields = dict.fromkeys(("id", "model", "originator", "cwd"), f"a {VALUE}")
    document = audited(rollout(tmp_path / f"of {VALUE}" / f"{VALUE}.jsonl", call=f"call {VALUE}", **fields))
    assert_hidden(document)
    assert schemas.faults("sarif-schema-2.1.0", json.loads(render(document, "sarif"))) == []
    assert schemas.faults("oscal_assessment-results_schema", json.loads(render(document, "oscal"))) == []
    schemas.junit().validate(render(document, "junit").decode())
    for event in render(document, "ocsf").splitlines():
        assert schemas.faults("data_security_finding.schema", json.loads(event)) == []


def test_the_reason_of_an_accepted_finding_is_masked(tmp_path: Path) -> None:
    path = rollout(tmp_path / ROLLOUT)
    (incident,) = audited(path)["incidents"]
    accepted = Acceptance("s1", incident["fingerprint"], f"{VALUE} is old", "dba", None)
    document = audited(path, exceptions=[accepted], generated="2026-11-21T00:00:00Z")
    assert document["suppressions"][0]["hits"] == 1
    assert_hidden(document)


def test_ordinary_names_stay(tmp_path: Path) -> None:
    local = URL.replace(VALUE, "postgres")
    path = rollout(tmp_path / "2026/11/20" / ROLLOUT, output=f"{URL}\n{local}", cwd="/work/postgresql-16/mypostgres")
    document = audited(tmp_path)
    assert [one["path"] for one in document["coverage"]["sources"]] == [str(path)]
    assert [one["id"] for one in document["sessions"]] == [SESSION]
    assert document["sessions"][0]["cwd"] == "/work/postgresql-16/mypostgres"
    assert any(one["mask"].startswith("postgresql://shop_app:[REDACTED:") for one in document["incidents"])
    assert not any("]ql" in one["mask"] for one in document["incidents"])


def _token_in_a_file(folder: Path) -> list[str]:
    rollout(folder / f"{TOKEN}.log")
    return []


def _token_in_a_folder(folder: Path) -> list[str]:
    rollout(folder / TOKEN / ROLLOUT)
    return []


def _database(folder: Path, table: str, column: str) -> list[str]:
    base = sqlite3.connect(folder / "state.sqlite")
    base.execute(f'create table "{table}" (id integer primary key, "{column}" text)')
    base.execute(f'insert into "{table}" ("{column}") values (?)', (URL,))
    base.commit()
    base.close()
    return []


def _token_in_a_table(folder: Path) -> list[str]:
    return _database(folder, TOKEN, "text")


def _token_in_a_column(folder: Path) -> list[str]:
    return _database(folder, "threads", TOKEN)


def _url_as_folder_of_work(folder: Path) -> list[str]:
    rollout(folder / ROLLOUT, cwd=f"postgresql://other:{TOKEN}@db2.corp.internal/shop")
    return []


def _token_in_the_title(folder: Path) -> list[str]:
    rollout(folder / ROLLOUT)
    return ["--title", f"audit {TOKEN}", "--scope", f"all but {VALUE}"]


@pytest.mark.parametrize(
    "make",
    [_token_in_a_file, _token_in_a_folder, _token_in_a_table, _token_in_a_column, _url_as_folder_of_work,
     _token_in_the_title],
)  # fmt: skip
def test_a_name_that_looks_like_a_credential_costs_no_report(
    make: Any, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    scope, reports = tmp_path / "scope", tmp_path / "reports"
    scope.mkdir()
    reports.mkdir()
    options = make(scope)
    targets = [one for name in WRITTEN for one in ("-f", f"{name}={reports / name}")]
    assert invoke(["scan", str(scope), *options, *targets]) == 1
    told = capfdbinary.readouterr()
    every = {"terminal": told.out + told.err} | {name: (reports / name).read_bytes() for name in WRITTEN}
    for name, data in every.items():
        assert TOKEN not in data.decode(), name
        assert VALUE not in data.decode(), name
        assert b"REDACTED" in data, name


def test_a_title_for_a_stored_document_is_masked(tmp_path: Path) -> None:
    path = rollout(tmp_path / "scope" / ROLLOUT)
    kept, page = tmp_path / "a.json", tmp_path / "a.md"
    assert invoke(["scan", str(path), "-q", "-f", f"json={kept}"]) == 1
    for source in (kept, path):
        assert invoke(["report", str(source), "-q", "--title", f"for {TOKEN}", "-f", f"markdown={page}"]) == 1
        assert "for [REDACTED:github-token:" in page.read_text().replace("\\", "")


def test_verify_says_of_a_masked_path_that_it_is_not_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = rollout(tmp_path / "scope" / f"{VALUE}.jsonl")
    kept = tmp_path / "a.json"
    assert invoke(["scan", str(path), "-q", "-f", f"json={kept}"]) == 1
    assert invoke(["verify", str(kept), "--unsigned"]) == 0
    assert invoke(["verify", str(kept), "--unsigned", "--inputs", str(tmp_path)]) == 5
    told = capfd.readouterr()
    assert "].jsonl: it is not there" in told.err
    assert VALUE not in told.out + told.err


def test_an_input_with_a_masked_name_is_not_replaced_by_a_report(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = rollout(tmp_path / f"{VALUE}.jsonl")
    before = path.read_bytes()
    assert invoke(["scan", str(tmp_path), "-q", "-f", f"json={path}"]) == 2
    assert path.read_bytes() == before
    assert VALUE not in capfd.readouterr().err


def test_an_exported_baseline_masks_names(tmp_path: Path) -> None:
    path = rollout(tmp_path / "scope" / f"{VALUE}.jsonl")
    kept = tmp_path / "a.json"
    assert invoke(["baseline", "export", str(path), "--detect-secrets", str(kept)]) == 0
    assert json.loads(kept.read_text())["results"]
    assert VALUE not in kept.read_text()


@pytest.mark.parametrize("arguments", [["report", "/nowhere/{}.json", "-f", "nonsense"], ["rules", "show", "{}"],
                                       ["verify", "/nowhere/{}.json"], ["{}"], ["scan", "--jobs", "{}"]])  # fmt: skip
def test_a_message_does_not_repeat_a_credential(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert invoke([one.format(TOKEN) for one in arguments]) == 2
    told = capfd.readouterr()
    assert told.err
    assert TOKEN not in told.out + told.err
