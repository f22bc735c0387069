"""Baselines: stable bytes, merges without conflict, keys that must fit, nothing lost by an incomplete audit."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import orjson
import pytest

from auditor.audit.assemble import seal
from auditor.document import Document, Incident
from auditor.errors import Refused, UsageProblem
from auditor.evidence import baseline, suppressions
from auditor.evidence.baseline import Baseline, Entry
from tests.compliance.documents import document, incident, occurrence, place


def one(number: int, **more: object) -> Incident:
    name = f"{number:02x}" * 16
    return incident(id=f"inc-{name[:12]}", fingerprint=name, **more)


def audited(*numbers: int) -> Document:
    return seal(document(*(one(number) for number in numbers), key_id="k1"))


def test_bytes_are_stable_and_hold_no_place_and_no_time() -> None:
    made = baseline.create(audited(3, 1, 2), reason="known", owner="dba")
    assert baseline.dump(made) == baseline.dump(baseline.create(audited(1, 2, 3), reason="known", owner="dba"))
    moved = seal(document(*(one(n, occurrences=[occurrence(place=place(line=900), timestamp="2027-01-01T00:00:00Z")])
                            for n in (1, 2, 3)), key_id="k1"))  # fmt: skip
    assert baseline.dump(baseline.create(moved, reason="known", owner="dba")) == baseline.dump(made)
    assert b"rollout" not in baseline.dump(made)
    assert b"2026" not in baseline.dump(made)


def test_round_trip(tmp_path: Path) -> None:
    made = baseline.create(audited(1, 2), reason='a "reason"\n', owner="é", by_path=True)
    path = tmp_path / "known.json"
    path.write_bytes(baseline.dump(made))
    assert baseline.read(path) == made
    assert orjson.loads(path.read_bytes())["version"] == "1.0"


def test_an_empty_one_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    path.write_bytes(baseline.dump(baseline.create(audited())))
    assert baseline.read(path) == Baseline("k1", {})


@pytest.mark.parametrize(
    ("ours", "theirs"), [((10, 20, 30, 40), (20, 30, 40, 50)), ((5, 20, 40), (20, 40, 90)), ((20, 40), (20, 30, 40))]
)
def test_two_branches_merge_without_conflict(tmp_path: Path, ours: tuple[int, ...], theirs: tuple[int, ...]) -> None:
    files = {"base": (20, 40), "ours": ours, "theirs": theirs}
    for name, numbers in files.items():
        (tmp_path / name).write_bytes(baseline.dump(baseline.create(audited(*numbers))))
    merged = subprocess.run(["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=tmp_path, capture_output=True)
    assert merged.returncode == 0
    (tmp_path / "merged").write_bytes(merged.stdout)
    assert set(baseline.read(tmp_path / "merged").entries) == {f"{n:02x}" * 16 for n in {*ours, *theirs}}


def test_diff_tells_new_known_and_gone() -> None:
    found = baseline.diff(baseline.create(audited(1, 2)), audited(2, 3))
    assert [each["id"][4:6] for each in found.new] == ["03"]
    assert [each.fingerprint[:2] for each in found.known] == ["02"]
    assert [each.fingerprint[:2] for each in found.gone] == ["01"]


def test_a_known_credential_in_a_new_file_is_new_when_kept_by_path() -> None:
    known = baseline.create(audited(1), by_path=True)
    moved = seal(document(one(1, occurrences=[occurrence(place=place("elsewhere.jsonl"))]), key_id="k1"))
    assert len(baseline.diff(known, moved).new) == 1
    assert baseline.diff(known, audited(1)).new == ()


def test_paths_are_taken_literally() -> None:
    odd = seal(document(one(1, occurrences=[occurrence(place=place("a[1]*?.jsonl"))]), key_id="k1"))
    known = baseline.create(odd, by_path=True)
    assert baseline.diff(known, odd).new == ()
    other = seal(document(one(1, occurrences=[occurrence(place=place("a1xyz.jsonl"))]), key_id="k1"))
    assert len(baseline.diff(known, other).new) == 1


def test_prune_drops_what_is_gone_but_only_after_a_complete_audit() -> None:
    known = baseline.create(audited(1, 2))
    assert set(baseline.prune(known, audited(2)).entries) == {"02" * 16}
    gap = {"path": "x", "reason": "permission", "detail": ""}
    incomplete = seal(document(one(2), key_id="k1", coverage={"gaps": [gap]}))
    with pytest.raises(UsageProblem, match="incomplete"):
        baseline.prune(known, incomplete)


def test_merging_keeps_what_people_wrote() -> None:
    old = Baseline("k1", {"01" * 16: Entry("01" * 16, "r", "jwt", (), "ours", "me")})
    merged = baseline.merged(old, baseline.create(audited(1, 2)))
    assert (merged.entries["01" * 16].reason, len(merged.entries)) == ("ours", 2)


def test_another_key_is_refused() -> None:
    known = Baseline("k2", {})
    for act in (baseline.diff, baseline.prune):
        with pytest.raises(UsageProblem, match="another fingerprint key"):
            act(known, audited(1))
    with pytest.raises(UsageProblem):
        baseline.merged(known, baseline.create(audited(1)))


def test_entries_act_as_counted_exceptions() -> None:
    accepted = baseline.acceptances(baseline.create(audited(1, 9), owner="dba"), "known.json")
    applied = seal(suppressions.apply(audited(1, 2), accepted, date(2036, 1, 1)))
    assert [each["suppressed"] for each in applied["incidents"]] == ["base-010101010101", ""]
    (row,) = applied["suppressions"]
    assert (row["source"], row["hits"], row["expires"], row["reason"]) == (
        "baseline",
        1,
        "",
        "in the baseline known.json",
    )


def test_placeholders_and_suppressed_ones_are_not_kept() -> None:
    held = document(one(1, rejected_by="placeholder"), one(2, suppressed="s"), one(3), key_id="k1")
    assert list(baseline.create(seal(held)).entries) == ["03" * 16]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "not JSON"),
        (b"{}", "not a baseline"),
        (b'{"format":"auditor-baseline","version":"2.0","key_id":"k","entries":{}}', "major version"),
        (b'{"format":"auditor-baseline","version":"1.0","entries":{}}', "are required"),
        (b'{"format":"auditor-baseline","version":"1.0","key_id":"k","entries":{"x":{}}}', "no fingerprint"),
        (
            b'{"format":"auditor-baseline","version":"1.0","key_id":"k","entries":{"%s":{"line":1}}}' % (b"ab" * 16),
            "known members",
        ),
        (
            b'{"format":"auditor-baseline","version":"1.0","key_id":"k","entries":{"%s":{"rule":1}}}' % (b"ab" * 16),
            "wrong type",
        ),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, text: bytes, complaint: str) -> None:
    path = tmp_path / "known.json"
    path.write_bytes(text)
    with pytest.raises(UsageProblem, match=complaint):
        baseline.read(path)


def test_a_later_minor_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    path.write_bytes(b'{"format":"auditor-baseline","version":"1.7","key_id":"k","entries":{}}')
    assert baseline.read(path).key_id == "k"


def test_one_inside_the_audited_tree_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    path.write_bytes(baseline.dump(Baseline("k", {})))
    with pytest.raises(Refused):
        baseline.read(path, [str(tmp_path)])
