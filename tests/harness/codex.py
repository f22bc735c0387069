"""Run the real Codex CLI on a scripted model in a workshop of its own: fresh CODEX_HOME, project, HOME and PATH.

The environment handed to Codex is built from nothing, so that neither a shell snapshot nor a rollout can hold
anything of the machine that ran it. Codex warns when its home is below the system's temporary folder, hence callers
choose the folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.harness.model_server import ModelServer, Turn

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
MODEL = "gpt-5.2-codex"


@dataclass(frozen=True, slots=True)
class Run:
    """One finished `codex` process."""

    code: int
    stdout: str
    stderr: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The `--json` events of stdout."""
        return [json.loads(line) for line in self.stdout.splitlines() if line.startswith("{")]

    @property
    def thread(self) -> str:
        """Id of the thread that ran."""
        return next(str(event["thread_id"]) for event in self.events if event["type"] == "thread.started")


@dataclass
class Workshop:
    """A place where Codex runs. `home` is CODEX_HOME, `user` is HOME, `bin` comes first on the PATH."""

    cli: Path
    project: Path
    home: Path
    user: Path
    bin: Path
    settings: str = ""
    """TOML put at the head of config.toml (top-level keys)."""
    tables: str = ""
    """TOML tables put at its end: MCP servers, features."""
    env: dict[str, str] = field(default_factory=dict)
    path: Sequence[str] = ()
    """More folders for the PATH, after `bin`."""
    git: bool = True
    port: int = 0

    @classmethod
    def below(cls, root: Path, cli: Path, **more: Any) -> Workshop:
        """Lay a workshop out below one folder."""
        return cls(cli, root / "project", root / "codex-home", root / "user", root / "bin", **more)

    def __enter__(self) -> Self:
        for folder in (self.project, self.home, self.user, self.bin):
            folder.mkdir(parents=True, exist_ok=True)
        self.model = ModelServer(self.port).__enter__()
        # a login shell resets PATH: its own profile puts ours back in front
        (self.user / ".bash_profile").write_text(f'export PATH="{self.search_path}"\n')
        (self.home / "config.toml").write_text(self.configuration())
        if self.git and not (self.project / ".git").exists():
            subprocess.run(["git", "init", "-q", "-b", "main", str(self.project)], check=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.model.__exit__()

    @property
    def search_path(self) -> str:
        return ":".join([str(self.bin), *self.path, SYSTEM_PATH])

    def configuration(self) -> str:
        """Return config.toml: no sandbox and no approvals, since the harness is the sandbox."""
        base = (
            f'model = "{MODEL}"\nmodel_provider = "lab"\napproval_policy = "never"\nsandbox_mode = "danger-full-access"\n'
            "check_for_update_on_startup = false\n"
        )
        provider = (
            f'[model_providers.lab]\nname = "lab"\nbase_url = "{self.model.url}"\nwire_api = "responses"\n'
            'env_key = "LAB_KEY"\n'
        )
        chosen = {line.split("=")[0].strip() for line in self.settings.splitlines() if "=" in line}
        kept = "".join(f"{line}\n" for line in base.splitlines() if line.split(" =")[0] not in chosen)
        return f"{kept}{self.settings}\n{provider}\n{self.tables}"

    def environment(self) -> dict[str, str]:
        """Return the whole environment of the Codex process."""
        return {
            "PATH": self.search_path,
            "HOME": str(self.user),
            "CODEX_HOME": str(self.home),
            "LAB_KEY": "x",
            "USER": "dev",
            "LOGNAME": "dev",
            "SHELL": "/bin/bash",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1",
            **self.env,
        }

    def write(self, name: str, text: str) -> Path:
        """Write a project file."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def stand_in(self, name: str, script: str | Path) -> Path:
        """Put an executable first on the PATH: its text, or the file to copy."""
        path = self.bin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script) if isinstance(script, str) else shutil.copy(script, path)
        path.chmod(0o755)
        return path

    def hooks(self, table: Mapping[str, Any]) -> None:
        """Install hooks.json."""
        (self.home / "hooks.json").write_text(json.dumps(table))

    def exec(self, prompt: str, turns: list[Turn], *, resume: str = "", fork: str = "", extra: Sequence[str] = (),
             timeout: float = 120) -> Run:  # fmt: skip
        """Run `codex exec --json`, or resume or fork the thread of that id."""
        verb = ["exec", "resume"] if resume else ["exec", "fork"] if fork else ["exec"]
        self.model.script(turns)
        flags = ["--json", "--skip-git-repo-check", "--dangerously-bypass-hook-trust", *extra]
        return self.codex(*verb, *flags, *filter(None, (resume, fork)), prompt, timeout=timeout)

    def codex(self, *arguments: str, timeout: float = 120, text: str = "") -> Run:
        """Run any `codex` command line in the project."""
        done = subprocess.run(
            [str(self.cli), *arguments], cwd=self.project, env=self.environment(), input=text, capture_output=True,
            text=True, timeout=timeout, check=False,
        )  # fmt: skip
        return Run(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `codex` without waiting, in a process group of its own (see `crash`)."""
        return subprocess.Popen(
            [str(self.cli), *arguments], cwd=self.project, env=self.environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip

    def rollouts(self) -> list[Path]:
        """Return every rollout, oldest first."""
        return sorted([*self.home.glob("sessions/**/rollout-*"), *self.home.glob("archived_sessions/rollout-*")])

    def rollout(self, thread: str) -> Path:
        """Return the rollout file of one thread."""
        return next(path for path in self.rollouts() if thread in path.name)


def crash(process: subprocess.Popen[str]) -> None:
    """Kill a started Codex with everything it started, as a power cut would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
