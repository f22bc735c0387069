"""In-place overwriting: same inode and length, refused when unsafe, whole after any kill or fault."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import Refused
from auditor.redact.overwrite import Edit, Journal, identity, overwrite

KILLS = int(os.environ.get("AUDITOR_KILLS", "15"))
"""Run with 500 for the long profile."""


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal", b"k" * 32)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"aaaa SECRET bbbb SECRET cccc\n")
    return path


EDITS = (Edit(5, b"SECRET", b"******"), Edit(17, b"SECRET", b"******"))


def test_spans_change_and_nothing_else(target: Path, journal: Journal, tmp_path: Path) -> None:
    before = target.stat()
    overwrite(target, EDITS, identity(target), journal)
    after = target.stat()
    assert target.read_bytes() == b"aaaa ****** bbbb ****** cccc\n"
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (before.st_ino, before.st_size, before.st_mtime_ns)
    assert list((tmp_path / "journal").iterdir()) == []


def test_a_length_change_is_no_edit() -> None:
    with pytest.raises(ValueError, match="length"):
        Edit(0, b"ab", b"abc")


def test_changed_bytes_stop_everything(target: Path, journal: Journal) -> None:
    seen = identity(target)
    edits = [*EDITS, Edit(0, b"zzzz", b"****")]
    with pytest.raises(Refused, match="byte 0 changed"):
        overwrite(target, edits, seen, journal)
    assert b"SECRET" in target.read_bytes()


def test_a_grown_file_is_refused_unless_appending_is_expected(target: Path, journal: Journal) -> None:
    seen = identity(target)
    with target.open("ab") as file:
        file.write(b"more\n")
    with pytest.raises(Refused, match="changed"):
        overwrite(target, EDITS, seen, journal)
    overwrite(target, EDITS, seen, journal, append_ok=True)
    assert target.read_bytes() == b"aaaa ****** bbbb ****** cccc\nmore\n"


def test_links_are_refused(target: Path, journal: Journal, tmp_path: Path) -> None:
    link, other = tmp_path / "link", tmp_path / "other"
    link.symlink_to(target)
    with pytest.raises(Refused):
        overwrite(link, EDITS, identity(target), journal)
    other.hardlink_to(target)
    with pytest.raises(Refused, match="2 names"):
        overwrite(target, EDITS, identity(target), journal)
    assert b"SECRET" in target.read_bytes()


def test_a_replaced_file_is_refused(target: Path, journal: Journal, tmp_path: Path) -> None:
    seen = identity(target)
    fresh = tmp_path / "fresh"
    fresh.write_bytes(target.read_bytes())
    fresh.rename(target)
    with pytest.raises(Refused, match="replaced"):
        overwrite(target, EDITS, seen, journal)


@pytest.mark.parametrize("name", ["open", "fstat", "pread", "pwrite", "fsync", "utime"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_any_system_call_may_fail_once(
    name: str, nth: int, target: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After recovery the file is wholly old or wholly new, whichever call failed."""
    original, seen, calls = getattr(os, name), identity(target), 0

    def failing(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise OSError(errno.EIO, "injected")
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(os, name, failing)
        with contextlib.suppress(OSError, Refused):
            overwrite(target, EDITS, seen, journal)
    journal.recover()
    assert target.read_bytes() in (b"aaaa SECRET bbbb SECRET cccc\n", b"aaaa ****** bbbb ****** cccc\n")


def test_short_writes_are_completed(target: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    original = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: original(fd, data[:2], offset))
    overwrite(target, EDITS, identity(target), journal)
    assert target.read_bytes() == b"aaaa ****** bbbb ****** cccc\n"


_WRITER = """
import sys
from pathlib import Path
from auditor.redact.overwrite import Edit, Journal, identity, overwrite
path, journal = Path(sys.argv[1]), Journal(Path(sys.argv[2]), b"k" * 32)
journal.recover()
print("up", flush=True)
while True:
    old = path.read_bytes()
    new = old.translate(bytes.maketrans(b"AB", b"BA"))
    edits = [Edit(i, old[i:i + 8], new[i:i + 8]) for i in range(0, len(old), 16)]
    overwrite(path, edits, identity(path), journal)
"""


def test_killed_at_any_instant_the_file_is_old_or_new(tmp_path: Path) -> None:
    """The writer flips every second 8 bytes between A and B; a half-done file would hold both."""
    path, folder = tmp_path / "file", tmp_path / "journal"
    path.write_bytes(b"AAAAAAAA--------" * 3_000)
    chance = random.Random()
    for _ in range(KILLS):
        with subprocess.Popen([sys.executable, "-c", _WRITER, path, folder], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.0, 0.08))
            process.send_signal(signal.SIGKILL)
        Journal(folder, b"k" * 32).recover()
        assert path.read_bytes() in (b"AAAAAAAA--------" * 3_000, b"BBBBBBBB--------" * 3_000)
        assert not folder.exists() or list(folder.iterdir()) == []


def test_recovery_leaves_a_running_process_alone(tmp_path: Path, journal: Journal) -> None:
    """Two runs at once: one must not take the record away that the other is writing."""
    folder = tmp_path / "journal"
    folder.mkdir()
    ended = subprocess.Popen(["true"])
    ended.wait()
    mine, dead = folder / f"1-2-{os.getppid()}.new", folder / f"1-2-{ended.pid}.new"
    mine.touch()
    dead.touch()
    journal.recover()
    assert (mine.exists(), dead.exists()) == (True, False)
