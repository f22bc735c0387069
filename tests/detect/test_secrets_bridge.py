"""detect-secrets as a second opinion: the real plugins, on decoded text, beside our own rules."""

from __future__ import annotations

import hashlib
import json
import socket
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.detect.secrets_bridge import RULES, WINDOW, Bridge
from auditor.model import KINDS, Match
from auditor.report.formats import FORMATS, render

MAILCHIMP = "0123456789abcdeffa4e0123456789ab-us12"
TWILIO = "SK0123456789abcdeffa4e0123456789ab"
LEFT_OUT = {"Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector", "PrivateKeyDetector"}


@cache
def bridge() -> Bridge:
    return Bridge()


@cache
def engine() -> Engine:
    return Engine(load())


def found(data: bytes, opaque: frozenset[bytes] = frozenset()) -> list[Match]:
    return bridge().scan(data, engine().scan(data), opaque)


def test_every_plugin_is_used_or_left_out_on_purpose() -> None:
    shipped = {one.__name__ for one in get_mapping_from_secret_type_to_class().values()}
    assert {rule.plugin for rule in RULES} == shipped - LEFT_OUT
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.kind for rule in RULES} <= set(KINDS)
    assert {rule.confidence for rule in RULES} <= {"low", "medium"}


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_it_sees_through_strings_in_strings_with_exact_places(depth: int) -> None:
    text = f'first line\nsend "{TWILIO}" \\ there\n'
    for _ in range(depth):
        text = json.dumps({"payload": {"text": text}})
    data = text.encode()
    (match,) = found(data)
    assert match.rule == "detect-secrets-twilio-key"
    assert match.secret.reveal() == TWILIO.encode() == data[match.secret_start : match.secret_end]
    assert len(match.filler) == match.secret_end - match.secret_start
    assert match.encoding == ("json",) * depth


def test_what_escapes_hide_is_judged_decoded_only() -> None:
    data = json.dumps({"text": 'db_pass = "q8Fake\\"Z3v1Lm7Xw"'}).encode()
    assert all(b"\\\\" not in match.secret.reveal() for match in found(data))


def test_an_allow_pragma_or_a_call_on_the_line_changes_nothing() -> None:
    data = f"x = f(1); key = {TWILIO}  # pragma: allowlist secret".encode()
    assert [match.rule for match in found(data)] == ["detect-secrets-twilio-key"]


def test_opaque_members_are_left_alone() -> None:
    data = json.dumps({"encrypted_content": MAILCHIMP, "text": TWILIO}).encode()
    assert [match.rule for match in found(data, frozenset({b"encrypted_content"}))] == ["detect-secrets-twilio-key"]


def test_what_our_rules_know_is_not_told_twice() -> None:
    data = b"postgresql://app:q8FakeZ3v1Lm7Xw2@db.fake.dev/shop"
    assert engine().scan(data)
    assert found(data) == []


@pytest.mark.parametrize(
    "text", ["amqp://app:[REDACTED:basic-auth:3fa9]@mq.fake.dev/", "amqp://app:${MQ_PASS}@mq.dev/"]
)
def test_markers_and_templates_are_no_finds(text: str) -> None:
    assert all(match.confidence == "low" for match in found(text.encode()))


def test_long_lines_are_seen_whole_by_windows() -> None:
    for place in (0, 1, WINDOW - 20, WINDOW, 3 * WINDOW - 7, 5 * WINDOW):
        data = b"." * place + b" " + TWILIO.encode() + b" " + b"." * (6 * WINDOW)
        assert [match.secret_start for match in found(data)] == [place + 1]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", '"', "\\", "\n", "é", "\\u00e9"]))
def test_no_input_makes_it_fail(noise: bytes, quote: str) -> None:
    data = noise + quote.encode() + TWILIO.encode() + quote.encode() + noise
    for match in found(data):
        assert 0 <= match.secret_start < match.secret_end <= len(data)
        assert len(match.filler) == match.secret_end - match.secret_start


def test_it_neither_hashes_nor_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_args: object, **_kwargs: object) -> NoReturn:
        raise AssertionError("a plain hash of a credential, or a connection")

    bridge()
    monkeypatch.setattr(hashlib, "sha1", refused)
    monkeypatch.setattr(socket, "socket", refused)
    assert found(f"{TWILIO} {MAILCHIMP}".encode())


def test_an_audit_with_it_is_reproducible_and_masked(tmp_path: Path) -> None:
    session = "0198a1b2-c3d4-7e5f-8a9b-0000000000cc"
    call = {"type": "function_call", "name": "exec_command", "call_id": "c1"}
    rows = [
        {"type": "session_meta", "payload": {"id": session, "cwd": "/home/dev"}},
        {"type": "response_item", "payload": {**call, "arguments": json.dumps({"cmd": f"twilio login {TWILIO}"})}},
    ]
    path = tmp_path / "rollout.jsonl"
    path.write_text("".join(json.dumps({"timestamp": "2026-11-20T10:00:00Z", **row}) + "\n" for row in rows))

    def document(jobs: int, asked: bool) -> dict[str, bytes]:
        request = ScanRequest(paths=[str(path)], key=b"k" * 32, jobs=jobs, detect_secrets=asked)
        made = audit(request)
        made["run"]["custody"] = {"python": "", "system": "", "host": "", "packages": {}, "configuration": {}}
        return {name: render(made, name) for name in FORMATS}

    one, two, without = document(1, True), document(2, True), document(1, False)
    assert one == two
    for data in one.values():
        assert TWILIO.encode() not in data
        assert hashlib.sha1(TWILIO.encode(), usedforsecurity=False).hexdigest().encode() not in data
    assert b"detect-secrets-twilio-key" in one["json"]
    assert json.loads(without["json"])["incidents"] == []
    assert not [pack for pack in json.loads(without["json"])["rule_packs"] if pack["id"] == "detect-secrets"]
