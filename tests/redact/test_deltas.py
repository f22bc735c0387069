"""Texts in pieces: a credential split over several records is cut, whatever the shape of the stream."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.redact.deltas import MOST_TEXTS
from auditor.redact.stream import Redactor

KEY = b"k" * 32
VALUE = "npg_FakeQ7w8e9r0t1"
URL = f"postgresql://app:{VALUE}@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop"
TEXT = f'Wörter davor\nDATABASE_URL={URL} and "more"\n{VALUE} bare'
ENGINE = Engine(load())


def _spoken(piece: str, item: str = "msg_1") -> dict[str, Any]:
    params = {"threadId": "t", "turnId": "u", "itemId": item, "delta": piece}
    return {"method": "item/agentMessage/delta", "params": params}


def _printed(piece: str) -> dict[str, Any]:
    params = {"processId": "p1", "stream": "stdout", "capReached": False, "deltaBase64": _base64(piece)}
    return {"method": "command/exec/outputDelta", "params": params}


def _event(piece: str) -> dict[str, Any]:
    return {"id": "1", "msg": {"type": "agent_message_delta", "delta": piece}}


def _chunk(piece: str) -> dict[str, Any]:
    message = {"type": "exec_command_output_delta", "call_id": "c1", "stream": "stdout", "chunk": _base64(piece)}
    return {"method": "codex/event", "params": {"_meta": {"requestId": 2}, "id": "1", "msg": message}}


def _response(piece: str) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "item_id": "i", "sequence_number": len(piece), "delta": piece}


def _base64(piece: str) -> str:
    return base64.b64encode(piece.encode()).decode()


def _piece(record: dict[str, Any]) -> str:
    """What a client joins."""
    inner = record.get("params", record)
    inner = inner.get("msg", inner)
    dense = inner.get("deltaBase64", inner.get("chunk"))
    return base64.b64decode(dense).decode() if dense is not None else inner["delta"]


SHAPES: list[Callable[[str], dict[str, Any]]] = [_spoken, _printed, _event, _chunk, _response]


def _lines(records: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def _joined(out: bytes) -> str:
    return "".join(_piece(json.loads(line)) for line in out.splitlines())


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=14), one_by_one=st.booleans())
def test_a_split_value_is_cut(shape: Callable[[str], dict[str, Any]], sizes: list[int], one_by_one: bool) -> None:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(TEXT[at : at + size])
        at += size
    records = [shape(piece) for piece in (*pieces, TEXT[at:])]
    redactor = Redactor(ENGINE, KEY)
    data = _lines(records)
    parts = data.splitlines(keepends=True) if one_by_one else [data]
    out = b"".join(map(redactor.feed, parts)) + redactor.flush()
    assert len(out.splitlines()) == len(records)
    joined = _joined(out)
    assert VALUE not in joined
    assert joined == Redactor(ENGINE, KEY).redact(TEXT.encode()).decode()


def test_clean_words_leave_at_once() -> None:
    redactor = Redactor(ENGINE, KEY)
    for piece in ("I will ", "migrate the shop\n", "now.\n"):
        line = _lines([_spoken(piece)])
        assert redactor.feed(line) == line
    word = _lines([_spoken("half")])
    assert redactor.feed(word) == b""
    rest = _lines([_spoken(" ")])
    assert redactor.feed(rest) == word + rest


def test_bytes_of_clean_records_stay() -> None:
    line = b'{ "method":"item/agentMessage/delta", "params":{"delta" : "caf\\u00e9 \\/ \\n", "itemId":"i"} }\n'
    assert Redactor(ENGINE, KEY).feed(line) == line


def test_other_records_pass_and_the_end_of_an_item_ends_its_text() -> None:
    redactor = Redactor(ENGINE, KEY)
    first, second = _lines([_spoken(URL[:30])]), _lines([_spoken(URL[30:])])
    usage = _lines([{"method": "thread/tokenUsage/updated", "params": {"threadId": "t", "turnId": "u"}}])
    done = _lines([{"method": "item/completed", "params": {"item": {"id": "msg_1", "text": "x"}}}])
    assert redactor.feed(first) == b""
    assert redactor.feed(usage) == usage
    assert redactor.feed(second) == b""
    out = redactor.feed(done)
    assert out.endswith(done)
    assert VALUE not in _joined(out.removesuffix(done))


def test_blank_lines_end_no_text() -> None:
    redactor = Redactor(ENGINE, KEY)
    lines = [_lines([_event(piece)]) + b"\n" for piece in (URL[:25], URL[25:])]
    out = b"".join(map(redactor.feed, lines)) + redactor.flush()
    assert VALUE not in _joined(b"\n".join(filter(None, out.splitlines())))


def test_two_texts_at_once_are_kept_apart() -> None:
    redactor = Redactor(ENGINE, KEY)
    pieces = [(URL[:25], "a"), (URL[:31], "b"), (URL[25:] + "\n", "a"), (URL[31:] + "\n", "b")]
    records = [_spoken(*piece) for piece in pieces]
    out = redactor.feed(_lines(records)) + redactor.flush()
    for item in ("a", "b"):
        mine = [line for line in out.splitlines() if json.loads(line)["params"]["itemId"] == item]
        assert VALUE not in _joined(b"\n".join(mine))
    assert out.count(b"[REDACTED:") == 2


def test_answers_are_never_held() -> None:
    redactor = Redactor(ENGINE, KEY)
    answer = _lines(
        [
            {"id": 7, "result": {"type": "x.delta", "delta": "half"}},
            {"id": 8, "method": "x/delta", "params": {"delta": "half"}},
        ]
    )
    assert redactor.feed(answer) == answer


def test_texts_without_end_are_bounded() -> None:
    redactor = Redactor(ENGINE, KEY)
    out = b"".join(redactor.feed(_lines([_spoken("word", f"item{number}")])) for number in range(3 * MOST_TEXTS))
    assert out.count(b"\n") == 2 * MOST_TEXTS
    endless = Redactor(ENGINE, KEY)
    sent = b"".join(endless.feed(_lines([_spoken("x" * 1_000)])) for _ in range(200))
    assert sent.count(b"\n") > 100
