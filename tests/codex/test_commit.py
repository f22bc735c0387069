"""The commit hooks, by the real pre-commit, from a repository URL."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
URL = "postgresql://app:npg_FakeQ7w8e9r0t1@ep-fake-dawn-a1b2c3d4.us-east-2.aws.neon.tech/shop"
SECRET = "npg_FakeQ7w8e9r0t1"


class Repository:
    """A git repository in a home of its own."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "repo"
        self.folder.mkdir()
        self.env = {
            "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "d", "GIT_AUTHOR_EMAIL": "d@example.com", "GIT_COMMITTER_NAME": "d",
            "GIT_COMMITTER_EMAIL": "d@example.com", "PRE_COMMIT_HOME": str(root / "pre-commit"),
        }  # fmt: skip
        self.run("git", "init", "-q", "-b", "main")

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, cwd=self.folder, env=self.env | env, capture_output=True, text=True, timeout=400)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text)
        self.run("git", "add", "--", name)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def _with_pre_commit(repository: Repository, root: Path, hook: str) -> None:
    """Hooks from a file:// URL; the `-system` ones, which need no installation."""
    origin = root / "origin"
    origin.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", origin)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"], ["tag", "v1"]):
        subprocess.run(["git", *words], cwd=origin, env=repository.env, check=True)
    config = {"repos": [{"repo": f"file://{origin}", "rev": "v1", "hooks": [{"id": hook}]}]}
    repository.write(".pre-commit-config.yaml", yaml.safe_dump(config))
    installed = repository.run("pre-commit", "install")
    assert installed.returncode == 0, installed.stdout + installed.stderr


def test_manifest_is_valid() -> None:
    done = subprocess.run(
        [str(BIN / "pre-commit"), "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")], capture_output=True
    )
    assert done.returncode == 0
    names = {one["id"] for one in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert names == {"auditor-scan", "auditor-redact", "auditor-scan-system", "auditor-redact-system"}


def test_blocked_fixed_staged_again_passes(repository: Repository, tmp_path: Path) -> None:
    _with_pre_commit(repository, tmp_path, "auditor-redact-system")
    repository.write("logs/run log.jsonl", f'{{"a": "{URL}", "b": 1}}\n')
    repository.write("code.py", "x = 1\n")
    first = repository.run("git", "commit", "-qm", "one")
    assert first.returncode == 1
    assert "Redacted 1 values in logs/run log.jsonl" in first.stdout + first.stderr
    assert SECRET not in (repository.folder / "logs/run log.jsonl").read_text()
    repository.run("git", "add", "-A")
    second = repository.run("git", "commit", "-qm", "one")
    assert second.returncode == 0, second.stdout + second.stderr
    assert SECRET not in repository.run("git", "log", "-p").stdout


def test_scan_stops_the_commit_and_names_the_thread(repository: Repository, tmp_path: Path) -> None:
    _with_pre_commit(repository, tmp_path, "auditor-scan-system")
    repository.write("a.log", f"one\nURL={URL}\n")
    done = repository.run("git", "commit", "-qm", "x", CODEX_THREAD_ID="0198a1b2-c3d4-7e5f-8a9b-000000000001")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "commit stopped (made by Codex thread 0198a1b2-c3d4-7e5f-8a9b-000000000001)" in said
    assert "a.log:2: [REDACTED:postgres-url:" in said
    assert SECRET not in said


def test_plain_git_hook_reads_the_index_not_the_file(repository: Repository) -> None:
    hook = repository.folder / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexec auditor staged\n")
    hook.chmod(0o755)
    repository.write("a.log", f"URL={URL}\n")
    (repository.folder / "a.log").write_text("clean now\n")
    assert repository.run("git", "commit", "-qm", "x").returncode == 1
    repository.run("git", "add", "a.log")
    (repository.folder / "a.log").write_text(f"URL={URL}\n")
    assert repository.run("git", "commit", "-qm", "x").returncode == 0


@pytest.mark.parametrize("names", [[], ["gone.log"]])
def test_nothing_to_commit_passes(repository: Repository, names: list[str]) -> None:
    repository.write("gone.log", "x\n")
    repository.run("git", "commit", "-qm", "x", "--no-verify")
    repository.run("git", "rm", "-q", "gone.log")
    assert repository.run("auditor", "staged").returncode == 0


def test_the_name_of_a_staged_file_is_told_masked(repository: Repository) -> None:
    repository.write(f"of {SECRET}.txt", "clean\n")
    repository.write(f"a {SECRET}.txt", URL + "\n")
    stopped = repository.run(sys.executable, "-m", "auditor", "staged", PYTHONPATH=str(ROOT))
    assert stopped.returncode == 1, stopped.stderr
    assert "  a [REDACTED:" in stopped.stdout
    assert SECRET not in stopped.stdout + stopped.stderr
