from __future__ import annotations

from typing import Any

import orjson
import pytest

from auditor.report import ocsf
from tests.report import documents, sample, schemas


@documents.EVERY
def test_valid(build: Any) -> None:
    document = build()
    events = [orjson.loads(line) for line in ocsf.render(document).splitlines()]
    assert len(events) == len(document["incidents"])
    for event in events[:20]:
        assert schemas.faults("data_security_finding.schema", event) == []


def test_times_are_milliseconds_and_values_are_never_told() -> None:
    event = orjson.loads(ocsf.render(sample.leaking()).splitlines()[0])
    assert event["time"] == 1795424400000
    assert event["finding_info"]["first_seen_time"] == 1795183402910
    assert event["severity_id"] == 5
    assert event["type_uid"] == 200601
    assert not [detail for detail in event["data_security"]["discovery_details"] if "value" in detail]


@pytest.mark.parametrize(("kind", "activity", "status"), [("new", 1, 1), ("open", 2, 2)])
def test_a_known_incident_is_an_update(kind: str, activity: int, status: int) -> None:
    document = sample.leaking()
    name = document["incidents"][0]["id"]
    trend = {"since": "", "digest": "", "new": [], "open": [], "gone": []}
    document["trend"] = {**trend, kind: [name]}  # type: ignore[typeddict-item]
    event = orjson.loads(ocsf.render(document).splitlines()[0])
    assert (event["activity_id"], event["status_id"]) == (activity, status)


@pytest.mark.parametrize(
    ("state", "activity", "status"),
    [("acknowledged", 1, 2), ("rotated", 1, 2), ("redacted", 1, 2), ("closed", 3, 4), ("nonsense", 1, 2)],
)
def test_the_work_is_told(state: str, activity: int, status: int) -> None:
    document = sample.leaking()
    document["incidents"][0]["status"] = state
    event = orjson.loads(ocsf.render(document).splitlines()[0])
    assert (event["activity_id"], event["status_id"], event["type_uid"]) == (activity, status, 200600 + activity)
    assert schemas.faults("data_security_finding.schema", event) == []


def test_accepted_is_suppressed() -> None:
    assert orjson.loads(ocsf.render(sample.leaking()).splitlines()[-1])["status_id"] == 3
