"""One file, every condition it can be in: what is yielded, and what the coverage says."""

from __future__ import annotations

import gzip
import hashlib
import os
import pickle
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from auditor.intake import FileSource, Settings

RECORDS = b'{"a":1}\n{"b":"\xc3\xa9"}\n'
LONG = b"".join(b'{"n":%d,"text":"%s"}\n' % (number, os.urandom(40).hex().encode()) for number in range(40_000))


def zst(data: bytes, **options: int) -> bytes:
    return zstandard.ZstdCompressor(**options).compress(data)


def streamed(data: bytes, level: int = 3) -> bytes:
    """As a writer that does not know the size, with a checksum, like Codex's own compression."""
    engine = zstandard.ZstdCompressor(level=level, write_checksum=True).compressobj()
    return b"".join(engine.compress(data[at : at + 10_000]) for at in range(0, len(data), 10_000)) + engine.flush()


def scribbled(data: bytes) -> bytes:
    return data[:500_000] + b"\xff" * 1000 + data[501_000:]


def skippable(data: bytes) -> bytes:
    return b"\x5a\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data


def read(path: Path, settings: Settings = Settings(), explicit: bool = True) -> tuple[bytes, FileSource]:  # noqa: B008
    source = FileSource(str(path), explicit=explicit, settings=settings)
    return b"".join(chunk.data[chunk.overlap :] for chunk in source.chunks()), source


def outcome(source: FileSource) -> tuple[str, list[str]]:
    return source.reports()[0].status, [gap.reason for gap in source.gaps]


WHOLE: list[tuple[str, bytes, bytes, tuple[str, ...]]] = [
    ("empty", b"", b"", ()),
    ("plain", RECORDS, RECORDS, ()),
    ("BOM", b"\xef\xbb\xbf" + RECORDS, b"\xef\xbb\xbf" + RECORDS, ()),
    ("CRLF", b'{"a":1}\r\n', b'{"a":1}\r\n', ()),
    ("invalid UTF-8, NUL", b"\xff\xfd\x00\x00\n\x80\n", b"\xff\xfd\x00\x00\n\x80\n", ()),
    ("a mark that lies", b"\xff\xfepassword=x\n", b"\xff\xfepassword=x\n", ()),
    ("zeros", bytes(5000), bytes(5000), ()),
    ("utf-16", "line é\nnext 😀\n".encode("utf-16"), "line é\nnext 😀\n".encode(), ("utf-16",)),
    ("utf-16 BE", b"\xfe\xff" + "é\n".encode("utf-16-be"), "é\n".encode(), ("utf-16",)),
    ("utf-16 without BOM", "password=x\n".encode("utf-16-le"), b"password=x\n", ("utf-16-le",)),
    ("utf-16 BE without BOM", "password=x\n".encode("utf-16-be"), b"password=x\n", ("utf-16-be",)),
    ("utf-16 odd length", "ab\n".encode("utf-16") + b"x", "ab\n\ufffd".encode(), ("utf-16",)),
    ("utf-16 lone surrogate", b"\xff\xfe\x00\xd8a\x00\n\x00", "\ufffda\n".encode(), ("utf-16",)),
    ("utf-32", "é\n".encode("utf-32"), "é\n".encode(), ("utf-32",)),
    ("gzip", gzip.compress(LONG), LONG, ("gzip",)),
    ("gzip members", gzip.compress(RECORDS) + gzip.compress(LONG), RECORDS + LONG, ("gzip",)),
    ("gzip padding", gzip.compress(RECORDS) + bytes(100_000), RECORDS, ("gzip",)),
    ("gzip empty", gzip.compress(b""), b"", ("gzip",)),
    ("zstd", zst(LONG), LONG, ("zstd",)),
    ("zstd streamed", streamed(LONG), LONG, ("zstd",)),
    ("zstd frames", streamed(LONG) + zst(RECORDS) + streamed(RECORDS), LONG + RECORDS + RECORDS, ("zstd",)),
    ("zstd skippable", skippable(b"x" * 300_000) + zst(RECORDS) + skippable(b""), RECORDS, ("zstd",)),
    ("zstd empty", zst(b"") + streamed(b""), b"", ("zstd",)),
    ("zstd of zeros", zst(bytes(1 << 20)), bytes(1 << 20), ("zstd",)),
    ("gzip of zstd", gzip.compress(zst(LONG)), LONG, ("gzip", "zstd")),
    ("gzip of utf-16", gzip.compress("é\n".encode("utf-16")), "é\n".encode(), ("gzip", "utf-16")),
]


@pytest.mark.parametrize(("stored", "text", "layers"), [case[1:] for case in WHOLE], ids=[case[0] for case in WHOLE])
def test_whole_files(tmp_path: Path, stored: bytes, text: bytes, layers: tuple[str, ...]) -> None:
    path = tmp_path / "file.log"
    path.write_bytes(stored)
    data, source = read(path)
    assert data == text
    assert source.layers == layers
    assert outcome(source) == ("examined", [])
    (report,) = source.reports("plain")
    assert (report.path, report.format, report.bytes, report.mode) == (str(path), "plain", len(stored), "0644")
    assert report.records == text.count(b"\n") + (text[-1:] not in (b"", b"\n"))


@pytest.mark.parametrize("algorithm", ["blake3", "sha256"])
@pytest.mark.parametrize("stored", [LONG, streamed(LONG)])
def test_the_digest_is_of_the_stored_bytes(tmp_path: Path, algorithm: str, stored: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(stored)
    _data, source = read(path, Settings(digest=algorithm))  # type: ignore[arg-type]
    name, _, value = source.reports()[0].digest.partition(":")
    if algorithm == "sha256":
        assert (name, value) == ("sha256", hashlib.sha256(stored).hexdigest())
    else:
        import blake3

        assert (name, value) == ("blake3", blake3.blake3(stored).hexdigest())


BROKEN: list[tuple[str, bytes, int, str]] = [
    ("gzip cut", gzip.compress(LONG)[:-5000], 1 << 20, "truncated-tail"),
    ("gzip cut in the trailer", gzip.compress(RECORDS)[:-3], len(RECORDS), "truncated-tail"),
    ("gzip cut in a header", gzip.compress(RECORDS) + gzip.compress(RECORDS)[:4], len(RECORDS), "truncated-tail"),
    ("gzip wrong checksum", gzip.compress(RECORDS)[:-8] + bytes(8), 0, "unreadable"),
    ("gzip and text", gzip.compress(RECORDS) + b"more text", len(RECORDS), "unreadable"),
    ("gzip scribbled", scribbled(gzip.compress(LONG)), 1 << 19, "unreadable"),
    ("zstd cut", streamed(LONG)[:-5000], 1 << 20, "truncated-tail"),
    ("zstd cut in the checksum", streamed(RECORDS)[:-2], len(RECORDS), "truncated-tail"),
    ("zstd cut in the header", zst(LONG)[:5], 0, "truncated-tail"),
    ("zstd cut in the second frame", zst(LONG) + zst(LONG)[:-1], len(LONG), "truncated-tail"),
    ("zstd cut in a skippable frame", zst(RECORDS) + skippable(b"xxxx")[:-1], len(RECORDS), "truncated-tail"),
    ("zstd and text", zst(RECORDS) + b"more text and more", len(RECORDS), "unreadable"),
    ("zstd scribbled", scribbled(streamed(LONG)), 1 << 19, "unreadable"),
    ("xz", b"\xfd7zXZ\x00 and so on", 16, "unsupported-compression"),
    ("zip", b"PK\x03\x04 and so on", 12, "unsupported-compression"),
    ("layers", gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"x")))), 0, "expansion-limit"),
    ("database in gzip", gzip.compress(b"SQLite format 3\x00\n"), 17, "unknown-format"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "atleast", "reason"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_broken_files_yield_what_they_hold_and_a_gap(tmp_path: Path, stored: bytes, atleast: int, reason: str) -> None:
    path = tmp_path / "file.log"
    path.write_bytes(stored)
    data, source = read(path)
    assert len(data) >= atleast
    assert outcome(source) == ("partial", [reason])
    assert source.reports()[0].bytes <= len(stored)


@pytest.mark.parametrize("pack", [zst, lambda data: gzip.compress(data, 9)], ids=["zstd", "gzip"])
@pytest.mark.parametrize(
    "settings", [Settings(ratio=100, ratio_from=1 << 20), Settings(expanded_bytes=3 << 20)], ids=["ratio", "size"]
)
def test_bombs_stop_at_the_limit(tmp_path: Path, pack: Callable[[bytes], bytes], settings: Settings) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(pack(bytes(16 << 20)))
    data, source = read(path, settings)
    assert 0 < len(data) < 8 << 20
    assert outcome(source) == ("partial", ["expansion-limit"])


def test_a_zstd_window_larger_than_our_memory_is_a_gap(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    path = tmp_path / "window"
    engine = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path.write_bytes(engine.compress(LONG) + engine.flush())
    _data, source = read(path)
    assert outcome(source) == ("partial", ["expansion-limit"])


@pytest.mark.parametrize(
    ("name", "text", "torn"),
    [
        ("x.jsonl", b'{"a":1}\n{"b":', True),
        ("x.jsonl", b'{"a":1}\n{"b":2}', False),
        ("x.jsonl", b'{"a":1}\n', False),
        ("x.jsonl", b'{"a":1}\n   ', False),
        ("x.jsonl", b"\xff", True),
        ("x.jsonl.gz", b'{"a":1}\n{"b":', True),
        ("x.ndjson", b'{"b":', True),
        ("x", b'{"a":1}\n{"b":', True),
        ("x.json", b'{\n "a": 1\n}', False),
        ("x.log", b"text\nmore", False),
    ],
)
def test_a_torn_last_line_is_examined_and_noted(tmp_path: Path, name: str, text: bytes, torn: bool) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    data, source = read(path)
    assert data == text
    assert [gap.reason for gap in source.gaps] == ["truncated-tail"] * torn


def test_git_objects_are_read(tmp_path: Path) -> None:
    path = tmp_path / "memories" / ".git" / "objects" / "ab" / ("0" * 38)
    path.parent.mkdir(parents=True)
    path.write_bytes(zlib.compress(b"blob 4\x00text"))
    assert read(path)[0] == b"blob 4\x00text"
    assert read(path)[1].layers == ("zlib",)


def test_appending_during_the_scan_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "live.jsonl"
    path.write_bytes(LONG)
    source = FileSource(str(path))
    seen = b""
    for chunk in source.chunks():
        seen += chunk.data
        with path.open("ab") as file:
            file.write(RECORDS)
    assert seen == LONG
    assert outcome(source) == ("examined", [])
    assert source.reports()[0].bytes == len(LONG)


def _shrink(path: Path) -> None:
    os.truncate(path, 100)


def _replace(path: Path) -> None:
    path.with_suffix(".new").write_bytes(LONG)
    path.with_suffix(".new").rename(path)


def _rewrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(len(LONG) - 100)
        file.write(b"x" * 50)
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("change", [_shrink, _replace, _rewrite, Path.unlink])
def test_other_changes_during_the_scan_are_gaps(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "live.jsonl"
    path.write_bytes(LONG)
    source = FileSource(str(path))
    for number, _chunk in enumerate(source.chunks()):
        if not number:
            change(path)
    assert outcome(source)[0] == "partial"
    assert "changed-during-scan" in outcome(source)[1]


def test_what_cannot_be_opened_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "target").write_bytes(b"x")
    (tmp_path / "folder.jsonl").mkdir()
    for name, explicit, reason in (
        ("none", True, "vanished"),
        ("target/x", True, "vanished"),
        ("folder.jsonl", True, "not-a-file"),
        ("link", False, "not-a-file"),
        ("x" * 300, True, "unreadable"),
        ("nul\0", True, "not-a-file"),
    ):
        data, source = read(tmp_path / name, explicit=explicit)
        assert data == b""
        assert outcome(source) == ("failed", [reason])
        assert source.reports()[0].digest == ""


def test_no_permission_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "secret.jsonl"
    path.write_bytes(RECORDS)
    path.chmod(0)
    code = (
        "import os, sys, blake3\n"
        "from auditor.intake import FileSource\n"
        "os.geteuid() or os.setuid(65534)\n"
        "source = FileSource(sys.argv[1]); assert not list(source.chunks())\n"
        "print([gap.reason for gap in source.gaps])"
    )
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(0o755)
    result = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd="/")
    assert (result.stdout, result.stderr) == ("['permission']\n", "")


def test_a_second_pass_starts_over(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(RECORDS + b'{"torn')
    source = FileSource(str(path))
    first = (list(source.chunks()), source.reports(), source.gaps)
    next(source.chunks())
    assert (list(source.chunks()), source.reports(), source.gaps) == first
    assert source.replayable


def test_a_source_can_be_sent_to_a_worker_and_back(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(RECORDS)
    source = pickle.loads(pickle.dumps(FileSource(str(path))))
    assert [chunk.data for chunk in source.chunks()] == [RECORDS]
    again = pickle.loads(pickle.dumps(source))
    assert again.reports() == source.reports()
    assert [chunk.data for chunk in again.chunks()] == [RECORDS]


def test_process_substitution_is_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, gzip.compress(RECORDS))
    os.close(writing)
    try:
        data, source = read(Path(f"/dev/fd/{reading}"))
    finally:
        os.close(reading)
    assert data == RECORDS
    assert outcome(source) == ("examined", [])


MEMORY = """
import re, sys
from pathlib import Path
from auditor.intake import FileSource
source = FileSource(sys.argv[1])
size = sum(len(chunk.data) - chunk.overlap for chunk in source.chunks())
peak = re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1]
print(size, int(peak) // 1024, [gap.reason for gap in source.gaps])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
@pytest.mark.parametrize("pack", [None, zst], ids=["plain", "zstd"])
def test_memory_is_bounded_for_a_line_without_end(tmp_path: Path, pack: Callable[[bytes], bytes] | None) -> None:
    path = tmp_path / "line.jsonl"
    megabyte = b"x" * (1 << 20)
    if pack:
        path.write_bytes(pack(megabyte * 60))
    else:
        with path.open("wb") as file:
            file.truncate(300 << 20)  # a hole of zeros: one line, no newline
    result = subprocess.run([sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, check=True)
    size, peak, _gaps = result.stdout.split(maxsplit=2)
    assert int(size) == (60 if pack else 300) << 20
    assert int(peak) < 120
