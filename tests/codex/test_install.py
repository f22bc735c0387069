"""Install, uninstall and doctor on a fresh machine, beside other people's settings, and after tampering."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from auditor.codex import hooks_file, trust
from tests.codex.payloads import AUDITOR, SECRET, URL

OTHERS = {
    "description": "team",
    "hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "/opt/lint hook"}]}]},
}
CONFIG = """# mine
model = "m"  # keep

[mcp_servers.neon]
command = "npx"   # the server
args = [
  "-y",
  "some server",
]

[mcp_servers.far]
url = "https://mcp.example.com"
"""


class Machine:
    """A home with nothing of the real one."""

    def __init__(self, root: Path) -> None:
        self.root, self.codex, self.etc = root, root / "codex", root / "etc"
        self.project = root / "project"
        for folder in (self.codex, self.project):
            folder.mkdir(mode=0o700)
        self.hooks, self.config = self.codex / "hooks.json", self.codex / "config.toml"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root), "CODEX_HOME": str(self.codex)}
        more = ["--etc", str(self.etc)]
        return subprocess.run(
            [str(AUDITOR), *words, *more], env=env, cwd=self.project, capture_output=True, text=True, timeout=60
        )

    def files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() if path.is_file() else b"" for path in sorted(self.codex.rglob("*"))}

    def trust_all(self) -> None:
        """What Codex writes after a review."""
        lines = []
        for hook in hooks_file.ours(json.loads(self.hooks.read_text())):
            name = trust.key(str(self.hooks), hook.event, hook.group, hook.index)
            digest = trust.digest(hook.event, hook.matcher, hook.handler)
            lines += [f"[hooks.state.{json.dumps(name)}]", f'trusted_hash = "{digest}"']
        self.config.write_text((self.config.read_text() if self.config.exists() else "") + "\n".join(lines) + "\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_dry_run_changes_nothing(machine: Machine) -> None:
    machine.config.write_text(CONFIG)
    before = machine.files()
    done = machine.run("install", "codex", "--dry-run", "--wrap-mcp", "--environment")
    assert done.returncode == 0
    assert "would write" in done.stdout
    assert machine.files() == before


def test_install_appends_and_is_idempotent_and_goes_away_again(machine: Machine) -> None:
    machine.hooks.write_text(json.dumps(OTHERS))
    machine.config.write_text(CONFIG)
    before = machine.files()
    done = machine.run("install", "codex", "--wrap-mcp", "--environment")
    assert done.returncode == 0, done.stderr
    assert "/hooks" in done.stdout
    content = json.loads(machine.hooks.read_text())
    assert set(content) == {"description", "hooks"}
    assert content["hooks"]["PreToolUse"][0] == OTHERS["hooks"]["PreToolUse"][0]  # type: ignore[index]
    assert {hook.command for hook in hooks_file.ours(content)} == {f"{AUDITOR} hook"}
    assert len(list(hooks_file.ours(content))) == 9
    config = tomllib.loads(machine.config.read_text())
    assert config["mcp_servers"]["neon"]["args"] == ["mcp", "--vault", "--", "npx", "-y", "some server"]
    assert config["shell_environment_policy"]["ignore_default_excludes"] is False
    assert "# mine" in machine.config.read_text()
    after = machine.files()
    assert "already installed" in machine.run("install", "codex", "--wrap-mcp", "--environment").stdout
    assert machine.files() == after
    assert machine.run("uninstall", "codex").returncode == 0
    assert machine.files() == before
    assert "not installed" in machine.run("uninstall", "codex").stdout


POLICY = """[shell_environment_policy]
inherit = "all"  # mine
exclude = ["AWS_*", "*TOKEN*"]
ignore_default_excludes = true
"""


@pytest.mark.parametrize(
    ("config", "hooks"),
    [
        (None, None), ("", json.dumps(OTHERS)), (CONFIG, json.dumps(OTHERS, indent=4) + "\n\n"),
        (CONFIG + POLICY, None), ('mcp_servers.x = {command = "x"}\n', None),
    ],
    ids=range(5),
)  # fmt: skip
def test_uninstall_leaves_everything_as_it_was(machine: Machine, config: str | None, hooks: str | None) -> None:
    if config is not None:
        machine.config.write_text(config)
        machine.config.chmod(0o640)
    if hooks is not None:
        machine.hooks.write_text(hooks)
    before = machine.files()
    for options in ([], ["--environment", "--wrap-mcp"]):
        assert machine.run("install", "codex", *options).returncode == 0
    assert machine.files() != before
    machine.trust_all()
    done = machine.run("uninstall", "codex")
    assert done.returncode == 0, done.stderr
    assert machine.files() == before
    if config is not None:
        assert machine.config.stat().st_mode & 0o777 == 0o640


def test_what_changed_since_stays_when_ours_goes(machine: Machine) -> None:
    machine.config.write_text(CONFIG + POLICY)
    machine.run("install", "codex", "--wrap-mcp", "--environment")
    machine.config.write_text(machine.config.read_text().replace('model = "m"', 'model = "n"'))
    content = json.loads(machine.hooks.read_text())
    content["hooks"]["Stop"].append(OTHERS["hooks"]["PreToolUse"][0])  # type: ignore[index]
    machine.hooks.write_text(json.dumps(content))
    assert "backup:" in machine.run("uninstall", "codex").stdout
    left = tomllib.loads(machine.config.read_text())
    assert left == tomllib.loads((CONFIG + POLICY).replace('model = "m"', 'model = "n"'))
    assert json.loads(machine.hooks.read_text()) == {"hooks": {"Stop": OTHERS["hooks"]["PreToolUse"]}}  # type: ignore[index]


def test_a_program_that_is_not_there_is_not_installed(machine: Machine) -> None:
    """`python -m auditor` of a checkout: no script to call, so every hook would fail in silence."""
    lonely = machine.root / "python/bin"
    lonely.mkdir(parents=True)
    (lonely / "python").symlink_to(sys.executable)
    env = {"PATH": os.environ["PATH"], "HOME": str(machine.root), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    words = [str(lonely / "python"), "-m", "auditor", "install", "codex", "--codex-home", str(machine.codex)]
    done = subprocess.run(words, env=env, cwd=machine.project, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "not there, so hooks would fail" in done.stderr
    assert not machine.hooks.exists()


def test_backups_are_private_and_complete(machine: Machine) -> None:
    machine.hooks.write_text(json.dumps(OTHERS))
    machine.run("install", "codex")
    backup = next(machine.codex.glob("hooks.json.before-auditor-*"))
    assert json.loads(backup.read_text()) == OTHERS
    assert backup.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("scope", ["--project", "--managed"])
def test_other_scopes(machine: Machine, scope: str) -> None:
    assert machine.run("install", "codex", scope).returncode == 0
    folder = machine.project / ".codex" if scope == "--project" else machine.etc
    assert len(list(hooks_file.ours(json.loads((folder / "hooks.json").read_text())))) == 9
    assert not machine.hooks.exists()
    assert machine.run("uninstall", "codex", scope).returncode == 0
    assert not (folder / "hooks.json").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"hooks": []}', '{"hooks": {"Stop": {}}}'])
def test_what_cannot_be_understood_is_left_alone(machine: Machine, text: str) -> None:
    machine.hooks.write_text(text)
    done = machine.run("install", "codex")
    assert done.returncode == 2
    assert machine.hooks.read_text() == text


def test_doctor_tells_the_truth_each_time(machine: Machine) -> None:
    def doctor(*expected: str, code: int) -> None:
        done = machine.run("doctor")
        for text in expected:
            assert text in done.stdout, (text, done.stdout)
        assert done.returncode == code, done.stdout + done.stderr
        assert SECRET not in done.stdout

    doctor("no hooks are installed", code=1)
    machine.run("install", "codex")
    doctor("installed (user)", "Codex skips untrusted", code=1)
    machine.trust_all()
    doctor("all hooks are reviewed", "commands see every variable", code=0)
    content = machine.hooks.read_text()
    machine.hooks.write_text(content.replace('"timeout": 3\n', '"timeout": 2\n'))
    doctor("Codex skips changed: SessionEnd", code=1)
    gone = content.replace(str(AUDITOR), "/nowhere/auditor")
    machine.hooks.write_text(gone)
    doctor("/nowhere/auditor does not exist", code=1)
    machine.hooks.write_text(content)
    machine.config.write_text(machine.config.read_text() + f'[mcp_servers.x]\ncommand = "psql"\nargs = ["{URL}"]\n')
    doctor("literal credentials in line", "without redacting proxy: x", code=1)


def test_doctor_sees_permissions_and_failures(machine: Machine) -> None:
    machine.run("install", "codex", "--environment")
    machine.trust_all()
    transcript = machine.codex / "sessions/2026/11/23/rollout-2026-11-23T00-00-00-x.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.write_text("{}\n")
    transcript.chmod(0o644)
    assert "no transcript can be read" in machine.run("doctor").stdout
    machine.codex.chmod(0o755)
    machine.codex.joinpath("auth.json").write_text("{}")
    machine.codex.joinpath("auth.json").chmod(0o604)
    assert "2 files with transcripts or credentials below" in machine.run("doctor").stdout
    env = {"PATH": os.environ["PATH"], "HOME": str(machine.root)}
    subprocess.run([str(AUDITOR), "hook"], input=b"{torn", env=env, check=True, timeout=30)
    done = machine.run("doctor")
    assert "1 hooks failed (unknown event)" in done.stdout
    assert done.returncode == 1


def test_doctor_runs_the_hook_as_codex_does(machine: Machine) -> None:
    """What is there need not run: a broken environment, a profile that speaks into the answer."""
    machine.run("install", "codex")
    assert f"{AUDITOR} is there and answers" in machine.run("doctor").stdout
    (machine.root / ".profile").write_text("echo welcome\n")
    assert "prints something of its own" in machine.run("doctor").stdout
    (machine.root / ".profile").unlink()
    broken = machine.root / "auditor"
    broken.write_text("#!/bin/sh\necho 'ModuleNotFoundError' >&2\nexit 1\n")
    broken.chmod(0o755)
    machine.hooks.write_text(machine.hooks.read_text().replace(str(AUDITOR), str(broken)))
    done = machine.run("doctor")
    assert f"{broken} ends with 1: hooks fail" in done.stdout
    assert done.returncode == 1


def test_doctor_knows_what_of_codex_keeps_hooks_from_running(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    client = machine.root / "bin/codex"
    client.parent.mkdir()
    client.write_text("#!/bin/sh\necho codex-cli 0.144.6\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{client.parent}:{os.environ['PATH']}")
    machine.etc.mkdir()
    (machine.etc / "requirements.toml").write_text("allow_managed_hooks_only = true\n")
    machine.run("install", "codex")
    said = machine.run("doctor").stdout
    assert "is older than 0.145" in said
    assert "allows managed hooks only: yours are skipped" in said
    machine.run("install", "codex", "--managed")
    assert "yours are skipped" not in machine.run("doctor").stdout


def test_doctor_tells_of_a_ledger_that_cannot_be_used(machine: Machine) -> None:
    state = machine.root / ".local/state/auditor"
    (state / "ledger.sqlite").mkdir(parents=True)
    done = machine.run("doctor")
    assert "the ledger cannot be used" in done.stdout
    assert done.returncode == 1


def test_a_bad_policy_is_told(machine: Machine) -> None:
    policy = machine.root / ".config/auditor/auditor.toml"
    policy.parent.mkdir(parents=True)
    policy.write_text('[hooks]\npolicy = "strict"\n')
    assert "hooks.policy is none of observe, redact, block" in machine.run("doctor").stdout
