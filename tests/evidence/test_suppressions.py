"""Suppressions: nothing without reason, owner and expiry; expired ones return; all are counted; none from the audited tree."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from auditor.audit.assemble import seal
from auditor.errors import Refused, UsageProblem
from auditor.evidence.suppressions import Acceptance, apply, read, today_of
from auditor.evidence.trust import outside
from tests.compliance.documents import FINGERPRINT, document, incident, occurrence, place

TODAY = date(2026, 11, 23)
ROW = """
[[suppression]]
incident = "inc-abababababab"
reason = "test database, rotated"
owner = "dba"
created = 2026-11-01
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "suppressions.toml"
    path.write_text(text)
    return path


def test_the_default_is_ninety_days(tmp_path: Path) -> None:
    (one,) = read(written(tmp_path, ROW))
    assert (one.id, one.fingerprint, one.expires) == ("sup-abababababab", "ab" * 6, date(2027, 1, 30))
    assert not one.expired(date(2027, 1, 30))
    assert one.expired(date(2027, 1, 31))


def test_a_covered_incident_is_marked_and_counted(tmp_path: Path) -> None:
    sealed = seal(apply(document(incident()), read(written(tmp_path, ROW)), TODAY))
    assert sealed["incidents"][0]["suppressed"] == "sup-abababababab"
    (row,) = sealed["suppressions"]
    assert (row["hits"], row["expired"], row["owner"], row["source"]) == (1, False, "dba", "suppressions")
    assert (sealed["summary"]["incidents"], sealed["summary"]["suppressed"]) == (0, 1)


def test_an_expired_one_returns_and_says_so(tmp_path: Path) -> None:
    applied = apply(document(incident()), read(written(tmp_path, ROW)), date(2027, 2, 1))
    assert (applied["incidents"][0]["suppressed"], applied["incidents"][0]["returned"]) == ("", "sup-abababababab")
    assert (applied["suppressions"][0]["expired"], applied["suppressions"][0]["hits"]) == (True, 1)


def test_one_that_hides_nothing_is_shown_too(tmp_path: Path) -> None:
    applied = apply(document(), read(written(tmp_path, ROW)), TODAY)
    assert applied["suppressions"][0]["hits"] == 0


@pytest.mark.parametrize(
    ("one", "covered"),
    [
        (Acceptance("s", FINGERPRINT, "r", "o", None), True),
        (Acceptance("s", "ab" * 6, "r", "o", None), True),
        (Acceptance("s", "cd" * 6, "r", "o", None), False),
        (Acceptance("s", FINGERPRINT, "r", "o", None, rule="r"), True),
        (Acceptance("s", FINGERPRINT, "r", "o", None, rule="other"), False),
        (Acceptance("s", FINGERPRINT, "r", "o", None, paths=("s/*",)), True),
        (Acceptance("s", FINGERPRINT, "r", "o", None, paths=("tests/*",)), False),
    ],
)
def test_what_is_covered(one: Acceptance, covered: bool) -> None:
    assert bool(apply(document(incident()), [one], TODAY)["incidents"][0]["suppressed"]) is covered


def test_a_new_place_outside_of_the_accepted_paths_brings_it_back() -> None:
    spread = incident(occurrences=[occurrence(copies=[place("production.log")])])
    one = Acceptance("s", FINGERPRINT, "r", "o", None, paths=("s/*",))
    assert apply(document(spread), [one], TODAY)["incidents"][0]["suppressed"] == ""


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ROW.replace("reason", "# reason"), "`reason` is required"),
        (ROW.replace('"dba"', '"  "'), "`owner` is required"),
        (ROW.replace("created", "# created"), "`created` is required"),
        (ROW + "expires = 2030-01-01\n", "within 366 days"),
        (ROW + "expires = 2026-10-01\n", "within 366 days"),
        (ROW + 'expires = "soon"\n', "is no date"),
        (ROW + "expires = 5\n", "is no date"),
        (ROW.replace("incident", "# incident") + 'paths = ["*"]\n', "names no credential"),
        (ROW.replace("inc-abababababab", "inc-*"), "names no credential"),
        (ROW + "until = 1\n", "unknown key `until`"),
        (ROW + ROW, "same id"),
        ("[suppression]\na = 1", "list of tables"),
        ("nonsense", "not TOML"),
    ],
)
def test_incomplete_ones_are_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UsageProblem, match=complaint):
        read(written(tmp_path, text))


def test_nothing_inside_the_audited_tree_may_suppress(tmp_path: Path) -> None:
    inside = tmp_path / "audited"
    inside.mkdir()
    path = written(inside, ROW)
    with pytest.raises(Refused, match="may not hide findings"):
        read(path, [str(inside)])
    with pytest.raises(Refused):
        read(path, [str(path)])
    (tmp_path / "link.toml").symlink_to(path)
    with pytest.raises(Refused):
        read(tmp_path / "link.toml", [str(inside)])
    assert read(path, [str(inside)], trusted=True)
    assert read(written(tmp_path, ROW), [str(inside)])


def test_a_neighbour_with_the_same_beginning_is_outside(tmp_path: Path) -> None:
    assert outside(tmp_path / "audited-config.toml", [tmp_path / "audited"])


def test_the_day_is_the_reports_own() -> None:
    assert today_of("2026-11-23T23:30:00-05:00") == date(2026, 11, 24)
    assert today_of("") >= date(2026, 1, 1)
