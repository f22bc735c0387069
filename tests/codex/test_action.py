"""The GitHub Action: its metadata against the published schema, its steps executed as a runner executes them."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.codex.payloads import SECRET, URL
from tests.codex.published import PIP, ROOT, publish

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
TOKEN = base64.b64encode(b"x-access-token:ghs_FakeToken1234567890abcdefghijklmnopq").decode()
INPUT = re.compile(r"\$\{\{ inputs\.([\w-]+) \}\}")


@dataclass
class Runner:
    """What a runner gives to a composite action: variables, a folder for its files, Python on the PATH."""

    root: Path
    action: Path
    bin: Path

    def __post_init__(self) -> None:
        self.checkout, self.temporary, self.outputs = (self.root / name for name in ("checkout", "temp", "outputs"))
        self.checkout.mkdir(parents=True)
        self.temporary.mkdir()
        self.outputs.touch()

    def run(self, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Execute the shell step of a name (`shell: bash` is this command line, says GitHub's workflow syntax)."""
        step = next(one for one in STEPS if one.get("name") == name)
        script = self.temporary / "step.sh"
        script.write_text(step["run"])
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.checkout, env=self._environment(step.get("env", {}), inputs), capture_output=True, text=True,
            timeout=400,
        )  # fmt: skip

    def _environment(self, given: Mapping[str, str], inputs: Mapping[str, str]) -> dict[str, str]:
        chosen = {name.replace("-", "_"): one["default"] for name, one in ACTION["inputs"].items()} | dict(inputs)
        evaluated = {
            name: INPUT.sub(lambda found: chosen[found[1].replace("-", "_")], text) for name, text in given.items()
        }
        return evaluated | PIP | {
            "PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.root), "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTION_PATH": str(self.action), "GITHUB_OUTPUT": str(self.outputs), "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.checkout), "CI": "true",
        }  # fmt: skip

    def write(self, name: str, text: str) -> None:
        (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (self.checkout / name).write_text(text)

    def commit(self) -> None:
        """As `actions/checkout` leaves it: a packed repository, a token in its configuration."""
        as_dev = ["-c", "user.name=d", "-c", "user.email=d@example.com"]
        header = ["http.https://github.com/.extraheader", f"AUTHORIZATION: basic {TOKEN}"]
        for words in (
            ["init", "-q"], ["add", "-A"], [*as_dev, "commit", "-qm", "x"], ["gc", "-q"],
            ["config", *header],
        ):  # fmt: skip
            subprocess.run(["git", *words], cwd=self.checkout, check=True)

    def output(self) -> str:
        """The path that the action gives to later steps, or nothing."""
        return dict(line.partition("=")[::2] for line in self.outputs.read_text().splitlines()).get("sarif", "")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """The install step, executed with a Python of its own as `actions/setup-python` brings it."""
    root = tmp_path_factory.mktemp("action")
    publish(root / "action")
    subprocess.run([sys.executable, "-m", "venv", str(root / "python")], check=True)
    runner = Runner(root / "first", root / "action", root / "python/bin")
    done = runner.run("Install auditor")
    assert done.returncode == 0, done.stderr
    return runner


@pytest.fixture
def runner(installed: Runner, tmp_path: Path) -> Runner:
    return Runner(tmp_path / "job", installed.action, installed.bin)


def _locations(path: str) -> set[str]:
    found = [one for run in json.loads(Path(path).read_text())["runs"] for one in run["results"]]
    return {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in found}


def test_metadata_satisfies_the_published_schema() -> None:
    words = ["-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml")]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_expression_names_something_that_is_there() -> None:
    text = (ROOT / "action.yml").read_text()
    assert set(re.findall(r"inputs\.([\w-]+)", text)) <= set(ACTION["inputs"])
    assert set(re.findall(r"steps\.([\w-]+)\.", text)) <= {one.get("id") for one in STEPS}
    assert all("${{" not in one.get("run", "") for one in STEPS)


def test_a_clean_checkout_passes(runner: Runner) -> None:
    runner.write("logs/run.log", "INFO fine\n")
    runner.write(".codex/history.jsonl", '{"text": "fine"}\n')
    runner.commit()
    done = runner.run("Audit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _locations(runner.output()) == set()


@pytest.mark.parametrize("paths", [".", "./logs\n\n", "logs/run 1.log"])
def test_a_leak_fails_the_job_and_is_reported(runner: Runner, paths: str) -> None:
    runner.write("logs/run 1.log", f"URL={URL}\n")
    runner.commit()
    done = runner.run("Audit", paths=paths)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "::error file=logs/run 1.log,line=1" in done.stdout
    assert _locations(runner.output()) == {"logs/run%201.log"}
    assert SECRET not in done.stdout + done.stderr + Path(runner.output()).read_text()


def test_a_leak_below_the_limit_is_reported_only(runner: Runner) -> None:
    runner.write("run.log", f"URL={URL}\n")
    done = runner.run("Audit", fail_on="critical")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _locations(runner.output()) == {"run.log"}


@pytest.mark.parametrize(("fail_on_gaps", "code"), [("true", 3), ("false", 0)])
def test_what_could_not_be_examined_fails_the_job_unless_told_otherwise(
    runner: Runner, fail_on_gaps: str, code: int
) -> None:
    runner.write("logs/old.log.xz", "")
    (runner.checkout / "logs/old.log.xz").write_bytes(b"\xfd7zXZ\x00" + b"\x00" * 60)
    done = runner.run("Audit", fail_on_gaps=fail_on_gaps)
    assert done.returncode == code, done.stdout + done.stderr
    assert "::warning file=logs/old.log.xz" in done.stdout
    assert runner.output()


@pytest.mark.parametrize("inputs", [{"paths": ""}, {"paths": "."}, {"fail_on": "$(touch here)"}], ids=range(3))
def test_mistakes_fail_and_nothing_is_uploaded(runner: Runner, inputs: dict[str, str]) -> None:
    done = runner.run("Audit", **{"paths": "x.log", **inputs})
    assert done.returncode == 2
    assert runner.output() == ""
    assert list(runner.checkout.iterdir()) == []
