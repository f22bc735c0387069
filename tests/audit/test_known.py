"""A value found at one place never shows at another, though nothing around it there says that it is a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.detect.known_mask import LEAST, KnownMask, Words, hint
from auditor.model import Found, Place
from auditor.secret import Secret

KEY = b"k" * 32
VALUE = "Rk9TbD4hFakeY6nCj5Ps"
SESSION = "0198a1b2-c3d4-7e5f-8a9b-0000000000bb"


def found(value: bytes, **changes: object) -> Found:
    secret = Secret(value)
    one = Found("r", "postgres-password", "high", secret.fingerprint(KEY), "", "", "", Place("p", 1, 0, 1, ""), (), {},
                hint=hint(secret, KEY))  # fmt: skip
    return one._replace(**changes)  # type: ignore[arg-type]


def rollout(folder: Path, *commands: str) -> Path:
    rows: list[dict[str, object]] = [{"type": "session_meta", "payload": {"id": SESSION, "cwd": "/home/dev"}}]
    for number, command in enumerate(commands):
        call = {"type": "function_call", "name": "exec_command", "call_id": f"c{number}"}
        rows.append({"type": "response_item", "payload": {**call, "arguments": json.dumps({"cmd": command})}})
    path = folder / "rollout.jsonl"
    path.write_text("".join(json.dumps({"timestamp": "2026-11-20T10:00:00Z", **row}) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("later", ["grep -r {} .", "psql -W{}", "sh -c 'grep {} x'", "{}"])
def test_a_bare_value_in_a_later_command_is_masked(later: str, jobs: int, tmp_path: Path) -> None:
    path = rollout(tmp_path, f"PGPASSWORD={VALUE} psql -h db.fake.dev -U app", later.format(VALUE))
    document = audit(ScanRequest(paths=[str(path)], key=KEY, jobs=jobs))
    assert document["incidents"]
    assert VALUE not in json.dumps(document)
    assert "[REDACTED:postgres-password:" in document["steps"][-1]["command"]


@given(st.binary(min_size=LEAST, max_size=40), st.binary(max_size=80), st.binary(max_size=80))
def test_every_known_value_goes(value: bytes, before: bytes, after: bytes) -> None:
    masked = KnownMask([found(value)], KEY).mask(before + value + after)
    assert value not in masked.replace(b"[REDACTED:postgres-password:", b"")


@given(st.binary(max_size=200))
def test_nothing_else_changes(text: bytes) -> None:
    assert KnownMask([found(b"napi_fake_other_value")], KEY).mask(text) == text


def test_short_values_and_placeholders_stay() -> None:
    known = KnownMask([found(b"shop"), found(b"changeme", rejected_by="sample")], KEY)
    assert known.mask(b"psql -d shop -c changeme") == b"psql -d shop -c changeme"


def test_the_longer_of_two_values_wins() -> None:
    known = KnownMask([found(b"FakeLong"), found(b"FakeLonger1")], KEY)
    assert known.mask(b"x FakeLonger1 y").count(b"REDACTED") == 1


def test_markers_stay_as_they_are() -> None:
    """A value may be a word that markers are made of."""
    known = KnownMask([found(b"postgres"), found(b"REDACTED")], KEY)
    once = known.mask(b"psql -U postgres # [REDACTED:postgres-url:3fa9]")
    assert once.endswith(b" # [REDACTED:postgres-url:3fa9]")
    assert known.mask(once) == once


@pytest.mark.parametrize("mark", [b"[REDACTED:zt7fakeqm4lw:abcd]", b"[REDACTED:jwt:0123456789abcdef]"])
def test_what_only_looks_like_a_marker_hides_no_value(mark: bytes) -> None:
    value = mark.split(b":")[1] if b"zt7" in mark else b"0123456789abcdef"
    assert value not in KnownMask([found(value)], KEY).mask(mark)


@pytest.mark.parametrize(
    ("name", "words", "hidden"),
    [
        (b"/usr/postgresql/x", "anywhere", True),
        (b"/usr/postgresql/x", "apart", False),
        (b"/usr/postgres-16/x", "apart", True),
        (b"postgres", "never", False),
    ],
)
def test_a_plain_word_counts_where_it_is_told_to(name: bytes, words: Words, hidden: bool) -> None:
    assert (KnownMask([found(b"postgres")], KEY).mask(name, words) != name) == hidden


def test_a_value_is_learned_later() -> None:
    known = KnownMask((), KEY)
    text = b"grep " + VALUE.encode()
    assert known.mask(text) == text
    mark = known.learn("postgres-password", Secret(VALUE.encode()))
    assert known.mask(text) == b"grep " + mark.encode()
