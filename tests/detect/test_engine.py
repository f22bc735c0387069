"""The engine on small texts: every encoding, exact spans, one match per credential, hostile input."""

from __future__ import annotations

import base64
import gzip
import json
from urllib.parse import quote

import pytest

from auditor.model import Match
from tests.detect.sample_rules import PASSWORD, URL, engine

_TEXT = URL.decode()


def _nest(depth: int) -> bytes:
    text = f"line\n{_TEXT}\nnext"
    for _ in range(depth):
        text = json.dumps({"output": text})
    return text.encode()


def _escaped(text: bytes) -> bytes:
    return "".join(f"\\u{byte:04x}" for byte in text).encode()


def _wrapped(at: int) -> bytes:
    text = (
        f"[11/20/26 10:00:00] INFO     connected with {_TEXT[:at]}\n                             {_TEXT[at:]}\n[next] x"
    )
    return json.dumps({"output": text}).encode()


@pytest.mark.parametrize(
    ("text", "encoding", "spelled"),
    [
        (b"see " + URL + b" now", (), PASSWORD),
        (b'{"a":"x","url":"' + URL + b'"}', (), PASSWORD),
        (_nest(1), ("json",), PASSWORD),
        (_nest(2), ("json",) * 2, PASSWORD),
        (_nest(3), ("json",) * 3, PASSWORD),
        (_nest(5), ("json",) * 5, PASSWORD),
        (_nest(1).replace(b"/", b"\\/"), ("json",), PASSWORD),
        (b"DATABASE_URL=" + URL.replace(b"/", b"\\/"), ("escapes",), PASSWORD),
        (b"'x': '" + URL.replace(b":", b"\\x3a") + b"'", ("repr",), PASSWORD),
        (quote(_TEXT, safe="").encode(), ("percent",), PASSWORD),
        (b"https://h/?next=" + quote(quote(_TEXT, safe=""), safe="").encode() + b"&a=b", ("percent",) * 2, PASSWORD),
        (quote(_TEXT).encode(), ("percent",), PASSWORD),
        (b"data: " + base64.b64encode(URL), ("base64",), b"pucGdfRmFrZTEyMzRBYmNk"),
        (b"data: " + base64.b64encode(b"x" + URL), ("base64",), b"bnBnX0Zha2UxMjM0QWJjZE"),
        (b"data: " + base64.urlsafe_b64encode(b"xx" + URL).rstrip(b"="), ("base64",), b"m5wZ19GYWtlMTIzNEFiY2R"),
        (URL.hex().encode(), ("hex",), PASSWORD.hex().encode()),
        (URL.hex().upper().encode(), ("hex",), PASSWORD.hex().upper().encode()),
        (b'{"a":"' + _escaped(URL) + b'"}', ("json",), _escaped(PASSWORD)),
        (b'{"a":"' + URL.replace(b"g", b"\\u0067") + b'"}', ("json",), PASSWORD.replace(b"g", b"\\u0067")),
        (b"<a href=" + URL.replace(b"/", b"&#x2F;").replace(b":", b"&colon;") + b">", ("html",), PASSWORD),
        (b"\x1b[31mpostgresql://app:\x1b[1m" + URL[17:33] + b"\x1b[0m" + URL[33:] + b"\x1b[0m", ("ansi",), PASSWORD),
        (_wrapped(24), ("json", "wrap"), b"npg_Fak\\n                             e1234Abcd"),
        (b'{"a":"cut off \\n' + URL + b"\\n", ("json",), PASSWORD),
        (b'{"a":"' + URL + b'","a":"z"}', (), PASSWORD),
        (b'{"a":"\xff\xfe\\ud800 ' + URL + b'\\n\x00"}', (), PASSWORD),
        (b'{"n":NaN,"a":"\\n' + URL + b'"}', ("json",), PASSWORD),
    ],
    ids=lambda value: value[:30] if isinstance(value, bytes) else None,
)  # fmt: skip
def test_finds_the_password_at_its_bytes(text: bytes, encoding: tuple[str, ...], spelled: bytes) -> None:
    (match,) = engine().scan(text)
    assert match.secret.reveal() == PASSWORD
    assert text[match.secret_start : match.secret_end] == spelled
    assert match.encoding == encoding
    assert match.kind == "postgres-url"
    assert match.parts == {"user": "app", "host": "ep-fake.neon.tech", "database": "shop"}
    assert engine().scan(text, prefilter=False) == [match]


def test_compressed_text_maps_to_the_whole_block() -> None:
    packed = base64.b64encode(gzip.compress(URL))
    text = b"echo " + packed + b" | base64 -d | zcat"
    (match,) = engine().scan(text)
    assert match.encoding == ("base64", "packed")
    assert text[match.secret_start : match.secret_end].rstrip(b"=") == packed.rstrip(b"=")


def test_both_values_of_a_duplicate_key() -> None:
    text = b'{"a":"' + URL + b'","a":"' + URL.replace(b"1234", b"5678") + b'"}'
    assert [match.secret.reveal()[8:12] for match in engine().scan(text)] == [b"1234", b"5678"]


def test_members_of_objects_may_hold_escaped_values() -> None:
    inner = json.dumps({"env": {"PGPASSWORD": 'Fake"quo\\te'}})
    for text in (inner, json.dumps({"out": inner}), json.dumps([json.dumps({"out": inner})])):
        (match,) = engine().scan(text.encode())
        assert match.secret.reveal() == b'Fake"quo\\te'


def test_percent_encoding_inside_a_url_is_the_urls_own() -> None:
    (match,) = engine().scan(b"postgresql://app:p%40ss%2FFake@h/db")
    assert match.secret.reveal() == b"p@ss/Fake"
    assert match.encoding == ("percent",)


def test_a_line_that_just_ends_is_not_joined() -> None:
    text = (
        b"env:\n    PGPASSWORD=FakeSecret0123456789012345678901234567890123\n    NEXT: x\n"
        b"    PGPASSWORD=FakeSecret0123456789012345678901234567890123\n    - item\n"
        b"PGPASSWORD=FakeSecret0123456789012345678901234567890123\nOTHER=Fake\n"
    )
    assert {match.secret.reveal() for match in engine().scan(text)} == {b"FakeSecret0123456789012345678901234567890123"}


def test_a_match_does_not_run_from_record_to_record() -> None:
    assert engine().scan(b'{"a":"PGPASSWORD="}\n{"b":"FakeValue1"}\n') == []


def test_opaque_fields_are_counted_not_matched() -> None:
    text = b'{"encrypted_content":"AA' + URL + b'","b":"x"}\n{"image_url":"data:image/png;base64,npg_Fake1234Abcd"}'
    assert engine().scan(text, opaque_keys=frozenset({b"encrypted_content"})) == []
    assert engine().take_counters().opaque >= 2
    assert len(engine().scan(text)) == 1


def test_one_match_for_one_credential() -> None:
    (match,) = engine().scan(b"PGPASSWORD=" + URL)
    assert match.kind == "postgres-url"


def test_mask_replaces_secrets_only() -> None:
    masked = engine().mask(b"psql " + URL + b" -c 'select 1'", b"key")
    assert masked.startswith(b"psql postgresql://app:[REDACTED:postgres-url:")
    assert masked.endswith(b"]@ep-fake.neon.tech/shop -c 'select 1'")
    assert engine().mask(masked, b"key") == masked


@pytest.mark.parametrize(
    "text",
    [
        b"", b"\n", b"\x00" * 4096, b'"' * 4096 + URL, b"\\" * 4096 + URL, b"'" * 4096 + URL + b"'" * 4096,
        b"{" * 5_000 + URL + b"}" * 5_000, b"%25" * 2_000 + URL, URL * 200, b"\x1b[" * 2_000 + URL,
        b"npg_" * 3_000, b"&#" * 2_000 + URL, b"\\u00" * 2_000 + URL, b"A" * 20_000 + base64.b64encode(URL),
        b"\xff" * 3_000 + URL, b"H4sIAAAAAAAA" * 500, b"KLUv/QAAAAAA" * 500, URL[:20], URL.replace(b"@", b""),
    ],
    ids=range(19),
)  # fmt: skip
def test_hostile_input_never_raises(text: bytes) -> None:
    for match in engine().scan(text):
        assert 0 <= match.start <= match.secret_start < match.secret_end <= match.end <= len(text)


def test_depth_beyond_the_limit_is_counted() -> None:
    text = URL
    for _ in range(16):
        text = quote(text, safe="").encode()
    engine().take_counters()
    engine().scan(text)
    deep = base64.b64encode(URL)
    for _ in range(3):
        deep = json.dumps(json.dumps({"a": json.dumps([deep.decode() + "\n"])})).encode()
    assert _values(engine().scan(deep)) == [PASSWORD]


def _values(matches: list[Match]) -> list[bytes]:
    return [match.secret.reveal() for match in matches]


def test_a_huge_token_is_decoded_in_windows() -> None:
    filler = json.dumps('some output line with "quotes"\n' * 12_000)[1:-1].encode()
    text = b'{"output":"' + filler + URL + b"\\n" + filler + URL + b"\\n" + filler + b'"}'
    matches = engine().scan(text)
    assert _values(matches) == [PASSWORD] * 2
    assert all(text[match.start : match.end] == URL for match in matches)


def test_confidence_filters() -> None:
    assert engine().scan(URL, confidence="high")
