"""Where an incident stands: from the operator's word and the redaction manifests, never from a guess."""

from __future__ import annotations

import pytest

from auditor.compliance import Settings, enrich
from auditor.compliance.settings import Declaration
from auditor.compliance.status import STATUSES
from tests.compliance.documents import document, incident

PATH = "s/rollout.jsonl"


def said(validity: str) -> tuple[Declaration, ...]:
    return (Declaration("inc-abababababab", validity, "2026-11-21T10:00:00Z"),)


@pytest.mark.parametrize(
    ("settings", "suppressed", "expected"),
    [
        (Settings(), "", "open"),
        (Settings(declarations=said("active")), "", "acknowledged"),
        (Settings(declarations=said("rotated")), "", "rotated"),
        (Settings(declarations=said("revoked")), "", "revoked"),
        (Settings(rewritten=(PATH,)), "", "redacted"),
        (Settings(declarations=said("active"), rewritten=(PATH,)), "", "redacted"),
        (Settings(declarations=said("rotated"), rewritten=(PATH,)), "", "closed"),
        (Settings(declarations=said("rotated"), rewritten=("other",)), "", "rotated"),
        (Settings(declarations=said("rotated")), "s-1", "accepted"),
    ],
)
def test_status(settings: Settings, suppressed: str, expected: str) -> None:
    (one,) = enrich(document(incident(suppressed=suppressed)), settings)["incidents"]
    assert one["status"] == expected
    assert expected in STATUSES
