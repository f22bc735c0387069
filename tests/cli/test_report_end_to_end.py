"""The whole way, from logs to every format: nothing of a secret gets out, and the same input gives the same bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.report import FORMATS, canonical
from tests.report import schemas

ROOT = Path(__file__).resolve().parents[2]
ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "json": json.dumps,
    "json in json": lambda text: json.dumps(json.dumps(text)),
    "json in json in json": lambda text: json.dumps(json.dumps(json.dumps(text))),
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "percent twice": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "percent all": lambda text: "".join(f"%{ord(letter):02X}" for letter in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 url": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 bare": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64 at 1": lambda text: base64.b64encode(b"x" + text.encode()).decode(),
    "base64 at 2": lambda text: base64.b64encode(b"xx" + text.encode()).decode(),
    "base64 in json": lambda text: json.dumps({"data": base64.b64encode(text.encode()).decode()}),
    "hex": lambda text: text.encode().hex(),
    "hex upper": lambda text: text.encode().hex().upper(),
    "unicode": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "unicode upper": lambda text: "".join(f"\\u{ord(letter):04X}" for letter in text),
    "escaped slashes": lambda text: json.dumps(text).replace("/", "\\/"),
    "html": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "wrapped": lambda text: json.dumps(text[:60] + "\n" + text[60:]),
}


def canary(number: int) -> str:
    """Invented, unique, of the right shape."""
    return "npg_Fake" + hashlib.sha256(f"canary {number}".encode()).hexdigest()[:16].replace("0", "K")


def _forms(secret: str) -> Iterator[str]:
    """Everything that would tell the value: six of its letters in any spelling, and its plain digests."""
    body = secret.removeprefix("npg_Fake")
    for at in range(len(body) - 5):
        piece = body[at : at + 6]
        yield piece
        yield piece.encode().hex()
        yield "".join(f"%{ord(letter):02X}" for letter in piece)
        yield "".join(f"\\u{ord(letter):04x}" for letter in piece)
    for pad in range(3):
        yield base64.b64encode(b"x" * pad + secret.encode()).decode()[4:-4]
    for kind in ("md5", "sha1", "sha256"):
        yield hashlib.new(kind, secret.encode()).hexdigest()[:16]


def _audit(folder: Path, paths: list[Path], *more: str) -> tuple[dict[str, bytes], bytes]:
    """Run the program itself; return its reports and what it said."""
    folder.mkdir()
    key = folder / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    wanted = [argument for name in FORMATS for argument in ("-f", f"{name}={folder / name}")]
    command = [sys.executable, "-m", "auditor", "scan", *map(str, paths), *wanted, "--key-file", str(key), *more]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1795424400", "COLUMNS": "120"}
    done = subprocess.run(command, capture_output=True, check=False, env=environment, cwd=ROOT)
    assert done.returncode in (1, 3), done.stderr[-2000:]
    return {name: (folder / name).read_bytes() for name in FORMATS}, done.stdout + done.stderr


@pytest.fixture
def canaries(tmp_path: Path) -> Path:
    """A log in which every canary stands in another encoding, as a URL and in a shell command."""
    lines = []
    for number, (name, encode) in enumerate(ENCODINGS.items()):
        url = f"postgresql://neondb_owner:{canary(number)}@ep-fake-{number}.us-east-2.aws.neon.tech/neondb"
        lines.append(f"{name.replace(' ', '-')} {encode(f'psql {url}')}")
    path = tmp_path / "canaries.log"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_no_canary_in_any_encoding_gets_out(canaries: Path, tmp_path: Path) -> None:
    reports, said = _audit(tmp_path / "out", [canaries], "--confidence", "low")
    assert json.loads(reports["json"])["summary"]["incidents"] >= len(ENCODINGS) - 1
    everything = b"\n".join([*reports.values(), said]).decode()
    lowered = everything.lower()
    leaks = [
        (name, form)
        for number, name in enumerate(ENCODINGS)
        for form in _forms(canary(number))
        if form in everything or form.lower() in lowered
    ]
    assert leaks == []


def test_twice_and_with_two_workers_the_same_bytes(tmp_path: Path) -> None:
    paths = [Path("fixtures/older"), Path("fixtures/mcp_logs")]
    first, _ = _audit(tmp_path / "a", paths)
    again, _ = _audit(tmp_path / "b", paths)
    spread, _ = _audit(tmp_path / "c", paths, "--jobs", "2")
    assert [name for name in FORMATS if first[name] != again[name]] == []
    assert [name for name in FORMATS if first[name] != spread[name]] == []
    _valid(first)


def _valid(reports: dict[str, bytes]) -> None:
    """Documents of the real pipeline keep the schemas, as the hand-made ones do."""
    assert canonical.fault_in(json.loads(reports["json"])) == ""
    assert schemas.faults("oscal_assessment-results_schema", json.loads(reports["oscal"])) == []
    log = json.loads(reports["sarif"])
    log["runs"][0]["results"] = log["runs"][0]["results"][:20]
    assert schemas.faults("sarif-schema-2.1.0", log) == []
    for event in reports["ocsf"].splitlines()[:10]:
        assert schemas.faults("data_security_finding.schema", json.loads(event)) == []
    schemas.junit().validate(reports["junit"].decode())
    text = b"".join(reports[name] for name in ("html", "text", "markdown", "oscal", "sarif")).decode().lower()
    # "breach" stands in titles of duties and in "if assessed as a breach", never as a verdict
    assert [word for word in ("compliant", "certified", "passed") if f" {word}" in text] == []


def _call(number: int, name: str, arguments: dict[str, object]) -> Iterator[dict[str, object]]:
    called = {"type": "function_call", "name": name, "call_id": f"c{number}", "arguments": json.dumps(arguments)}
    yield {"type": "response_item", "payload": called}
    output = {"type": "function_call_output", "call_id": f"c{number}", "output": "Exit code: 0\nOutput:\nok"}
    yield {"type": "response_item", "payload": output}


BARE = [
    "grep -r {} .",
    "atlas migrate diff {} --env local",
    "atlas migrate apply --env {}",
    "alembic revision -m {}",
    "alembic upgrade {}",
    "npx prisma migrate dev --name {}",
    "neonctl branches create --name {} --project-id fake-1",
    "psql -h {} -d {} -U {}",
    "cat > {}.sql <<'X'\nselect '{}';\nX",
    "git commit -am {}",
    "{}",
]
"""Where a value may stand that nothing marks as one."""


@pytest.mark.parametrize("command", BARE)
def test_a_value_found_once_shows_nowhere(command: str, tmp_path: Path) -> None:
    secret = canary(7)
    rows: list[dict[str, object]] = [
        {"type": "session_meta", "payload": {"id": "0198a1b2-c3d4-7e5f-8a9b-0000000000dd", "cwd": "/home/dev"}},
        *_call(1, "exec_command", {"cmd": f"PGPASSWORD={secret} psql -h db.fake.dev -U app -c 'select 1'"}),
        *_call(2, "exec_command", {"cmd": command.replace("{}", secret)}),
        *_call(3, "mcp__neon__run_sql", {"sql": f"select '{secret}'", "branchId": secret, "databaseName": secret}),
        {"type": "response_item", "payload": {"type": "message", "role": "assistant",
                                              "content": [{"type": "output_text", "text": f"I used {secret} there."}]}},
    ]  # fmt: skip
    path = tmp_path / "rollout-2026-11-20T10-00-00-0198a1b2-c3d4-7e5f-8a9b-0000000000dd.jsonl"
    path.write_text("".join(json.dumps({"timestamp": "2026-11-20T10:00:00Z", **row}) + "\n" for row in rows))
    reports, said = _audit(tmp_path / "out", [path])
    everything = b"\n".join([*reports.values(), said]).decode()
    assert json.loads(reports["json"])["steps"]
    assert [form for form in _forms(secret) if form in everything] == []
