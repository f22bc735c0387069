"""Digests: of content, of inputs that grew, moved, changed or vanished."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import blake3
import pytest

from auditor.evidence.digest import canonical, check_input, content_digest, manifest_digest
from tests.compliance.documents import document, incident, source

DATA = b'{"a":1}\n{"b":2}\n'
DIGESTS = {"sha256": hashlib.sha256(DATA).hexdigest(), "blake3": blake3.blake3(DATA).hexdigest()}


def entry(path: str, algorithm: str = "sha256", **more: Any) -> Any:
    return source(path, bytes=len(DATA), digest=f"{algorithm}:{DIGESTS[algorithm]}", **more)


@pytest.mark.parametrize("algorithm", ["sha256", "blake3"])
@pytest.mark.parametrize(
    ("now", "state"),
    [
        (DATA, "holds"),
        (DATA + b'{"c":3}\n', "grown"),
        (DATA[:-1], "shorter"),
        (b"", "shorter"),
        (b"X" + DATA[1:], "changed"),
        (b"X" + DATA[1:] + b"more", "changed"),
    ],
)
def test_the_first_bytes_are_what_counts(tmp_path: Path, algorithm: str, now: bytes, state: str) -> None:
    (tmp_path / "r.jsonl").write_bytes(now)
    checked = check_input(entry("r.jsonl", algorithm), tmp_path)
    assert (checked.state, checked.good) == (state, state in ("holds", "grown"))


def test_missing_folder_and_pipe(tmp_path: Path) -> None:
    assert check_input(entry("r.jsonl"), tmp_path).state == "missing"
    (tmp_path / "folder").mkdir()
    assert check_input(entry("folder"), tmp_path).state == "unreadable"
    os.mkfifo(tmp_path / "pipe")
    assert check_input(entry("pipe"), tmp_path).state == "unreadable"  # and does not wait for a writer


@pytest.mark.parametrize("digest", ["", "md5:00", "none"])
def test_what_cannot_be_read_again_is_no_failure(tmp_path: Path, digest: str) -> None:
    assert check_input(entry("-"), tmp_path).state == "not-kept"
    checked = check_input({**entry("x"), "digest": digest}, tmp_path)
    assert (checked.state, checked.good) == ("not-kept", True)


@pytest.mark.parametrize(
    "path",
    ["/home/dev/.codex/sessions/r.jsonl", "~/.codex/sessions/r.jsonl", "./sessions/r.jsonl", "../x/sessions/r.jsonl"],
)
def test_an_evidence_copy_is_found_by_the_tail_of_the_path(tmp_path: Path, path: str) -> None:
    (tmp_path / "sessions").mkdir()
    (tmp_path / "sessions" / "r.jsonl").write_bytes(DATA)
    assert check_input(entry(path), tmp_path).state == "holds"


def test_nothing_above_the_root_is_read(tmp_path: Path) -> None:
    (tmp_path / "outside.jsonl").write_bytes(DATA)
    (tmp_path / "root").mkdir()
    assert check_input(entry("../outside.jsonl"), tmp_path / "root").state == "missing"
    assert check_input(entry(str(tmp_path / "outside.jsonl")), tmp_path / "root").state == "missing"


def test_without_a_root_it_is_where_it_stood(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_bytes(DATA)
    assert check_input(entry(str(tmp_path / "r.jsonl"))).state == "holds"


def test_names_that_are_not_utf8_are_found(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/r\xff.jsonl"
    with open(name, "wb") as file:
        file.write(DATA)
    assert check_input(entry("r\\xff.jsonl"), tmp_path).state == "holds"


def test_content_digest_leaves_out_what_changes_from_run_to_run() -> None:
    one = document(incident())
    again = {**one, "run": {"generated": "2030-01-01T00:00:00Z", "arguments": ["x"]}, "content_digest": "sha256:00"}
    assert content_digest(one) == content_digest(again)  # type: ignore[arg-type]
    assert content_digest(one) != content_digest({**one, "title": "another"})


def test_canonical_is_sorted_and_survives_surrogates() -> None:
    assert canonical({"b": 1, "a": ["\ud800"]}) == '{"a":["\ufffd"],"b":1}'.encode()


def test_manifest_digest_follows_the_inputs() -> None:
    one = document(coverage={"sources": [source("a")]})
    assert manifest_digest(one) != manifest_digest(document(coverage={"sources": [source("b")]}))
    assert manifest_digest(one) == manifest_digest({**one, "title": "another"})
