"""The filter that comes late: the same bytes leave as from the filter itself, and clean lines never load it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.redact.deferred import HOLD, Deferred
from auditor.redact.pump import Filter
from auditor.redact.stream import Redactor
from tests.codex.payloads import SECRET, URL

ENGINE = Engine(load())
KEY = b"k" * 32
PIECES = [
    b"\n", b"\r", b"INFO upgrade 1 -> 2\n", f"URL={URL}\n".encode(), URL.encode(), b"Password: ", b"password = ",
    SECRET.encode(), b"\xff\x00", b"x" * 300, b"continue? ",
]  # fmt: skip


def _filter() -> Redactor:
    return Redactor(ENGINE, KEY)


def _refused() -> Filter:
    raise AssertionError("loaded")


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.lists(st.integers(0, 400), max_size=6), st.booleans())
def test_the_same_bytes_leave_at_the_same_time(pieces: list[bytes], cuts: list[int], pause: bool) -> None:
    data = b"".join(pieces)
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    late, direct = Deferred(_filter, ENGINE.clean), _filter()
    for start, end in pairwise(edges):
        assert late.feed(data[start:end]) == direct.feed(data[start:end])
        if pause:
            assert late.idle() == direct.idle()
    assert late.flush() == direct.flush()


def test_clean_output_never_loads_the_filter() -> None:
    late = Deferred(_refused, ENGINE.clean)
    assert late.feed(b"INFO one\nhalf") == b"INFO one\n"
    assert late.feed(b" a line\n") == b"half a line\n"
    assert late.idle() == b""
    assert late.feed(b"no end") == b""
    assert late.flush() == b"no end"


def test_a_line_without_end_is_not_held_here() -> None:
    late = Deferred(_refused, ENGINE.clean)
    with pytest.raises(AssertionError, match="loaded"):
        late.feed(b"x" * (HOLD + 1))


def test_where_nothing_is_known_the_filter_is_asked() -> None:
    with pytest.raises(AssertionError, match="loaded"):
        Deferred(_refused).feed(b"INFO one\n")
