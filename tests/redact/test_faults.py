"""Every system call of every in-place writer fails once, with each error, or is the moment of death (kill -9).

The calls are the real ones: `strace` lets each of them fail in turn (its `inject` option). `AUDITOR_FAULTS=all` tries
every call with every fault; otherwise every call (of SQLite's many every fourth) gets one of them in turn.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest

from tests.redact.fault_writer import BEGIN, END, NEW, OLD, WRITERS, content, journal, prepare

ROOT = Path(__file__).resolve().parents[2]
FAULTS = ("error=EIO", "error=ENOSPC", "error=EINTR", "error=EIO:signal=KILL", "signal=KILL")
ALL = os.environ.get("AUDITOR_FAULTS") == "all"
MEMORY = {"brk", "mmap", "munmap", "mremap", "madvise", "mprotect", "futex", "rt_sigaction", "rt_sigprocmask", "getpid",
          "getrandom", "gettid", "exit_group"}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[str]]:
    """A process that has everything loaded and forks for each attempt."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tests/redact/fault_writer.py")]
    with subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one:
        yield one
        assert one.stdin
        one.stdin.close()


@dataclass
class Lab:
    """One writer and its folder."""

    server: subprocess.Popen[str]
    strace: Path
    writer: str
    folder: Path

    @property
    def trace(self) -> Path:
        return self.folder.parent / "trace"

    def fresh(self) -> None:
        """Begin with the old content."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        prepare(self.writer, self.folder)

    def write(self, *options: str) -> int:
        """Run the writer under strace; 0, 9 for a problem it told, or minus the signal that killed it."""
        assert self.server.stdin
        assert self.server.stdout
        self._say(f"{self.writer} {self.folder}")
        pid = self.server.stdout.readline().strip()
        command = [self.strace, "-o", str(self.trace), "-p", pid, *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
            assert tracer.stderr
            assert "attached" in tracer.stderr.readline()
            self._say("go")
            return int(self.server.stdout.readline())

    def _say(self, line: str) -> None:
        assert self.server.stdin
        self.server.stdin.write(line + "\n")
        self.server.stdin.flush()

    def found(self) -> bytes:
        """What a reader finds now."""
        return content(self.writer, self.folder)

    def calls(self) -> Iterator[tuple[str, int]]:
        """Each call between the marks: its name, and the how-manieth of that name it is."""
        self.fresh()
        assert self.write() == 0
        assert self.found() == NEW
        seen: Counter[str] = Counter()
        inside = False
        for line in self.trace.read_text(errors="replace").splitlines():
            name = line.partition("(")[0]
            seen[name] += 1
            if END in line:
                return
            if inside and name.isidentifier() and name not in MEMORY:
                yield name, seen[name]
            inside = inside or BEGIN in line


@pytest.mark.parametrize("writer", WRITERS)
def test_any_call_may_fail_or_be_the_last(
    writer: str, tmp_path: Path, server: subprocess.Popen[str], program: Callable[[str], Path]
) -> None:
    lab = Lab(server, program("strace"), writer, tmp_path / "work")
    calls, turn = list(lab.calls()), cycle(FAULTS)
    if writer.startswith("sqlite") and not ALL:
        calls = calls[::4]  # a few hundred, nearly all of them SQLite's own
    assert {"write", "pwrite64"} & {name for name, _number in calls}
    told: Counter[int] = Counter()
    for name, number in calls:
        for fault in FAULTS if ALL else (next(turn),):
            lab.fresh()
            code = lab.write("-e", f"inject={name}:{fault}:when={number}")
            told[code] += 1
            _check(lab, code, f"{name} number {number}, {fault}: exit {code}", killed="KILL" in fault)
    print(writer, len(calls), "calls:", dict(told))
    assert told[9], "no fault was noticed"
    assert told[-9], "no death happened"


def _check(lab: Lab, code: int, where: str, *, killed: bool) -> None:
    if not killed:
        assert lab.found() in (OLD, NEW), where
    journal(lab.folder).recover()
    assert lab.found() in ((NEW,) if code == 0 else (OLD, NEW)), where
    names = {path.name for path in lab.folder.iterdir()}
    assert killed or names <= {"file", "journal", "file-wal", "file-shm"}, where
