"""The commit hooks in environments that the real pre-commit builds: from this repository's URL, and from its wheel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.codex.payloads import SECRET, URL
from tests.codex.published import PIP, ROOT, publish
from tests.codex.test_commit import Repository

HOOKS = ("auditor-scan", "auditor-redact")
SECONDS = 400
"""An environment takes half a minute with a warm pip cache; pre-commit installs it before the first hook runs."""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.env |= PIP
    return made


def _published(folder: Path, env: dict[str, str]) -> dict[str, Any]:
    """This work tree as somebody else finds it: a repository with a tag, reached by its URL."""
    publish(folder)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"], ["tag", "v1"]):
        subprocess.run(["git", *words], cwd=folder, env=env, check=True)
    return {"repo": f"file://{folder}", "rev": "v1", "hooks": [{"id": name} for name in HOOKS]}


def _packed(folder: Path, env: dict[str, str]) -> dict[str, Any]:
    """The same hooks, with the program from a wheel."""
    words = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(words, env=env, check=True, timeout=SECONDS)
    wheel = next(folder.glob("auditor-*.whl"))
    known = {one["id"]: one for one in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    return {"repo": "local", "hooks": [known[name] | {"additional_dependencies": [str(wheel)]} for name in HOOKS]}


@pytest.mark.parametrize("source", [_published, _packed], ids=["url", "wheel"])
def test_blocked_fixed_staged_again_passes(source: Any, repository: Repository, tmp_path: Path) -> None:
    folder = tmp_path / "origin"
    folder.mkdir()
    repository.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [source(folder, repository.env)]}))
    assert repository.run("pre-commit", "install", "--install-hooks").returncode == 0
    repository.env["PATH"] = repository.env["PATH"].partition(":")[2]  # no `auditor` but the one in that environment
    repository.write("code.py", "x = 1\n")
    untouched = repository.run("git", "commit", "-m", "code")
    assert (untouched.returncode, (untouched.stdout + untouched.stderr).count("Skipped")) == (0, 2)

    repository.write("logs/run log.jsonl", f'{{"a": "{URL}", "b": 1}}\n')
    blocked = repository.run("git", "commit", "-m", "log")
    said = blocked.stdout + blocked.stderr
    assert blocked.returncode == 1
    assert "auditor: commit stopped: 1 credential staged" in said
    assert "Redacted 1 values in logs/run log.jsonl" in said
    assert SECRET not in said

    repository.run("git", "add", "-A")
    passed = repository.run("git", "commit", "-m", "log")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    history = repository.run("git", "log", "-p").stdout
    assert "[REDACTED:postgres-url:" in history
    assert SECRET not in history
