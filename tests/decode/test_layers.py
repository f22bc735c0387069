"""Every layer alone: what it decodes, what it leaves, where the bytes came from."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.decode import escapes, packed
from auditor.decode.fragment import Fragment
from auditor.decode.json_string import REACH, Tokens
from auditor.decode.layer import FAR, core
from auditor.decode.layers import LAYERS

MIXED = "# 数据库迁移脚本\n" * 50 + "psql -c 'select 1'"
LONG = b"0123456789 here is a secret text that is long enough"


def _peel(name: str, text: bytes, at: int) -> list[bytes]:
    layer = LAYERS[name]
    children = (Fragment(text).child(layer, *span) for span in layer.locate(text, at))
    return [child.data for child in children if child]


@pytest.mark.parametrize(
    ("name", "text", "at", "decoded"),
    [
        ("json", b'{"a":"x\\ny\\/z"}', 8, b"x\ny/z"),
        ("json", b'{"a":"\\ud83d\\ude00\\u00e9"}', 8, "😀é".encode()),
        ("json", b'{"a":"\\ud83d lone"}', 8, b"\xed\xa0\xbd lone"),
        ("json", b'{"a":"\\ude00\\ud83d"}', 8, b"\xed\xb8\x80\xed\xa0\xbd"),
        ("json", b'{"a":"back\\\\slash \\q"}', 8, b"back\\slash \\q"),
        ("json", b'{"a":"torn \\n line', 8, b"torn \n line"),
        ("repr", b"x = 'it\\'s \\x41\\102\\u{1F600}'", 8, "it's AB😀".encode()),
        ("escapes", b"curl x:\\/\\/y z", 8, b"x://y"),
        ("percent", b"see a%3A%2f%2Fb%20c%zz next", 6, b"a://b c%zz"),
        ("hex", b"\\x68656c6c6f20776f726c64!", 8, b"hello world"),
        ("html", b"<b>a&amp;b &#x2f; &#47; &quot;&bogus;</b>", 6, b'a&b / / "&bogus;'),
        ("ansi", b"a\x1b[1;31mb\x1b[0mc\x1b]8;;http://x\x07d\x1b(B", 0, b"abcd"),
        ("wrap", b"url postgresql://user\n        :pw@host\nnext", 4, b"url postgresql://user:pw@host"),
        ("utf16", "a 😀é text".encode("utf-16-le"), 0, "a 😀é text".encode()),
        ("utf16", "\ufeffa text".encode("utf-16-be"), 0, "\ufeffa text".encode()),
        ("utf16", "a text".encode("utf-16-be"), 0, b"a text"),
        ("utf16", MIXED.encode("utf-16-le"), 0, MIXED.encode()),
        ("utf16", b"xyz" + "moved text".encode("utf-16-le"), 0, "穹moved text".encode()),
        ("utf16", "a text".encode("utf-16-le") + b"\x00\xd8t", 0, b"a text\xed\xa0\x80"),
        ("wrap", "│ postgresql://us │\n│ er:pw@host │".encode(), 4, "│ postgresql://user:pw@host │".encode()),
    ],
)  # fmt: skip
def test_decodes(name: str, text: bytes, at: int, decoded: bytes) -> None:
    assert decoded in _peel(name, text, at)


@pytest.mark.parametrize(
    ("name", "text", "at"),
    [
        ("json", b'{"a":"plain"}', 8), ("json", b"no token \\n", 4), ("json", b'"a\\n" , 5', 8), ("json", b"", 0),
        ("repr", b"it's \\n", 1), ("escapes", b"plain words", 3), ("percent", b"100% sure", 2), ("html", b"a & b", 1),
        ("base64", b"short12", 2), ("base64", b"a b", 1), ("hex", b"deadbeef", 2), ("hex", b"xyz", 1),
        ("ansi", b"plain", 1), ("ansi", b"half \x1b[3", 1), ("wrap", b"a line\nmore", 2),
        ("wrap", b"  key: value\n  other: value", 2), ("wrap", b"  A=1\n    B=2", 2), ("wrap", b"  x\n    - item", 2),
        ("packed", b"\x1f\x8b\x08 not gzip", 0), ("packed", b"\x28\xb5\x2f\xfd not zstd", 0), ("packed", b"text", 0),
        ("utf16", b"plain text in bytes", 0), ("utf16", b"a\0b\0c\0", 0), ("utf16", bytes(64), 0),
        ("utf16", "日本語のテキストです".encode("utf-16-le"), 0),
    ],
)  # fmt: skip
def test_leaves_alone(name: str, text: bytes, at: int) -> None:
    assert _peel(name, text, at) == []


@pytest.mark.parametrize("lead", [b"", b"/", b"ab", b"key", b"data"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_at_any_alignment(lead: bytes, encode: object) -> None:
    encoded = base64.b64encode(LONG) if encode is base64.b64encode else base64.urlsafe_b64encode(LONG)
    text = b"x " + lead + encoded.rstrip(b"=") + b" y"
    assert any(LONG[3:] in decoded for decoded in _peel("base64", text, 12))


def test_wrapped_base64_is_one_text() -> None:
    encoded = base64.b64encode(LONG * 4)
    text = b"data: |\n" + b"".join(b"  " + encoded[at : at + 64] + b"\n" for at in range(0, len(encoded), 64))
    for at in (12, 90, 180):
        assert LONG * 4 in _peel("base64", text, at)


def test_base64_spans_are_the_symbols_of_the_bytes() -> None:
    text = b"x " + base64.b64encode(LONG)
    layer = LAYERS["base64"]
    child = Fragment(text).child(layer, *layer.locate(text, 5)[0])
    assert child is not None
    for start in range(len(LONG)):
        for end in range(start + 1, len(LONG)):
            first, last = child.span(start, end)
            assert (first - 2, last - 2) == (start * 8 // 6, -(-end * 8 // 6))


@pytest.mark.parametrize("name", ["base64", "hex"])
def test_encode_spells_a_changed_value_at_the_same_length(name: str) -> None:
    like = base64.b64encode(LONG) if name == "base64" else LONG.hex().upper().encode()
    layer = LAYERS[name]
    assert layer.encode is not None
    changed = LONG.replace(b"secret", b"xxxxxx")
    encoded = layer.encode(changed, like)
    assert encoded is not None
    assert len(encoded) == len(like)
    assert changed in _peel(name, encoded, 4)
    assert layer.encode(b"short", like) is None


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_packed_text_is_limited(pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(b"a" * (packed.LIMIT * 4))
    (decoded,) = _peel("packed", bomb, 0)
    assert len(decoded) <= packed.LIMIT


@given(st.text(max_size=60))
@settings(deadline=None)
def test_unescape_undoes_json(text: str) -> None:
    assert escapes.unescape(json.dumps(text)[1:-1].encode()).decode("utf-8", "surrogatepass") == text


@given(st.binary(max_size=80), st.integers(0, 80))
@settings(deadline=None)
def test_no_layer_raises_and_spans_stay_inside(text: bytes, at: int) -> None:
    for layer in LAYERS.values():
        list(layer.seeds(text))
        for start, end in layer.locate(text, min(at, max(0, len(text) - 1))):
            child = Fragment(text).child(layer, start, end) if end > start else None
            if child and child.data:
                first, last = child.span(0, len(child.data))
                assert start <= first <= last <= end


def test_tokens_know_key_and_structure() -> None:
    text = b'{"plain":"value","k" : "es\\"caped", "n":[1,"\\n"]} say "hello \\n" x'
    tokens = Tokens(text)
    cases = {
        b"plain": (b"", False), b"value": (b"plain", False), b"es": (b"k", True), b"hello": (b"", False),
    }  # fmt: skip
    for word, (key, structural) in cases.items():
        token = tokens.at(text.index(word))
        assert token is not None
        assert (token.key, token.structural) == (key, structural)
    assert tokens.at(text.index(b"say")) is None or not tokens.at(text.index(b"say")).escaped


def test_of_a_long_token_the_lines_around_a_place_are_decoded() -> None:
    text = b'{"a":"' + b"x\\\\ny\\n" * FAR + b'"}'
    place = len(text) // 2
    ((start, end),) = LAYERS["json"].locate(text, place)
    assert REACH <= place - start < REACH + 16
    assert REACH <= end - place < REACH + 16
    assert text[start - 2 : start] == text[end - 2 : end] == b"\\n"
    assert text[start - 3 : start - 2] == text[end - 3 : end - 2] == b"y"


@pytest.mark.parametrize("unit", [b"x", "\u00e9".encode(), b"\\u00e9", b'\\"'])
def test_of_a_long_line_a_part_is_decoded_that_cuts_nothing(unit: bytes) -> None:
    text = b'{"a":"' + unit * 3 * FAR + b'"}'
    place = text.index(unit, len(text) // 2)
    ((start, end),) = LAYERS["json"].locate(text, place)
    assert place - start <= REACH
    assert 0 <= FAR - (end - place) <= 12
    decoded = LAYERS["json"].decode(text, start, end)
    assert decoded is None or decoded.data == json.loads(b'"' + text[start:end] + b'"').encode()


@pytest.mark.parametrize(
    ("literal", "part"), [(b"postgresql://", b"postgresql"), (b"x.neon.tech", b"x.neon.tech"), (b"://", b"://")]
)
def test_core_is_what_encodings_leave_alone(literal: bytes, part: bytes) -> None:
    assert core(literal) == part
