"""`auditor redact` as a filter: pipes that break, output over input."""

from __future__ import annotations

import gzip
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_a_broken_pipe_ends_like_sigpipe(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a clean line\n" * 500_000)
    command = [sys.executable, "-m", "auditor", "redact", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


def test_output_over_its_own_input_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a clean line\n")
    with path.open("ab") as target:
        command = [sys.executable, "-m", "auditor", "redact", str(path)]
        done = subprocess.run(command, stdout=target, stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode == 2
    assert b"one file" in done.stderr
    assert path.read_bytes() == b"a clean line\n"


VALUE = "Fakehunter2Qx9"
LATE = f"first {VALUE} bare\nthen postgresql://app:{VALUE}@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop\n"
COMMAND = [sys.executable, "-m", "auditor", "redact"]


def test_a_value_is_cut_also_before_the_place_that_tells_it(tmp_path: Path) -> None:
    """Files are read twice, every one of them before the first leaves."""
    early, late = tmp_path / "early", tmp_path / "late"
    early.write_text(f"only {VALUE} bare\n")
    late.write_text(LATE)
    done = subprocess.run([*COMMAND, str(early), str(late)], capture_output=True, check=True, timeout=60)
    assert VALUE.encode() not in done.stdout
    assert done.stdout.count(b"[REDACTED:") == 3
    with late.open("rb") as source:
        done = subprocess.run(COMMAND, stdin=source, capture_output=True, check=True, timeout=60)
    assert VALUE.encode() not in done.stdout


def test_a_line_of_a_stream_waits_for_nothing_but_its_newline(tmp_path: Path) -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        for line in LATE.encode().splitlines(keepends=True):
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline().startswith(line[:20])


def test_a_full_disk_is_told_and_no_internal_error(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(LATE)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, str(path)], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode == 70
    assert b"no space left" in done.stderr
    assert b"internal" not in done.stderr


def test_a_missing_file_is_named_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(LATE)
    done = subprocess.run([*COMMAND, str(path), str(tmp_path / "none")], capture_output=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stdout == b""


@pytest.mark.parametrize("packed", [gzip.compress(LATE.encode()), b"SQLite format 3\0" + bytes(100)])
def test_what_is_no_text_is_refused(tmp_path: Path, packed: bytes) -> None:
    """Passed on as it is, it would look like a clean result."""
    path = tmp_path / "file"
    path.write_bytes(packed)
    done = subprocess.run([*COMMAND, str(path)], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"--in-place" in done.stderr


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-be", "utf-32"])
def test_utf_16_is_filtered_and_stays_what_it_is(tmp_path: Path, coding: str) -> None:
    path = tmp_path / "log"
    text = ("\ufeff" if coding.endswith("be") else "") + LATE.replace("\n", "\r\n") + "é 😀"
    path.write_bytes(text.encode(coding))
    done = subprocess.run([*COMMAND, str(path)], capture_output=True, check=True, timeout=60)
    out = done.stdout.decode(coding)
    assert VALUE not in out
    assert out.count("[REDACTED:") == 2
    assert out.endswith("/shop\r\né 😀")


def test_a_dry_run_tells_the_size_of_a_cell(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE notes (body TEXT)")
        database.execute("INSERT INTO notes VALUES (?)", (LATE,))
    done = subprocess.run(
        [*COMMAND, "--in-place", "--dry-run", "--diff", str(path)], capture_output=True, check=False, timeout=60
    )
    told = re.search(rb"notes\[rowid=1\]\.body: (\d+) bytes -> (\d+) bytes with markers\n", done.stderr)
    assert told, done.stderr
    assert int(told[1]) == len(LATE)
    assert int(told[2]) > 0
