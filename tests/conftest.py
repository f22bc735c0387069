"""Real programs for tests. What is absent skips the test with its name; under `AUDITOR_REQUIRE_ALL=1` (CI) it fails."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from tests.harness import installs
from tests.harness import postgres as servers
from tests.harness.codex import Workshop

settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "long",
    max_examples=int(os.environ.get("AUDITOR_EXAMPLES", "200000")),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile(os.environ.get("AUDITOR_PROFILE", "steady"))  # a busy machine is no failure

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def absent(what: str, how: str) -> NoReturn:
    """Skip, or fail where everything has to be there."""
    message = f"{what} is not installed ({how})"
    if os.environ.get("AUDITOR_REQUIRE_ALL") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def program() -> Callable[[str], Path]:
    """Return a function that finds a program on the PATH by name, or skips."""

    def find(name: str) -> Path:
        found = shutil.which(name)
        if found is None:
            absent(name, "not on the PATH")
        return Path(found)

    return find


@pytest.fixture(scope="session")
def npm() -> Callable[[str], Path]:
    """Return a function that gives the folder (with `node_modules`) of a pinned npm set of `tests.harness.installs`."""

    def find(name: str) -> Path:
        home = installs.npm_home(name)
        if home is None:
            absent(f"npm set {name}", f"python -m tests.harness.installs {name}")
        return home

    return find


@pytest.fixture(scope="session")
def python_home() -> Callable[[str], Path]:
    """Return a function that gives a virtual environment with a pinned set of `tests.harness.installs`, or skips."""

    def find(name: str) -> Path:
        home = installs.python_home(name)
        if home is None:
            absent(f"python set {name}", f"python -m tests.harness.installs {name}")
        return home

    return find


@pytest.fixture(scope="session")
def codex_cli() -> Path:
    """The real Codex CLI, pinned."""
    cli = installs.codex_cli()
    if cli is None:
        absent("Codex CLI", "python -m tests.harness.installs codex")
    return cli


@pytest.fixture
def workshop(codex_cli: Path) -> Iterator[Workshop]:
    """A fresh place to run the Codex CLI on a scripted model (see `tests.harness.codex`), not yet entered."""
    # Codex won't put its helpers below the system's temporary folder, hence not tmp_path
    root = installs.CACHE / "work" / uuid.uuid4().hex
    yield Workshop.below(root, codex_cli)
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Cluster]:
    """A running PostgreSQL of our own."""
    binaries = servers.binaries()
    if binaries is None:
        absent("PostgreSQL server", "apt-get install postgresql")
    with servers.Cluster(binaries) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def chromium() -> Path:
    """A real browser for HTML reports."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        absent("chromium", "apt-get install chromium")
    return Path(found)
