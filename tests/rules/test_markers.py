"""What redaction leaves is never a finding again: neither the marker itself nor the text around it."""

from __future__ import annotations

import json

import pytest

from auditor.detect.rules import Rule, load
from tests.rules.shipped import engine

KEY = b"k" * 32


@pytest.mark.parametrize("rule", load().rules, ids=lambda rule: rule.id)
def test_a_masked_example_holds_nothing(rule: Rule) -> None:
    for example in rule.examples:
        masked = engine().mask(example.text, KEY)
        assert example.secret not in masked
        record = json.dumps({"output": masked.decode()}).encode()
        for text in (masked, record):
            again = [(match.rule, match.start) for match in engine().scan(text, confidence="medium")]
            assert again == [], text


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://[REDACTED:postgres-url:3fa9]:[REDACTED:postgres-url:aa01]@db1.corp.internal/app",
        "redis://[REDACTED:database-url:3fa9]@cache.corp.internal:6379",
        "https://[REDACTED:github-token:3fa9]@github.com/o/r.git",
        "Authorization: Basic [REDACTED:basic-auth:3fa9]",
        "db1.corp.internal:5432:app:app:[REDACTED:postgres-password:3fa9]",
        "-----BEGIN PRIVATE KEY-----\n[REDACTED:private-key:3fa9]\n-----END PRIVATE KEY-----",
        "curl -u app:[REDACTED:basic-auth:3fa9] https://api.corp.dev",
        'invalid port ":[REDACTED:postgres-password:3fa9]" after host',
        "The database password is [REDACTED:postgres-password:3fa9].",
        "Host=h;Username=app;Password=[REDACTED:postgres-password:3fa9];Database=app",
        "PGPASSWORD=[REDACTED_SECRET] psql", "Cookie: sessionid=[REDACTED:session-cookie:3fa9]; theme=dark",
    ],
)  # fmt: skip
def test_markers_never_match(text: str) -> None:
    assert engine().scan(text.encode(), confidence="medium") == []


@pytest.mark.parametrize(
    "shown",
    [
        "jdbc:postgresql://db.corp.dev:5432/shop?user=app&password=[REDACTED:postgres-url:1532]",
        "postgres://app:[REDACTED:postgres-url:84d4]@db.corp.dev/shop?sslmode=require",
        "host=db user=app password=[REDACTED:postgres-password:1a2b] dbname=shop",
    ],
)
@pytest.mark.parametrize("edge", ["\n", "\n\u2502             ", "\n  | "])
def test_a_broken_marker_is_one_still(shown: str, edge: str) -> None:
    """As reports lay text out: a line break anywhere in it, or a cut of what stood before it."""
    opening, closing = shown.index("["), shown.index("]")
    for at in range(opening, closing + 1):
        broken = f"\u2502             {shown[:at]}{edge}{shown[at:]}\n"
        assert engine().scan(broken.encode(), confidence="medium") == [], broken
    for at in range(opening):
        cut = f"{shown[:at]}\u2026{shown[opening:]}"
        assert engine().scan(cut.encode(), confidence="medium") == [], cut
