"""Redaction in place over real fixtures: no value left in any byte of any file, lengths and lines kept."""

from __future__ import annotations

import base64
import errno
import fcntl
import gzip
import html
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import zstandard

from auditor.cli import run

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
URL_SAFE = bytes.maketrans(b"+/", b"-_")
VALUE = "napi_fake7h2k9d4m1q8w5e6r3t0y2u7i9o1p4a6s8d3f5g7h9j2k4l6z8x1c3v5"
THREAD = "0198a1b2-c3d4-7e5f-8a9b-0000000000aa"


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def auditor(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "auditor", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def _spellings(value: str) -> set[bytes]:
    """A value as any program here could have written it."""
    data = value.encode()
    texts = {value, quote(value, safe=""), quote_plus(value), html.escape(value)}
    texts |= {json.dumps(text)[1:-1] for text in texts} | {data.hex(), data.hex().upper()}
    texts |= {json.dumps(text)[1:-1].replace("/", "\\/") for text in texts}
    aligned = [base64.b64encode(b"x" * lead + data)[2 + lead : -4] for lead in range(3)]
    return {text.encode() for text in texts} | {*aligned, *(one.translate(URL_SAFE) for one in aligned)}


def _holds(folder: Path, values: list[str]) -> list[str]:
    files = [(path, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()]
    found = []
    for path, data in files:
        if data.startswith(b"\x28\xb5\x2f\xfd"):
            data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
        found += [f"{path.name}" for value in values if any(one in data for one in _spellings(value))]
    return found


def _freed(home: Path, values: list[str]) -> None:
    """Rows with every value in every spelling, deleted again: their bytes stand in freed pages and in the WAL."""
    path = home / "thread_history_1.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE gone (body BLOB)")
        rows = [(spelled * 20,) for value in values for spelled in sorted(_spellings(value))]
        database.executemany("INSERT INTO gone VALUES (?)", rows)
        database.commit()
        database.execute("DELETE FROM gone")
        database.commit()
        for suffix in ("", "-wal"):  # as a killed client leaves them: closing would empty the WAL
            shutil.copy(f"{path}{suffix}", home / f"copy{suffix}")
    for suffix in ("", "-wal"):
        (home / f"copy{suffix}").rename(f"{path}{suffix}")
    Path(f"{path}-shm").unlink(missing_ok=True)


@pytest.mark.parametrize("settings", [[], ["--settings"]])
def test_a_whole_codex_home_is_clean_afterwards(tmp_path: Path, settings: list[str]) -> None:
    home = tmp_path / "home"
    shutil.copytree(FIXTURES / "codex_home", home)
    (home / ".env").write_text(f"NEON_API_KEY={VALUE}\n")
    values = [VALUE, *json.loads((FIXTURES / "values.json").read_text()).values()]
    _freed(home, values)
    assert {"thread_history_1.sqlite", "thread_history_1.sqlite-wal"} & set(_holds(home, values))
    sizes = {path: (path.stat().st_size, path.read_bytes().count(b"\n")) for path in home.rglob("*.jsonl")}
    done = auditor("redact", "--in-place", "--codex-home", home, *settings)
    assert done.returncode == 4, done.stderr
    assert _holds(home, values) == []
    assert sizes == {path: (path.stat().st_size, path.read_bytes().count(b"\n")) for path in home.rglob("*.jsonl")}
    for path in home.rglob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            json.loads(line)
    scan = auditor("scan", "--codex-home", home)
    assert scan.returncode == 0, scan.stdout
    assert auditor("redact", "--in-place", "--codex-home", home).returncode == 0


def test_files_and_the_own_codex_home_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (home / "sessions").mkdir(parents=True)
    monkeypatch.setenv("CODEX_HOME", str(home))
    inside, outside = _file(home / "sessions"), _file(tmp_path)
    done = auditor("redact", "--in-place", outside, "--codex-home")
    assert done.returncode == 4, done.stderr
    assert VALUE not in inside.read_text() + outside.read_text()


def test_a_value_of_one_file_is_cut_from_an_encoded_command_of_another(tmp_path: Path) -> None:
    value = "npg_FakeQ7w8e9r0t1zz"
    bare = base64.b64encode(f"echo {value} # bare".encode("utf-16-le")).decode()
    (tmp_path / "a.log").write_text(f"pwsh -enc {bare}\n")
    (tmp_path / "b.log").write_text(f"postgresql://app:{value}@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop\n")
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as database, database:
        database.execute("create table logs (body text)")
        database.execute("insert into logs values (?)", (f"pwsh -enc {bare}",))
    done = auditor("redact", "--in-place", *(tmp_path / name for name in ("x.sqlite", "a.log", "b.log")))
    assert done.returncode == 4, done.stderr
    said = (tmp_path / "a.log").read_text().split()[-1]
    assert value not in base64.b64decode(said).decode("utf-16-le")
    assert bare.encode() not in (tmp_path / "x.sqlite").read_bytes()


def test_what_is_nested_too_deeply_is_told(tmp_path: Path) -> None:
    path, text = tmp_path / "deep.log", f"NEON_API_KEY={VALUE}"
    for _level in range(14):
        text = json.dumps(text)
    path.write_text(text + "\n")
    done = auditor("redact", "--in-place", path)
    assert done.returncode == 3
    assert "incomplete: " in done.stderr
    assert "decode-depth-limit" in done.stderr


def test_a_stream_tells_too_what_is_nested_too_deeply(tmp_path: Path) -> None:
    path, text = tmp_path / "deep.log", f"NEON_API_KEY={VALUE}"
    for _level in range(14):
        text = json.dumps(text)
    path.write_text(text + "\n")
    done = auditor("redact", path)
    assert (done.returncode, done.stdout) == (3, text + "\n")
    assert done.stderr.startswith("incomplete: ")
    assert VALUE not in done.stderr


def test_a_file_is_not_taken_for_the_codex_home(tmp_path: Path) -> None:
    path = _file(tmp_path)
    done = auditor("redact", "--in-place", "--codex-home", path)
    assert (done.returncode, VALUE in path.read_text()) == (2, True)
    assert "not a folder" in done.stderr


def _file(folder: Path, name: str = f"rollout-2026-11-20T10-00-00-{THREAD}.jsonl") -> Path:
    inner = json.dumps({"output": f"NEON_API_KEY={VALUE}\n"})
    path = folder / name
    path.write_text(json.dumps({"a": 1, "payload": inner}) + "\n" + json.dumps({"b": f"bare {VALUE[5:]}"}) + "\n")
    return path


def test_dry_run_and_diff_change_nothing_and_show_no_value(tmp_path: Path) -> None:
    path = _file(tmp_path)
    before = path.read_bytes()
    done = auditor("redact", "--in-place", "--dry-run", "--diff", path)
    assert done.returncode == 4
    assert "[REDACTED:neon-api-key:" in done.stderr
    assert VALUE not in done.stdout + done.stderr
    assert path.read_bytes() == before


def test_the_manifest_tells_spans_and_digests(tmp_path: Path) -> None:
    path, manifest = _file(tmp_path), tmp_path / "manifest.json"
    before = path.read_bytes()
    auditor("redact", "--in-place", "--manifest", manifest, path)
    (entry,) = json.loads(manifest.read_text())["files"]
    after = path.read_bytes()
    assert entry["action"] == "overwritten"
    assert entry["digest"]["before"] != entry["digest"]["after"]
    kept = bytearray(before)
    for span in entry["spans"]:
        kept[span["start"] : span["start"] + span["before"]] = after[span["start"] : span["start"] + span["after"]]
    assert bytes(kept) == after


def test_a_running_session_is_refused_unless_live(tmp_path: Path) -> None:
    (tmp_path / "sessions").mkdir()
    path = _file(tmp_path / "sessions")
    locks = tmp_path / "thread-writer-locks"
    locks.mkdir()
    with (locks / f"{THREAD}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = auditor("redact", "--in-place", path)
        assert done.returncode == 3
        assert "running" in done.stderr
        assert VALUE in path.read_text()
        assert auditor("redact", "--in-place", "--live", path).returncode == 4
    assert VALUE not in path.read_text()


_APPENDER = """
import sys, time
with open(sys.argv[1], "a") as file:
    print("up", flush=True)
    for number in range(int(sys.argv[2])):
        file.write('{"n": %d}\\n' % number); file.flush(); time.sleep(0.002)
"""


def test_nothing_is_lost_while_a_writer_appends(tmp_path: Path) -> None:
    path = _file(tmp_path)
    with subprocess.Popen([sys.executable, "-c", _APPENDER, path, "700"], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        done = auditor("redact", "--in-place", "--live", path)
    assert done.returncode == 4, done.stderr
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["n"] for line in lines[2:]] == list(range(700))
    assert VALUE not in path.read_text()


def test_compressed_rollouts_are_recompressed(tmp_path: Path) -> None:
    plain = _file(tmp_path)
    path = plain.with_name(plain.name + ".zst")
    path.write_bytes(zstandard.ZstdCompressor().compress(plain.read_bytes()))
    path.chmod(0o640)
    size = plain.stat().st_size
    plain.unlink()
    assert auditor("redact", "--in-place", path).returncode == 4
    text = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
    assert len(text) == size
    assert VALUE.encode() not in text
    assert path.stat().st_mode & 0o777 == 0o640


def test_readable_markers_in_closed_files(tmp_path: Path) -> None:
    path = tmp_path / "build.log"
    path.write_text(f"key {VALUE} end\n")
    assert auditor("redact", "--in-place", "--replace", path).returncode == 4
    text = path.read_text()
    assert text.startswith("key [REDACTED:neon-api-key:")
    assert text.endswith("] end\n")


def test_a_file_with_two_names_is_refused_and_named(tmp_path: Path) -> None:
    path = _file(tmp_path)
    other = tmp_path / "other"
    other.hardlink_to(path)
    done: Any = auditor("redact", "--in-place", path)
    assert done.returncode == 3
    assert path.name in done.stderr
    assert VALUE in path.read_text()


@pytest.mark.parametrize("damage", ["cut", "tail", "garbage"])
def test_what_cannot_be_read_whole_is_never_rewritten(tmp_path: Path, damage: str) -> None:
    """A damaged compressed session would lose what stands behind the damage."""
    path = tmp_path / f"rollout-2026-11-20T10-00-00-{THREAD}.jsonl.zst"
    packed = zstandard.ZstdCompressor().compress(_file(tmp_path).read_bytes() * 50)
    harmed = {"cut": packed[:-4], "tail": packed + b"not compressed", "garbage": packed[:40] + b"####" + packed[44:]}
    path.write_bytes(harmed[damage])
    done = auditor("redact", "--in-place", path)
    assert done.returncode == 3, done.stderr
    assert "not read to its end" in done.stderr
    assert path.read_bytes() == harmed[damage]


def test_a_failed_check_publishes_nothing_and_exits_5(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The cover that would be written is no cover at all: every way to write must notice."""
    plain, other = _file(tmp_path), tmp_path / "build.log"
    other.write_text(f"key {VALUE} end\n")
    packed = plain.with_name(plain.name + ".zst")
    packed.write_bytes(zstandard.ZstdCompressor().compress(plain.read_bytes()))
    before = {path: path.read_bytes() for path in (plain, other, packed)}
    monkeypatch.setattr("auditor.redact.inplace.cover", lambda written, _value, _marker: written)
    for path in (plain, packed):
        assert run(["redact", "--in-place", str(path)]) == 5
    assert {path: path.read_bytes() for path in before} == before
    assert "still looks like a credential" in capfd.readouterr().err


def test_two_at_once_do_no_harm(tmp_path: Path) -> None:
    """What one changes while the other reads is refused there, and never half."""
    files = [_file(tmp_path, f"build-{number}.jsonl") for number in range(40)]
    sizes = [path.stat().st_size for path in files]
    command = [sys.executable, "-m", "auditor", "redact", "--in-place", str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [process.communicate(timeout=120)[1] for process in both]
    assert {process.returncode for process in both} <= {0, 3, 4}, errors
    assert [path.stat().st_size for path in files] == sizes
    for path in files:
        assert VALUE not in path.read_text()
        list(map(json.loads, path.read_text().splitlines()))


def test_a_folder_without_permission_is_told_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A new file cannot stand beside the old one there; what is overwritten needs no such room."""
    packed, plain = tmp_path / "a.jsonl.gz", _file(tmp_path, "b.jsonl")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    before, original = packed.read_bytes(), os.open

    def closed(name: Any, flags: int, *more: Any, **named: Any) -> int:
        if str(name).endswith(".auditor"):  # root may write anywhere, so the folder's answer is given here
            raise PermissionError(errno.EACCES, "denied")
        return original(name, flags, *more, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", closed)
        assert run(["redact", "--in-place", str(tmp_path)]) == 3
    assert "a.jsonl.gz: permission denied" in capfd.readouterr().err
    assert packed.read_bytes() == before
    assert VALUE not in plain.read_text()


def test_a_session_that_is_not_there_is_not_refused(tmp_path: Path) -> None:
    home = tmp_path / "codex"
    home.mkdir()
    gone = {"session_id": "0199a213-81c0-7800-8aa1-00000000dead", "ts": 1, "text": "hi"}
    (home / "history.jsonl").write_text(json.dumps(gone) + "\n")
    done = auditor("redact", "--in-place", "--codex-home", home)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("dry", [True, False])
def test_a_value_in_a_name_is_redacted_under_its_real_path_and_told_under_a_masked_one(
    dry: bool, tmp_path: Path
) -> None:
    folder, manifest = tmp_path / f"of {VALUE}", tmp_path / "manifest.json"
    folder.mkdir()
    log, base, gone = folder / "build.log", folder / "state.sqlite", folder / f"gone {VALUE}"
    log.write_text(f"NEON_API_KEY={VALUE}\n")
    with closing(sqlite3.connect(base)) as database:
        database.execute(f'CREATE TABLE "{VALUE}" (body TEXT)')
        database.execute(f'INSERT INTO "{VALUE}" VALUES (?)', (f"NEON_API_KEY={VALUE}",))
        database.commit()
    said = auditor("redact", "--in-place", "--diff", "--manifest", manifest, *["--dry-run"] * dry, log, base, gone)
    assert said.returncode == (3 if dry else 5), said.stderr  # the name of a table cannot be redacted
    assert (VALUE in log.read_text()) == dry
    assert "/of [REDACTED:neon-api-key:" in said.stderr
    assert VALUE not in said.stdout + said.stderr + manifest.read_text()
    assert auditor("verify", manifest).returncode in (0, 5)
