"""The compiled database: cached privately, rebuilt when damaged; guards; places of hits."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from auditor.detect.compiled import cached, database
from auditor.detect.guards import expand
from auditor.detect.prefilter import Exhaustive, Prefilter
from auditor.errors import UsageProblem
from auditor.safe.cache import folder
from tests.detect.sample_rules import URL, rules


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return folder()


def _finds(text: bytes) -> list[int]:
    ends: list[int] = []
    found, table = cached(b"test", lambda: (["abc", "x+yz"], b"[1]"))
    assert table == b"[1]"
    found.scan(text, match_event_handler=lambda _id, _from, end, *_: ends.append(end))
    return ends


def test_is_cached_privately(cache: Path) -> None:
    assert _finds(b"..abc..xyz") == [5, 10]
    (path,) = cache.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    before = path.stat().st_mtime_ns
    assert _finds(b"..abc..xyz") == [5, 10]
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", [b"", b"auditor-cache-1\n", b"\x00" * 4096, None])
def test_a_damaged_cache_is_built_anew(cache: Path, damage: bytes | None) -> None:
    _finds(b"")
    (path,) = cache.iterdir()
    content = path.read_bytes()
    path.write_bytes(content[:-9] + b"123456789" if damage is None else damage)
    assert _finds(b"..abc..xyz") == [5, 10]
    assert path.read_bytes() == content


def test_a_link_in_place_of_the_cache_is_not_followed(cache: Path, tmp_path: Path) -> None:
    _finds(b"")
    (path,) = cache.iterdir()
    target = tmp_path / "target"
    path.rename(target)
    path.symlink_to(target)
    content = target.read_bytes()
    assert _finds(b"abc") == [3]
    assert not path.is_symlink()
    assert target.read_bytes() == content


def test_a_cache_that_cannot_be_written_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "auditor").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert _finds(b"abc") == [3]


def test_old_entries_go(cache: Path) -> None:
    for number in range(12):
        cached(b"%d" % number, lambda: (["abc"], b"[]"))
    assert len(list(cache.iterdir())) == 8


def test_a_bad_guard_is_a_usage_problem() -> None:
    with pytest.raises(UsageProblem, match="Hyperscan"):
        database(["abc", "(?<=x)y"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"PGPASSWORD=Fake", True), (b'"PGPASSWORD": "Fake', True), (b'\\"pgpassword\\":\\"Fake', True),
        (b"PGPASSWORD\\u003d\\u0022Fake", True), (b"PGPASSWORD=&quot;Fake", True),
        (b"PGPASSWORD\x1b[0m=\x1b[33mFake", True), (b"PGPASSWORD\\u001b[0m=\\u001b[33mFake", True),
        (b"password: process.env.PGPASSWORD,", False), (b"PGPASSWORD=$X", False), (b"unset PGPASSWORD", False),
    ],
)  # fmt: skip
def test_guards_see_plain_text_at_any_escape_depth(text: bytes, found: bool) -> None:
    hits = [hit for hit in Prefilter(rules().rules, cache=False).hits(text) if not hit.layer]
    assert bool(hits) is found
    assert all(text[hit.place :].lower().startswith(b"pgpassword") for hit in hits)


def test_macros_leave_other_text_alone() -> None:
    assert expand("a<b>c") == ["a<b>c"]
    assert {one[:5] for one in expand("PASS<next>")} >= {"PASS=", "PASS:"}


def test_hits_are_where_anchors_begin() -> None:
    text = b"see " + URL
    for finder in (Prefilter(rules().rules, cache=False), Exhaustive(rules().rules)):
        plain = [hit.place for hit in finder.hits(text) if not hit.layer]
        assert plain == [4, text.index(b"npg_")]
