"""The second pass: families traced in workers tell the same, and a fault in one leaves the others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.audit import family
from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.formats.dialect import Dialect
from auditor.report import FORMATS
from auditor.trace.sessions import SourceLike, Transcript
from tests.audit.test_pipeline import rollout

FIXTURES = Path(__file__).parents[2] / "fixtures"


def _scan(home: Path, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    """A process of its own: only where no other thread runs are workers forked."""
    command = [sys.executable, "-m", "auditor", "scan", "-q", "--now", "2026-11-26T00:00:00Z", *map(str, arguments)]
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "AUDITOR_KEY_FILE": str(home / "key")}
    (home / "key").write_bytes(bytes(range(32)))
    (home / "key").chmod(0o600)
    return subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)


def test_workers_tell_the_same_of_every_family(tmp_path: Path) -> None:
    told = []
    for jobs in (1, 2, 3):
        done = _scan(tmp_path, "--jobs", jobs, "-f", "json=-", FIXTURES / "older", FIXTURES / "corpus")
        assert done.returncode == 1, done.stderr
        told.append(json.loads(done.stdout))
    assert [len(one["sessions"]) > 60 for one in told] == [True] * 3
    assert {one["content_digest"] for one in told} == {told[0]["content_digest"]}


def test_all_sample_sessions_are_published_in_every_format(tmp_path: Path) -> None:
    """Masked commands are cut at many places there: none may read like a credential again."""
    wanted = [word for name in FORMATS for word in ("-f", f"{name}={tmp_path / name}")]
    done = _scan(tmp_path, FIXTURES, *wanted)
    assert done.returncode == 1, done.stderr
    assert all((tmp_path / name).stat().st_size for name in FORMATS)


def test_a_fault_in_one_family_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [
        rollout(tmp_path, f"rollout-2026-11-20T10-00-00-0198a1b2-c3d4-7e5f-8a9b-00000000000{n}.jsonl") for n in "12"
    ]
    paths[1].write_text(paths[1].read_text().replace("0000000000aa", "0000000000bb"))
    real = family.read

    def failing(source: SourceLike, dialect: Dialect, lines: frozenset[int]) -> Transcript:
        if source.path == str(paths[0]):
            raise RecursionError
        return real(source, dialect, lines)

    monkeypatch.setattr(family, "read", failing)
    document = audit(ScanRequest(paths=list(map(str, paths)), key=bytes(32)))
    (gap,) = document["coverage"]["gaps"]
    assert (gap["path"], gap["reason"]) == (str(paths[0]), "worker-failed")
    assert "could not be traced: RecursionError at test_second.py:" in gap["detail"]
    (incident,) = document["incidents"]
    assert {one["place"]["path"] for one in incident["occurrences"]} == set(map(str, paths))
    assert {step["place"]["path"] for step in document["steps"]} == {str(paths[1])}
    assert all(equation["holds"] for equation in document["coverage"]["equations"])


KILLING = """
import json, os, signal, sys
from auditor.audit import family
from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest

real, own = family.read, os.getpid()

def deadly(source, dialect, lines):
    if source.path == sys.argv[1] and os.getpid() != own:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(source, dialect, lines)

family.read = deadly
document = audit(ScanRequest(paths=sys.argv[1:], key=bytes(32), jobs=2))
print(json.dumps([document["coverage"]["gaps"], sorted({one["place"]["path"] for one in document["steps"]})]))
"""


def test_a_family_that_kills_its_worker_leaves_the_others(tmp_path: Path) -> None:
    """In a process of its own, where workers are forks: what was under way in the dead pool is done again."""
    ids = [f"0198a1b2-c3d4-7e5f-8a9b-{number:012x}" for number in range(12)]
    paths = [rollout(tmp_path, f"rollout-2026-11-20T10-00-00-{one}.jsonl") for one in ids]
    for path, one in zip(paths, ids, strict=True):
        path.write_text(path.read_text().replace("0198a1b2-c3d4-7e5f-8a9b-0000000000aa", one))
    command = [sys.executable, "-c", KILLING, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    gaps, told = json.loads(done.stdout)
    assert [(gap["path"], gap["reason"]) for gap in gaps] == [(str(paths[0]), "worker-failed")]
    assert told == sorted(map(str, paths[1:]))


def test_a_fault_while_names_are_read_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no rollout is read to know whom it is about."""
    other = tmp_path / "rollout-2026-11-20T10-00-00-0198a1b2-c3d4-7e5f-8a9b-000000000001.jsonl"
    log = FIXTURES / "mcp_logs/mcp-server-neon.log"
    rollout(tmp_path, other.name)
    real = family.read

    def failing(source: SourceLike, dialect: Dialect, lines: frozenset[int]) -> Transcript:
        if source.path == str(log):
            raise RecursionError
        return real(source, dialect, lines)

    monkeypatch.setattr(family, "read", failing)
    document = audit(ScanRequest(paths=[str(log), str(other)], key=bytes(32)))
    assert [gap["path"] for gap in document["coverage"]["gaps"]] == [str(log)]
    assert {step["place"]["path"] for step in document["steps"]} == {str(other)}
