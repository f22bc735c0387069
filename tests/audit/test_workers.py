"""Worker processes: groups, order, and what is left when one dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.audit import pool, workers
from auditor.audit.pipeline import audit
from auditor.audit.pool import Setup, examine_all
from auditor.audit.request import ScanRequest
from auditor.detect.rules import load
from auditor.intake import Source, discover
from auditor.secret import Secret
from tests.audit.test_pipeline import VALUE, rollout

KEY = bytes(range(32))
DEADLY = "napi_fakeDeadly".lower() + "4m1q8w5e6r3t0y2u7i9o1p4a6s8d3f5g7h9j2k4l6z8x1c3v5b"


def kill(secret: Secret) -> tuple[str, ...]:
    """A crash of native code looks like this to the others."""
    if secret.reveal() == DEADLY.encode():
        os.kill(os.getpid(), signal.SIGKILL)
    return ()


def fail(secret: Secret) -> tuple[str, ...]:
    """A fault of ours."""
    if secret.reveal() == DEADLY.encode():
        raise RecursionError
    return ()


def _sessions(folder: Path, deadly: int) -> list[Path]:
    paths = [rollout(folder, f"rollout-{number}.jsonl") for number in range(6)]
    paths[deadly].write_text(paths[deadly].read_text().replace(VALUE, DEADLY))
    return paths


@pytest.mark.parametrize(("jobs", "label"), [(2, kill), (2, fail), (1, fail)])
@pytest.mark.parametrize("members", [1, 4])
def test_only_the_source_that_kills_is_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, label: Callable[[Secret], tuple[str, ...]], members: int
) -> None:
    monkeypatch.setattr(workers, "MEMBERS", members)
    paths = _sessions(tmp_path, 2)
    document = audit(ScanRequest(paths=list(map(str, paths)), key=KEY, jobs=jobs, label=label))
    assert [(gap["path"], gap["reason"]) for gap in document["coverage"]["gaps"]] == [(str(paths[2]), "worker-failed")]
    status = {one["path"]: one["status"] for one in document["coverage"]["sources"]}
    assert status == {str(path): "failed" if path == paths[2] else "examined" for path in paths}
    assert len(document["incidents"]) == 1


@pytest.mark.parametrize("size", [0, 1, 3_000, 1 << 40])
def test_groups_hold_every_source_once_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(workers, "GROUP", size)
    monkeypatch.setattr(workers, "MEMBERS", 4)
    sources = _sources(tmp_path)
    groups = list(workers.grouped(sources, pool.size, lambda one: one is sources[1]))
    assert [one for group in groups for one in group] == sources
    assert max(map(len, groups)) <= 4
    assert [sources[1]] in groups
    assert all(len(group) == 1 or sum(map(pool.size, group)) <= size for group in groups)


def test_groups_grow_with_what_went_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "GROUP", 4)
    groups = list(workers.grouped(range(1_000), lambda item: 1, lambda item: False))
    assert [one for group in groups for one in group] == list(range(1_000))
    assert len(groups[0]) == 4
    assert 1_000 // 40 < len(groups[-2]) <= 1_000 // workers.SHARE


def test_results_come_in_the_order_of_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MEMBERS", 2)
    sources = _sources(tmp_path)
    rules = load()
    found = examine_all(sources, Setup((), KEY, "low"), pool.detector(rules), 2)
    assert [one.source.path for one in found] == [one.path for one in sources]


def _sources(folder: Path) -> list[Source]:
    _sessions(folder, 0)
    return [one for one in discover([str(folder)]) if not hasattr(one, "reason")]  # type: ignore[misc]


ORPHANS = """
import os, time
from auditor.audit.workers import Workers

class Telling:
    def here(self, item): return False
    def work(self, item):
        os.write(1, f"{os.getpid()}\\n".encode())  # at once: two write here
        time.sleep(60)
    def lost(self, item, problem): return None

for _ in Workers(Telling(), 2).map(range(2), lambda item: 1 << 30): pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_workers_do_not_outlive_a_killed_audit() -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHANS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        workers = [int(process.stdout.readline()) for _ in range(2)]
        process.kill()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(map(_runs, workers)):
        time.sleep(0.05)
    assert not any(map(_runs, workers))


def _runs(number: int) -> bool:
    """Whether a process is more than an entry that nobody collected (proc(5): the state behind the name)."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("delay", [0.4, 0.8, 1.2])
def test_ctrl_c_ends_all_of_it_at_once(tmp_path: Path, delay: float) -> None:
    """As a terminal sends it: to every process of the group."""
    lines = rollout(tmp_path, "one.jsonl").read_text()
    for number in range(8):
        (tmp_path / f"rollout-{number}.jsonl").write_text(lines * 20_000)
    command = [sys.executable, "-m", "auditor", "scan", str(tmp_path), "--jobs", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)  # both ends are closed when the last process is gone
    assert process.returncode in (130, -signal.SIGINT)  # the latter before the interpreter listens
    assert b"Traceback" not in errors or process.returncode < 0
