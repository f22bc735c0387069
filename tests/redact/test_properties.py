"""Properties of the stream filter over any nesting of encodings and any chunking.

`AUDITOR_PROFILE=long` runs each property 200,000 times (see docs/redaction.md for what was run).
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.redact.stream import Redactor
from auditor.secret import Secret, marker

LONG = settings() if os.environ.get("AUDITOR_PROFILE") else settings(max_examples=150, deadline=None)
KEY = b"k" * 32
VALUES = [b"npg_FakeQ7w8e9r0t1", b"Fake pass/w\xc3\xb6rd+1", b'Fake"quo\\ted9']
ENGINE = Engine(load())
KINDS = sorted({rule.kind for rule in ENGINE.rules.rules})
FILTER = Redactor(ENGINE, KEY, learned=[("postgres-password", Secret(value)) for value in VALUES])
"""Knows its values; lines and values are forgotten or kept the same by `flush`, so examples share it."""


def _json(text: bytes) -> bytes:
    return json.dumps(text.decode(), ensure_ascii=False).encode()[1:-1]


def _ascii_json(text: bytes) -> bytes:
    return json.dumps(text.decode()).encode()[1:-1]


LAYERS: dict[str, Callable[[bytes], bytes]] = {
    "json": _json,
    "ascii-json": _ascii_json,
    "percent": lambda text: quote(text, safe="").encode(),
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
    "hex": lambda text: text.hex().encode(),
}
UNDO: dict[str, Callable[[bytes], bytes]] = {
    "json": lambda text: json.loads(b'"' + text + b'"').encode(),
    "ascii-json": lambda text: json.loads(b'"' + text + b'"').encode(),
    "base64": base64.b64decode,
    "base64url": base64.urlsafe_b64decode,
    "hex": lambda text: bytes.fromhex(text.decode()),
}
KNOWN_NESTS = [
    [],
    ["json"],
    ["ascii-json"],
    ["json", "json"],
    ["json", "json", "json"],
    ["percent"],
    ["percent", "json"],
    ["base64"],
    ["base64", "json"],
    ["base64url"],
    ["hex"],
    ["hex", "json"],
]
"""What is found for a bare known value; deeper nestings are found where a rule sees the credential in its context."""
filler = st.text("abc XYZ:/=,.-é\n\t{}[]", max_size=12).map(lambda text: text.encode())
sizes = st.lists(st.integers(1, 40), max_size=8)


def _fed(redactor: Redactor, data: bytes, chunks: list[int]) -> bytes:
    out, at = b"", 0
    for size in chunks:
        out += redactor.feed(data[at : at + size])
        at += size
    return out + redactor.feed(data[at:]) + redactor.flush()


def _wrapped(data: bytes, nest: list[str]) -> bytes:
    for layer in nest:
        data = LAYERS[layer](data)
    return data


def _unwrapped(data: bytes, nest: list[str]) -> bytes:
    for layer in reversed(nest):
        data = UNDO[layer](data)
    return data


@LONG
@given(before=filler, after=filler, value=st.sampled_from(VALUES), nest=st.sampled_from(KNOWN_NESTS), chunks=sizes)
def test_known_values_never_leave_and_their_neighbours_stay(
    before: bytes, after: bytes, value: bytes, nest: list[str], chunks: list[int]
) -> None:
    before, after = before + b" ", b" " + after  # right beside other letters it would be another, longer value
    data = _wrapped(before + value + after, nest)
    out = _fed(FILTER, data, chunks)
    assert _wrapped(value, [one for one in nest if "base64" not in one]) not in out
    if "percent" in nest:
        return
    kept = _unwrapped(out, nest)
    assert kept.startswith(before)
    assert kept.endswith(after)
    assert value not in kept
    assert _fed(FILTER, out, []) == out


@LONG
@given(lines=st.lists(st.binary(max_size=40), max_size=4), chunks=sizes)
def test_what_is_no_credential_is_not_changed(lines: list[bytes], chunks: list[int]) -> None:
    data = b"\n".join(lines)
    assert _fed(FILTER, data, chunks) == data


@LONG
@given(
    inner=st.recursive(
        st.sampled_from([*(value.decode() for value in VALUES), "x", "", "é\n", 7, None]),
        lambda child: st.lists(child, max_size=3) | st.dictionaries(st.sampled_from("abc"), child, max_size=2),
        max_leaves=4,
    ),
    harm=st.none() | st.tuples(st.integers(0, 60), st.sampled_from([b'"', b"\\", b"{", b"", b",", b"\xff"])),
    chunks=sizes,
)
def test_output_parses_iff_input_parses(inner: object, harm: tuple[int, bytes] | None, chunks: list[int]) -> None:
    data = json.dumps({"payload": inner, "text": json.dumps(inner)}).encode()
    if harm:
        at, what = harm
        data = data[:at] + what + data[at + 1 :]
    assert _parses(_fed(FILTER, data, chunks)) == _parses(data)


def _parses(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


CONTEXTS = [
    "{}",
    "postgresql://app:{}@db.example.com/shop",
    "PGPASSWORD={} psql",
    'NEON_API_KEY="{}"',
    '{{"password":"{}"}}',
    "password: {}",
    "Authorization: Bearer {}",
    "--token {}",
    "host=db password={} user=app",
    "ALTER ROLE app PASSWORD '{}'",
]


@LONG
@given(
    kind=st.sampled_from(KINDS),
    digits=st.text("0123456789abcdef", min_size=4, max_size=8),
    context=st.sampled_from(CONTEXTS),
)
def test_markers_never_match(kind: str, digits: str, context: str) -> None:
    text = context.format(marker(kind, digits, len(digits))).encode()
    assert ENGINE.scan(text, confidence="medium") == []


URL = "postgresql://app:npg_FakeQ7w8e9r0t1@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop"


TEXT_LAYERS = st.lists(st.sampled_from(["json", "ascii-json", "percent"]), max_size=2)
DENSE_LAYERS = st.lists(st.sampled_from(["base64", "base64url", "hex"]), max_size=1)


@LONG
@given(
    nest=st.tuples(TEXT_LAYERS, DENSE_LAYERS, TEXT_LAYERS).map(lambda parts: [*parts[0], *parts[1], *parts[2]]),
    before=st.sampled_from(["", "see ", "é ", "a\nb "]),
    chunks=sizes,
)
def test_rules_see_through_any_nesting(nest: list[str], before: str, chunks: list[int]) -> None:
    data = _wrapped(f"{before}{URL} end".encode(), nest)
    out = _fed(FILTER, data, chunks)
    assert out != data
    assert b"npg_Fake" not in out
    if "percent" not in nest:
        kept = _unwrapped(out, nest)
        assert kept.startswith(before.encode() + b"postgresql://app:")
        assert kept.endswith(b"@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop end")
    assert _fed(FILTER, out, []) == out


@pytest.mark.parametrize("kind", KINDS)
def test_markers_of_every_kind_are_safe_words(kind: str) -> None:
    mark = marker(kind, "3fa9")
    assert json.dumps(mark) == f'"{mark}"'
    assert mark.isascii()
    assert not set(mark) & set("\"'\\{}$`<> \n@/")
