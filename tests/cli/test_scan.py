"""`auditor scan` on the command line: what would read like a clean result and is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.cli.app import invoke


def test_a_period_in_which_nothing_lies_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "build.log").write_text("a clean line\n")
    arguments = ["scan", "--since", "2026-11-02", "--until", "2026-11-01", str(tmp_path)]
    assert invoke(arguments) == 2
    assert "--since is later" in capsys.readouterr().err


SESSION = "0198a1b2-c3d4-7e5f-8a9b-0000000000ee"
NOON = "2026-11-20T10:00:00Z"


@pytest.fixture
def leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rollout with one leak, at one known time."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("TZ", "UTC")
    said = [{"type": "input_text", "text": "use postgresql://app:FakeNoon91xq@db.fake.dev/app"}]
    rows = [
        {"type": "session_meta", "payload": {"id": SESSION, "cwd": "/home/dev"}},
        {"type": "response_item", "payload": {"type": "message", "role": "user", "content": said}},
    ]
    path = tmp_path / f"rollout-2026-11-20T10-00-00-{SESSION}.jsonl"
    path.write_text("".join(json.dumps({"timestamp": NOON, **row}) + "\n" for row in rows))
    return path


def _scan(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "auditor", "scan", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        ("2026-11-20", "2026-11-20", 1),
        ("20261120", "20261120", 1),
        ("2026-11-20", "2026-11-20T10:00Z", 1),
        ("2026-11-20", "2026-11-20T09:59Z", 0),
        ("2026-11-19", "2026-11-19", 0),
        ("2026-11-21", "2026-11-21", 0),
    ],
)
def test_a_period_of_dates_holds_its_last_day(since: str, until: str, code: int, leak: Path) -> None:
    assert _scan(leak, "--since", since, "--until", until, "-q").returncode == code


def test_what_lies_outside_of_the_period_is_told(leak: Path) -> None:
    done = _scan(leak, "--until", "2026-11-19")
    told = " ".join(done.stdout.split())
    assert "No credential found in the asked period or session; 1 find lies outside of it." in told
    assert "Asked for: to 2026-11-19 23:59:59 UTC. Outside of the asked period or session: 1 find." in told
    found = " ".join(_scan(leak, "--since", NOON).stdout.split())
    assert "Asked for: from 2026-11-20 10:00:00 UTC. " in found
    assert "period or session" not in found


@pytest.mark.parametrize("option", ["--session", "--since", "--until", "--now"])
def test_an_empty_choice_is_not_everything(option: str, leak: Path) -> None:
    done = _scan(leak, option, "")
    assert (done.returncode, done.stdout) == (2, "")
    assert option in done.stderr


@pytest.mark.parametrize("option", ["--session", "--incident"])
def test_an_empty_id_is_no_story_of_everything(option: str, leak: Path) -> None:
    assert invoke(["trace", str(leak), option, " "]) == 2


@pytest.mark.parametrize("option", [["--since", "0001-01-01"], ["--until", "9999-12-31"]])
def test_a_date_at_the_end_of_the_calendar_is_no_fault_of_ours(option: list[str], leak: Path) -> None:
    assert _scan(leak, *option).returncode in (1, 2)


def test_references_of_xml_make_no_second_credential(leak: Path) -> None:
    (xml := leak.with_name("settings.xml")).write_text("<password>Fk&amp;&lt;a91xQz7</password>\n")
    (leak.with_name("deploy.env")).write_text("DB_PASSWORD='Fk&<a91xQz7'\n")
    done = _scan(xml, leak.with_name("deploy.env"), "-f", "json")
    assert [len(one["occurrences"]) for one in json.loads(done.stdout)["incidents"]] == [2]
