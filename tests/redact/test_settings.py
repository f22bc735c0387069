"""Settings files and the login: what programs need stays unless asked for, and settings go on being settings."""

from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path

import pytest

from auditor.errors import VerificationFailed
from auditor.redact import settings
from tests.harness.codex import Workshop
from tests.redact.test_inplace import VALUE, auditor

TABLES = f"""
# the team's servers
[mcp_servers.Neon]
url = "https://mcp.neon.tech/mcp"
http_headers = {{ Authorization = "Bearer {VALUE}", "X-Team" = "shop" }}  # one line

[mcp_servers.db]
command = "npx"
args = ["-y", "server-postgres", 'postgresql://app:npg_FakeQ7w8e9r0t1@ep-fake-dawn-a1b2c3d4.us-east-2.aws.neon.tech/shop']
env = {{ NOTE = '''key {VALUE}''' }}
"""
LOGIN = {
    "OPENAI_API_KEY": "sk-proj-FakeQ7w8e9r0t1y2u3i4o5p6a7s8d9f0g1h2j3k4l5z6x7c8v9b0n1m2Fake",
    "tokens": {"access_token": "fake.header.signature", "refresh_token": "rt_FakeQ7w8e9r0t1y2u3i4o5p6a7s8d9f0g1"},
    "last_refresh": "2026-11-20T10:00:00Z",
}


def _home(folder: Path) -> Path:
    folder.mkdir()
    (folder / "config.toml").write_text(TABLES)
    (folder / "config.toml").chmod(0o640)
    return folder


def _login(home: Path, mode: int) -> Path:
    path = home / "auth.json"
    path.write_text(json.dumps(LOGIN, indent=2))
    path.chmod(mode)
    return path


def test_a_login_that_others_can_read_is_told_and_stays(tmp_path: Path) -> None:
    path = _login(tmp_path, 0o644)
    before = path.read_bytes()
    for more in ([], ["--settings"]):
        done = auditor("redact", "--in-place", path, *more)
        assert (done.returncode, path.read_bytes()) == (3, before)
        assert "chmod 600" in done.stderr


@pytest.mark.parametrize("name", sorted(settings.NAMES))
def test_settings_are_left_unless_asked_for(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(f'"token = {VALUE}"\n')
    done = auditor("redact", "--in-place", path)
    assert done.returncode == 3
    assert "--settings" in done.stderr
    assert VALUE in path.read_text()
    assert auditor("redact", "--in-place", path, "--settings", "--dry-run").returncode == 4
    assert VALUE in path.read_text()


def test_a_whole_home_keeps_its_settings_when_told_to(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    done = auditor("redact", "--in-place", "--codex-home", home, "--no-settings")
    assert (done.returncode, (home / "config.toml").read_text()) == (3, TABLES)
    told = auditor("redact", "--in-place", "--codex-home", home, "--dry-run")
    assert (told.returncode, (home / "config.toml").read_text()) == (4, TABLES)
    assert "marker there now" not in told.stderr


def test_only_the_values_change(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    done = auditor("redact", "--in-place", "--codex-home", home, "--settings")
    assert done.returncode == 4, done.stderr
    assert "bearer_token_env_var" in done.stderr
    text = (home / "config.toml").read_text()
    servers = tomllib.loads(text)["mcp_servers"]
    assert servers["Neon"]["http_headers"]["Authorization"].startswith("Bearer [REDACTED:neon-api-key:")
    assert (servers["Neon"]["http_headers"]["X-Team"], servers["db"]["command"]) == ("shop", "npx")
    assert [line for line in text.splitlines() if "#" in line or not line] == [
        line.replace(VALUE, servers["Neon"]["http_headers"]["Authorization"].removeprefix("Bearer "))
        for line in TABLES.splitlines()
        if "#" in line or not line
    ]
    assert stat.S_IMODE((home / "config.toml").stat().st_mode) == 0o640
    assert auditor("scan", "--codex-home", home).returncode == 0
    assert auditor("redact", "--in-place", "--codex-home", home).returncode == 0


def test_the_real_client_still_reads_them(workshop: Workshop) -> None:
    workshop.tables = TABLES
    with workshop as shop:
        done = auditor("redact", "--in-place", "--codex-home", shop.home, "--settings")
        assert done.returncode == 4, done.stderr
        listed = shop.codex("mcp", "list", "--json")
        assert listed.code == 0, listed.stderr
        assert {one["name"] for one in json.loads(listed.stdout)} == {"Neon", "db"}
        assert VALUE not in listed.stdout


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Dotfiles are often linked: the value would stay where it is, and the link would be gone."""
    home, real = tmp_path / "home", _home(tmp_path / "dotfiles") / "config.toml"
    home.mkdir()
    (home / "config.toml").symlink_to(real)
    done = auditor("redact", "--in-place", "--codex-home", home, "--settings")
    assert done.returncode == 3
    assert "is a link" in done.stderr
    assert (home / "config.toml").is_symlink()
    assert VALUE in real.read_text()
    assert auditor("redact", "--in-place", real, "--settings").returncode == 4
    assert auditor("scan", "--codex-home", home).returncode == 0


@pytest.mark.parametrize(("old", "new"), [(b"a = 1", b"a = "), (b'a = "x"', b"a = \xff")])
def test_a_file_that_would_not_parse_any_more_is_not_written(old: bytes, new: bytes) -> None:
    with pytest.raises(VerificationFailed):
        settings.checked("config.toml", old, new)
    assert settings.checked("config.toml", b"no toml", new) == new
    assert settings.checked(".env", old, new) == new


def test_the_login_stays_and_is_no_leak_while_nobody_else_reads_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "sessions").mkdir(parents=True)
    path = _login(home, 0o600)
    before = path.read_bytes()
    done = auditor("redact", "--in-place", "--codex-home", home, "--manifest", tmp_path / "done.json")
    assert (done.returncode, path.read_bytes()) == (0, before), done.stderr
    (kept,) = json.loads((tmp_path / "done.json").read_text())["files"]
    assert (kept["action"], kept["path"]) == ("kept", str(path))
    assert auditor("scan", "--codex-home", home).returncode == 0
    path.chmod(0o644)
    assert auditor("scan", "--codex-home", home).returncode == 1


def test_what_the_login_holds_is_a_leak_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "log").mkdir(parents=True)
    _login(home, 0o600)
    log = home / "log/codex-tui.log"
    log.write_text(f"2026-11-20T10:00:00Z INFO sent {LOGIN['OPENAI_API_KEY']}\n")
    done = auditor("scan", "--codex-home", home, "-f", "json=-", "-q")
    assert done.returncode == 1
    (incident,) = json.loads(done.stdout)["incidents"]
    assert [one["place"]["path"] for one in incident["occurrences"]] == [str(log)]
    assert auditor("redact", "--in-place", "--codex-home", home).returncode == 4
    assert auditor("scan", "--codex-home", home).returncode == 0
