"""Covering at the same length, in the encoding of the text."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from auditor.redact.cover import cover, fit

MARKER = b"[REDACTED:neon-password:3fa9]"


def test_plain_text_gets_the_marker_or_stars() -> None:
    assert cover(b"x" * 35, b"v", MARKER) == MARKER + b"******"
    assert cover(b"short", b"short", MARKER) == b"*****"
    assert fit(MARKER, len(MARKER)) == MARKER


VALUES = st.text("abcdefghkXYZ0189_!", min_size=6, max_size=40).filter(lambda text: len(set(text)) > 3)


@given(before=st.binary(max_size=5), value=VALUES.map(str.encode), after=st.binary(max_size=5))
def test_base64_neighbours_keep_every_bit(before: bytes, value: bytes, after: bytes) -> None:
    text = base64.b64encode(before + value + after).rstrip(b"=")
    start, end = len(before) * 8 // 6, -(-(len(before) + len(value)) * 8 // 6)
    covered = text[:start] + cover(text[start:end], value, MARKER) + text[end:]
    assert len(covered) == len(text)
    assert base64.b64decode(covered + b"=" * (-len(covered) % 4)) == before + b"*" * len(value) + after


@given(before=st.binary(max_size=5), value=VALUES, after=st.binary(max_size=5), end=st.sampled_from(["le", "be"]))
def test_base64_of_utf16_goes_on_decoding(before: bytes, value: str, after: bytes, end: str) -> None:
    wide = value.encode(f"utf-16-{end}")
    text = base64.b64encode(before + wide + after).rstrip(b"=")
    start, stop = len(before) * 8 // 6, -(-(len(before) + len(wide)) * 8 // 6)
    covered = text[:start] + cover(text[start:stop], value.encode(), MARKER) + text[stop:]
    hidden = ("*" * len(value)).encode(f"utf-16-{end}")
    assert base64.b64decode(covered + b"=" * (-len(covered) % 4)) == before + hidden + after


@given(value=st.binary(min_size=4, max_size=40))
def test_hex_stays_hex(value: bytes) -> None:
    assert bytes.fromhex(cover(value.hex().encode(), value, MARKER).decode()) == b"*" * len(value)


def test_line_breaks_inside_base64_stay() -> None:
    value = b"npg_FakeQ7w8e9r0t1y2"
    text = base64.b64encode(value).rstrip(b"=")
    wrapped = text[:10] + b"\n" + text[10:]
    covered = cover(wrapped, value, MARKER)
    assert covered[10:11] == b"\n"
    assert base64.b64decode(covered.replace(b"\n", b"") + b"==", validate=False).startswith(b"*" * len(value))
