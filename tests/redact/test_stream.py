"""The stream filter: nothing escapes at any split, nothing else changes."""

from __future__ import annotations

import base64
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.redact.stream import LIMIT, Redactor

KEY = b"k" * 32
VALUE = "npg_FakeQ7w8e9r0t1"
URL = f"postgresql://app:{VALUE}@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load())


def _filter(engine: Engine, data: bytes, sizes: list[int] | None = None) -> bytes:
    redactor, out, at = Redactor(engine, KEY), b"", 0
    for size in sizes or []:
        out += redactor.feed(data[at : at + size])
        at += size
    return out + redactor.feed(data[at:]) + redactor.flush()


def test_only_the_secret_part_is_cut(engine: Engine) -> None:
    out = _filter(engine, f"url {URL} end\n".encode()).decode()
    assert out.startswith("url postgresql://app:[REDACTED:")
    assert out.endswith("]@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop end\n")


def test_strict_cuts_the_whole_credential(engine: Engine) -> None:
    redactor = Redactor(engine, KEY, strict=True)
    out = redactor.feed(f"url {URL} end\n".encode())
    assert b"neon.tech" not in out
    assert out.endswith(b" end\n")


def test_same_value_same_marker_and_twice_changes_nothing(engine: Engine) -> None:
    once = _filter(engine, f"{URL}\n{URL}?sslmode=require\n".encode())
    first, second = once.splitlines()
    assert first == second.partition(b"?")[0]
    assert _filter(engine, once) == once


def test_a_learned_value_is_cut_where_no_rule_fires(engine: Engine) -> None:
    lines = f"{URL}\nit said {VALUE[4:]} and {VALUE}\n{base64.b64encode(VALUE.encode()).decode()}\n"
    out = _filter(engine, lines.encode())
    assert VALUE.encode() not in out
    assert base64.b64encode(VALUE.encode()) not in out


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_json_lines_stay_json_lines(engine: Engine, depth: int) -> None:
    text = f'line one\n{URL}\nline "three"'
    for _ in range(depth):
        text = json.dumps({"output": text})
    line = json.dumps({"type": "x", "n": 1e999 if False else 7, "payload": text}).encode() + b"\n"
    out = _filter(engine, line)
    assert VALUE.encode() not in out
    value = json.loads(out)["payload"]
    for _ in range(depth):
        value = json.loads(value)["output"]
    assert value.startswith("line one\npostgresql://app:[REDACTED:")
    assert value.endswith('\nline "three"')


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(1, 60), max_size=12))
def test_no_split_lets_anything_through(engine: Engine, sizes: list[int]) -> None:
    data = f'{{"a":"{URL}"}}\nplain {URL}\rprogress {URL}\nno newline {URL}'.encode()
    out = _filter(engine, data, sizes)
    assert VALUE.encode() not in out
    assert out == _filter(engine, data)


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=300), sizes=st.lists(st.integers(1, 50), max_size=6))
def test_other_bytes_pass_unchanged(engine: Engine, data: bytes, sizes: list[int]) -> None:
    assert _filter(engine, data, sizes) == data


def test_a_line_leaves_with_its_newline(engine: Engine) -> None:
    redactor = Redactor(engine, KEY)
    assert redactor.feed(b"first\nsec") == b"first\n"
    assert redactor.feed(b"ond\n") == b"second\n"
    assert redactor.feed(b"10%\r20%") == b"10%\r"


def test_an_endless_line_passes_with_bounded_hold_back(engine: Engine) -> None:
    redactor, held, out = Redactor(engine, KEY), 0, b""
    filler = b"x" * 10_000 + b" "
    sent = b""
    for number in range(400):
        piece = filler + (f"{URL} ".encode() if number % 50 == 7 else b"")
        sent += piece
        out += redactor.feed(piece)
        held = max(held, len(sent) - len(out))
    out += redactor.flush()
    assert VALUE.encode() not in out
    assert out.count(b"[REDACTED:") == 8
    assert held < 2 * LIMIT


def test_a_prompt_shows_before_its_line_ends(engine: Engine) -> None:
    redactor = Redactor(engine, KEY)
    assert redactor.feed(b"Continue? ") == b""
    assert redactor.idle() == b"Continue? "
    assert redactor.feed(b"yes\n") == b"yes\n"


def test_half_a_credential_is_no_prompt(engine: Engine) -> None:
    redactor = Redactor(engine, KEY)
    assert redactor.feed(b"postgresql://app:") + redactor.idle() == b""
    assert VALUE.encode() not in redactor.feed(URL.encode().removeprefix(b"postgresql://app:") + b"\n")


def test_each_marker_is_told_once(engine: Engine) -> None:
    told: list[tuple[str, bytes]] = []
    redactor = Redactor(engine, KEY, on_cut=lambda marker, written: told.append((marker, written)))
    redactor.feed(f"{URL}\n{URL}\n".encode())
    assert [written for _marker, written in told] == [VALUE.encode()]


def _pem() -> str:
    body = base64.b64encode(bytes(random.Random(5).randbytes(1_200))).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----\n"])


OVER_LINES = {
    "key": f"cat id_rsa\n{_pem()}after\n",
    "wrapped": f"the connection string to use is  {URL[:32]}\n    {URL[32:]}\nnext\n",
    "table": "Host      ep-late-moon-a1b2c3d4.us-east-2.aws.neon.tech\nRole      owner\nPassword  AbFake9kQ2wx\nend\n",
    "broken name": f"DATABASE_URL=\\\n{URL}\n",
}


@pytest.mark.parametrize("name", OVER_LINES)
@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_what_runs_over_lines_is_cut_however_the_lines_arrive(engine: Engine, name: str, size: int) -> None:
    data = OVER_LINES[name].encode()
    whole = Redactor(engine, KEY).redact(data)
    assert b"[REDACTED:" in whole
    assert _filter(engine, data, [size] * (len(data) // size)) == whole


def test_a_held_line_leaves_after_a_pause(engine: Engine) -> None:
    """A line that ends inside a credential waits for the next one, but not for ever."""
    redactor = Redactor(engine, KEY)
    first, second = OVER_LINES["wrapped"].encode().splitlines(keepends=True)[:2]
    assert redactor.feed(first) == b""
    assert redactor.idle() == first
    assert VALUE.encode() not in redactor.feed(second)
    assert redactor.feed(b"clean\n") == b"clean\n"
