"""UTF-16 and UTF-32: any chunking, other bytes unchanged, half characters at the end."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from auditor.redact.recoded import Recoded


class Same:
    """Passes everything on, a byte late, so that characters are split."""

    def __init__(self) -> None:
        self.last = b""

    def feed(self, data: bytes) -> bytes:
        text = self.last + data
        self.last = text[-1:]
        return text[:-1]

    def idle(self) -> bytes:
        return b""

    def flush(self) -> bytes:
        last, self.last = self.last, b""
        return last


@given(
    text=st.text(max_size=20),
    coding=st.sampled_from(["utf-8", "utf-16", "utf-32", "utf-16-be"]),
    tail=st.binary(max_size=1),
    sizes=st.lists(st.integers(1, 5), max_size=8),
)
@example(text="\x00\U00010000", coding="utf-16", tail=b"", sizes=[])  # begins like UTF-32, and is none
@example(text="\x00\U00010000 and more", coding="utf-16", tail=b"x", sizes=[5, 1, 3])
def test_what_goes_in_comes_out(text: str, coding: str, tail: bytes, sizes: list[int]) -> None:
    data = (text if coding != "utf-16-be" else "\ufeff" + text).encode(coding) + tail
    recoded = Recoded(Same())
    for _ in range(2):  # a second stream begins anew
        out, at = b"", 0
        for size in sizes:
            out += recoded.feed(data[at : at + size])
            at += size
        assert out + recoded.feed(data[at:]) + recoded.flush() == data
