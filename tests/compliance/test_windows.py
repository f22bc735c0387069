"""Windows and clocks: lower bounds, conditional wording, no clock without a declaration."""

from __future__ import annotations

import pytest

from auditor.compliance import Settings, enrich
from auditor.compliance.settings import Declaration
from auditor.compliance.windows import due, duration
from tests.compliance.documents import document, incident

SEEN = {"first_seen": "2026-11-20T10:00:00Z", "last_seen": "2026-11-20T12:00:30Z"}
PERSONAL = frozenset({"personal-data"})


def test_an_open_window_is_a_lower_bound() -> None:
    (one,) = enrich(document(incident(exposure=SEEN)))["incidents"]
    assert one["window"]["at_least_seconds"] == 7230
    assert one["window"]["text"].startswith("Open for at least 2 h")
    assert (one["window"]["closed"], one["window"]["to_revoke_seconds"]) == ("", -1)


def test_one_sight_is_not_a_duration() -> None:
    once = {"first_seen": SEEN["first_seen"], "last_seen": SEEN["first_seen"]}
    (one,) = enrich(document(incident(exposure=once)))["incidents"]
    assert one["window"]["text"] == "The log shows it at one moment only; still open as far as known."


def test_time_to_detect_needs_a_declared_detection() -> None:
    (one,) = enrich(document(incident(exposure=SEEN)))["incidents"]
    assert one["window"]["to_detect_seconds"] == -1
    (one,) = enrich(document(incident(exposure=SEEN)), Settings(detected="2026-11-20T11:00:00Z"))["incidents"]
    assert one["window"]["to_detect_seconds"] == 3600


def test_a_declared_revocation_closes_it() -> None:
    settings = Settings(
        declarations=(Declaration("inc-abababababab", "revoked", "2026-11-21T10:00:00Z"),),
        detected="2026-11-21T09:00:00Z",
    )
    (one,) = enrich(document(incident(exposure=SEEN)), settings)["incidents"]
    assert (one["window"]["at_least_seconds"], one["window"]["to_revoke_seconds"]) == (86_400, 3600)
    assert (one["validity"], one["window"]["closed"]) == ("revoked", "2026-11-21T10:00:00Z")


def test_without_times_nothing_is_claimed() -> None:
    (one,) = enrich(document(incident(exposure={"first_seen": "", "last_seen": ""})))["incidents"]
    assert (one["window"]["at_least_seconds"], one["validity"]) == (0, "not checked")
    assert "unknown" in one["window"]["text"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), []),
        (Settings(regulated=PERSONAL), [("gdpr-33-1", 72, "")]),
        (Settings(regulated=PERSONAL, detected="2026-11-20T00:00:00Z"), [("gdpr-33-1", 72, "2026-11-23T00:00:00Z")]),
        (Settings(clocks=frozenset({"nis2"})), [("nis2-23-early", 24, ""), ("nis2-23-notification", 72, "")]),
        (Settings(clocks=frozenset({"dora"})), [("dora-19-initial", 24, "")]),
    ],
)
def test_clocks(settings: Settings, expected: list[tuple[str, int, str]]) -> None:
    (one,) = enrich(document(incident()), settings)["incidents"]
    assert [(clock["id"], clock["hours"], clock["due"]) for clock in one["clocks"]] == expected
    assert all("Assessment required" in clock["text"] and " if " in clock["text"] for clock in one["clocks"])


def test_suppressed_incidents_start_no_clock() -> None:
    (one,) = enrich(document(incident(suppressed="s-1")), Settings(regulated=PERSONAL))["incidents"]
    assert one["clocks"] == []


def test_due_and_duration() -> None:
    assert due("2026-11-20T23:00:00+01:00", 72) == "2026-11-23T22:00:00Z"
    assert due("", 72) == ""
    assert [duration(n) for n in (0, 59, 3600, 90_061)] == ["0 s", "59 s", "1 h", "1 d 1 h"]
