"""Properties of a scan: nesting, prefilter, chunk boundaries, harmless records, hostile bytes, linear work."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.decode.json_string import REACH, Token, window
from auditor.detect import explore
from auditor.detect.counters import Counters
from auditor.detect.explore import Explorer
from auditor.detect.prefilter import Prefilter
from auditor.detect.spellings import SPELLINGS
from auditor.model import Match
from tests.detect.sample_rules import PASSWORD, URL, engine, rules

_NESTABLE = sorted(set(SPELLINGS) - {"plain", "wrap"})
_WORDS = (
    "the migration ran", "password: process.env.PGPASSWORD", "token", "a=b&c=d", "50% done", "C:\\temp\\new", "it's",
    '"quoted"', "\\n", "&amp;", "\x1b[31mred\x1b[0m", "{}", "x = 'y'", "é", "aGVsbG8gd29ybGQgYWJj", "deadbeefdeadbeef",
    "\n", "\t", "a/b",
)  # fmt: skip
_CREDENTIALS = (
    URL.decode(), "PGPASSWORD=FakeSecret99", 'PGPASSWORD="Fake Secret"', "npg_FakeAbcd1234", "napi_" + "fake123456" * 5,
    base64.b64encode(URL).decode(), quote(URL.decode(), safe=""), URL.hex(), json.dumps({"url": URL.decode() + "\n"}),
    URL.decode().replace("/", "\\/"), URL.decode().replace("/", "&#x2F;"),
)  # fmt: skip
_text = st.lists(st.sampled_from(_WORDS), max_size=6).map(" ".join)
_record = st.tuples(_text, st.sampled_from(("", *_CREDENTIALS)), _text, st.integers(0, 3)).map(
    lambda parts: _line(" ".join(parts[:3]), parts[3])
)


def _line(text: str, depth: int) -> bytes:
    """A log line: plain text, or JSON that holds it one to three levels deep."""
    if not depth:
        return text.replace("\n", " ").encode() + b"\n"
    value: object = {"text": text}
    for _ in range(depth - 1):
        value = {"output": json.dumps(value)}
    return json.dumps(value).encode() + b"\n"


def _told(matches: list[Match], shift: int = 0) -> list[tuple[object, ...]]:
    return [
        (one.rule, one.secret, one.start + shift, one.secret_start + shift, one.secret_end + shift) for one in matches
    ]


@given(st.lists(st.sampled_from(_NESTABLE), max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_nesting_is_found_at_its_bytes(names: list[str]) -> None:
    text, start, end = b"see " + URL + b" now", 4 + URL.index(PASSWORD), 4 + URL.index(PASSWORD) + len(PASSWORD)
    for name in names:
        spelled = SPELLINGS[name](text, start, end)
        text, start, end = spelled.text, spelled.start, spelled.end
    if len(text) < 200_000 and not _double(names):
        assert (PASSWORD, start, end) in [
            (match.secret.reveal(), match.secret_start, match.secret_end) for match in engine().scan(text)
        ]


@given(st.lists(st.sampled_from(_NESTABLE), max_size=3))
@settings(max_examples=60, deadline=None)
def test_the_filler_keeps_every_layer_decodable(names: list[str]) -> None:
    text, start, end = b"see " + URL + b" now", 4 + URL.index(PASSWORD), 4 + URL.index(PASSWORD) + len(PASSWORD)
    for name in names:
        spelled = SPELLINGS[name](text, start, end)
        text, start, end = spelled.text, spelled.start, spelled.end
    if _double(names) or b"\\/" in text:
        return
    for match in engine().scan(text):
        assert len(match.filler) == match.secret_end - match.secret_start
        filled = text[: match.secret_start] + match.filler + text[match.secret_end :]
        (again,) = engine().scan(filled)
        assert set(again.secret.reveal()) == set(b"x")
        assert (again.secret_start, again.secret_end) == (match.secret_start, match.secret_end)
        assert again.parts == match.parts


def _double(names: list[str]) -> bool:
    """Base64 or hex inside base64 or hex: the anchors' twins are not made twice, and no one writes that."""
    return sum(name.startswith(("base64", "hex")) for name in names) > 1


@given(st.lists(_record, max_size=6).map(b"".join))
@settings(max_examples=80, deadline=None)
def test_the_prefilter_loses_nothing(text: bytes) -> None:
    assert _told(engine().scan(text)) == _told(engine().scan(text, prefilter=False))


@given(st.lists(_record.filter(lambda line: line.startswith(b"{")), min_size=2, max_size=6), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_chunk_boundaries_do_not_matter(lines: list[bytes], cut: int) -> None:
    head, tail = b"".join(lines[:cut]), b"".join(lines[cut:])
    assert _told(engine().scan(head + tail)) == _told(engine().scan(head)) + _told(engine().scan(tail), len(head))


@given(st.lists(_record, min_size=1, max_size=4), _text, st.integers(1, 3), st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_a_harmless_record_removes_nothing(lines: list[bytes], words: str, depth: int, at: int) -> None:
    before = [one.secret for one in engine().scan(b"".join(lines))]
    lines.insert(at, _line(words.replace("PGPASSWORD", "x"), depth))
    after = [one.secret for one in engine().scan(b"".join(lines))]
    assert not {secret for secret in before if secret not in after}


@given(st.binary(max_size=200), st.binary(max_size=60))
@settings(max_examples=80, deadline=None)
def test_hostile_bytes_never_raise(before: bytes, after: bytes) -> None:
    text = before + URL + after
    for match in engine().scan(text):
        assert 0 <= match.start <= match.secret_start < match.secret_end <= match.end <= len(text)


def test_work_is_linear_in_the_input() -> None:
    """Decoded bytes, the measure of work, at most double when the input doubles, on shapes made to be slow."""
    shapes = (
        b"npg_", b'"\\n' + URL, b"'\\" + URL, b"%41" + URL, b"\\\\" * 20 + URL, b"&amp;" + URL, b"\x1b[1m" + URL,
        base64.b64encode(URL), URL + b"\n   ", b"H4sI" * 4,
        b'{"a":"' + json.dumps(URL.decode() + '"').encode() + b'"},',
    )  # fmt: skip
    finder = Prefilter(rules().rules, cache=False)
    for shape in shapes:
        costs = [_cost(finder, shape * (size // len(shape))) for size in (20_000, 40_000)]
        assert costs[1] <= 2.6 * costs[0], shape[:8]


def test_a_part_of_a_long_string_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding one costs up to 256 KB of searching, so not for each hit: 200 KB without a line break took 11 s."""
    parts: list[tuple[int, int]] = []

    def counted(text: bytes, token: Token, place: int) -> tuple[int, int]:
        parts.append(window(text, token, place))
        return parts[-1]

    monkeypatch.setattr(explore, "window", counted)
    text = json.dumps({"output": "\n" + "npg_" * 25_000}).encode()
    engine().scan(text)
    assert 0 < len(parts) <= len(text) // (REACH // 2) + 2


def _cost(finder: Prefilter, text: bytes) -> int:
    explorer = Explorer(rules().rules, finder, frozenset(), 2.0, Counters())
    explorer.run(text, finder.hits(text))
    return explorer.spent
