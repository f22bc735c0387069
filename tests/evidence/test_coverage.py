"""The equations: they hold for real audits of broken inputs, and a document that breaks one is noticed."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.audit.assemble import seal
from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest, parse_time
from auditor.document import Document
from auditor.evidence.coverage import balance, equations, faults
from auditor.evidence.suppressions import Acceptance
from tests.compliance.documents import document, incident, occurrence, place, source

KEY_ID = b"\0" * 32
LEAK = b'{"timestamp":"2026-11-20T10:00:00Z","type":"x","text":"NEON_API_KEY=napi_%s"}\n'
ONE = LEAK % (b"fake0123456789" * 5)[:64]
TWO = LEAK % (b"9876543210fake" * 5)[:64]
ANOTHER = (
    b'{"timestamp":"2026-11-20T11:00:00Z","type":"session_meta","payload":{"id":"0000bbbb-0000-7000-8000-000000000000",'
    b'"cwd":"/work/shop","originator":"codex_exec","cli_version":"0.169.0"}}\n'
)


def scanned(folder: Path, **more: Any) -> Document:
    return audit(ScanRequest(paths=(str(folder),), key=KEY_ID, generated="2026-11-23T00:00:00Z", **more))


def _unreadable(folder: Path) -> None:
    if os.geteuid() == 0:
        (folder / "gone.jsonl").symlink_to(folder / "nowhere")
    else:
        (folder / "closed.jsonl").write_bytes(ONE)
        (folder / "closed.jsonl").chmod(0)


def _empty(folder: Path) -> None:
    (folder / "empty.jsonl").write_bytes(b"")


def _truncated(folder: Path) -> None:
    (folder / "torn.jsonl").write_bytes(ONE + TWO[:-20])


def _binary(folder: Path) -> None:
    (folder / "blob.bin").write_bytes(bytes(range(256)) * 64 + ONE)


def _bad_zstd(folder: Path) -> None:
    (folder / "a.jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd" + b"\x00" * 40)


def _bomb(folder: Path) -> None:
    import zstandard

    (folder / "bomb.jsonl.zst").write_bytes(zstandard.compress(b"\0" * (96 << 20)))


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jsonl")


def _loop(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)


def _database(folder: Path) -> None:
    (folder / "broken.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 4000 + ONE)


FAULTS = [_unreadable, _empty, _truncated, _binary, _bad_zstd, _bomb, _pipe, _loop, _database]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.__name__.strip("_"))
def test_equations_hold_whatever_the_inputs(tmp_path: Path, fault: Callable[[Path], None]) -> None:
    (tmp_path / "good.jsonl").write_bytes(ONE)
    fault(tmp_path)
    found = scanned(tmp_path)
    assert faults(found) == []
    assert [one["name"] for one in found["coverage"]["equations"]] == [
        "inputs discovered", "bytes in scope", "records seen", "finds"]  # fmt: skip
    assert found["summary"]["incidents"] >= 1


def test_a_file_that_vanishes_or_shrinks_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(ONE)
    for name in ("b.jsonl", "c.jsonl"):
        (tmp_path / name).write_bytes(TWO)

    def meddle(path: str, size: int) -> None:
        if path.endswith("a.jsonl"):
            (tmp_path / "b.jsonl").unlink()
            (tmp_path / "c.jsonl").write_bytes(b"")

    request = ScanRequest(paths=(str(tmp_path),), key=KEY_ID, generated="2026-11-23T00:00:00Z")
    found = audit(request, meddle)
    assert faults(found) == []
    assert "vanished" in {gap["reason"] for gap in found["coverage"]["gaps"]}


@pytest.mark.parametrize(
    "asked",
    [
        {"confidence": "low"},
        {"confidence": "high"},
        {"since": parse_time("2026-11-21T00:00:00Z")},
        {"session": "0000bbbb"},
        {"since": parse_time("2096-01-01T00:00:00Z")},
        {"jobs": 2},
    ],
)
def test_what_was_not_asked_for_is_counted(tmp_path: Path, asked: dict[str, Any]) -> None:
    (tmp_path / "a.jsonl").write_bytes(ONE + TWO + b'{"text":"postgresql://user:password@localhost/db"}\n')
    (tmp_path / "rollout-2026-11-20T10-00-00-0000aaaa-0000-7000-8000-000000000000.jsonl").write_bytes(ONE)
    (tmp_path / "rollout-2026-11-20T11-00-00-0000bbbb-0000-7000-8000-000000000000.jsonl").write_bytes(ANOTHER)
    found = scanned(tmp_path, **asked)
    assert faults(found) == []
    assert found["coverage"]["equations"][3]["total"] >= 2


def test_suppressed_finds_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(ONE + TWO)
    name = scanned(tmp_path)["incidents"][0]["fingerprint"]
    found = scanned(tmp_path, exceptions=(Acceptance("s-1", name, "ours", "me", None),))
    assert faults(found) == []
    parts = found["coverage"]["equations"][3]["parts"]
    assert (parts["reported"], parts["suppressed"]) == (1, 1)
    assert (found["summary"]["incidents"], found["summary"]["suppressed"]) == (1, 1)


@pytest.mark.parametrize("build", [lambda folder: None, _empty])
def test_nothing_examined_is_never_complete(tmp_path: Path, build: Callable[[Path], None]) -> None:
    build(tmp_path)
    found = scanned(tmp_path)
    assert not found["summary"]["complete"]
    assert "nothing-to-scan" in {gap["reason"] for gap in found["coverage"]["gaps"]}


def sound() -> Document:
    spots = [occurrence(1, copies=[place("db")]), occurrence(2)]
    one = document(incident(occurrences=spots), coverage={"sources": [source(size=100), source("db", format="plain")],
                                                         "counts": {"inputs": 2, "finds": 3}})  # fmt: skip
    return seal(balance(one))


def test_a_sound_document() -> None:
    assert faults(sound()) == []
    assert sound()["coverage"]["equations"][2]["parts"] == {"parsed": 3, "examined as raw text": 3, "not examined": 0}


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("coverage", "counts", "inputs"), 3, "inputs discovered"),
        (("coverage", "counts", "finds"), 4, "finds"),
        (("coverage", "counts", "records"), 7, "records seen"),
        (("coverage", "counts", "below_confidence"), 1, "finds"),
        (("coverage", "sources", 0, "bytes"), 50, "without a gap"),
        (("coverage", "sources", 0, "bytes"), 120, "`bytes`"),
        (("coverage", "sources", 0, "status"), "partial", "without a gap"),
        (("coverage", "sources", 0, "status"), "failed", "without a gap"),
        (("coverage", "sources", 0, "status"), "fine", "unknown status"),
        (("coverage", "equations", 0, "total"), 1, "stored equations"),
        (("coverage", "gaps"), [{"path": "x", "reason": "tired", "detail": ""}], "closed list"),
        (("incidents", 0, "occurrences"), [], "finds"),
        (("incidents", 0, "suppressed"), "s-1", "`incidents`"),
        (("summary", "complete"), False, "`complete`"),
        (("summary", "places"), 9, "`places`"),
    ],
)
def test_every_slip_is_noticed(path: tuple[Any, ...], value: Any, complaint: str) -> None:
    one: Any = copy.deepcopy(sound())
    holder = one
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    assert any(complaint in fault for fault in faults(one))


def test_a_broken_equation_makes_the_audit_incomplete() -> None:
    one = document(incident(), coverage={"sources": [source()], "counts": {"finds": 5}})
    balanced = seal(balance(one))
    assert not balanced["summary"]["complete"]
    assert "the equation of finds does not hold" in {gap["detail"] for gap in balanced["coverage"]["gaps"]}


def test_equations_do_not_depend_on_being_balanced_twice() -> None:
    assert equations(balance(balance(sound()))) == equations(sound())
