"""Long strings are decoded in parts: what is found must not depend on it."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.decode import json_string
from auditor.detect.engine import Engine
from auditor.detect.rules import load

ENGINE = Engine(load())
LINES = (
    "export const DATABASE_URL = requireEnv('DATABASE_URL');\n",
    "    if not secret_name.startswith('db-'): raise KeyError(secret_name)\n",
    'é ünïcödé 日本語 \U0001f600 \u001b[1;32mok\u001b[0m\t"quoted" and C:\\temp\\new\n',
    "plain words " * 40 + "\n",
)
LEAKS = (
    "DATABASE_URL=postgresql://app:npg_FakeQ7w8e9r0t1@db.example.com/shop\n",
    json.dumps({"url": 'postgres://app:Fake"q\\7w8e9@db.example.com/shop', "n": "x\ny"}) + "\n",
    json.dumps({"a": json.dumps({"apiKey": "napi_fake" + "k3j4h5g6f7d8s9a0" * 3, "t": "é\n"})}) + "\n",
    "PGPASSWORD='FakeW5x6Y7z8' psql -h localhost\n",
    "-----BEGIN PRIVATE KEY-----\n" + "FakeMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 6 + "-----END PRIVATE KEY-----\n",
)


def _found(data: bytes) -> list[tuple[str, int, int, bytes]]:
    return [(one.rule, one.secret_start, one.secret_end, one.secret.reveal()) for one in ENGINE.scan(data)]


@pytest.mark.parametrize("ascii_only", [True, False])
@settings(max_examples=15)
@example(seed=597, size=200_000)  # a key that the end of one part cuts
@given(seed=st.integers(0, 1 << 32), size=st.sampled_from([40_000, 90_000, 200_000]))
def test_what_is_found_does_not_depend_on_the_part_that_is_decoded(seed: int, size: int, ascii_only: bool) -> None:
    chance = random.Random(seed)
    text = ""
    while len(text) < size:
        text += chance.choice(LEAKS) if chance.random() < 0.01 else chance.choice(LINES)
    record = {"payload": {"output": json.dumps({"output": text}) if chance.random() < 0.5 else text}}
    data = json.dumps(record, ensure_ascii=ascii_only).encode() + b"\n"
    in_parts = _found(data)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_string, "_WHOLE", 1 << 30)
        assert _found(data) == in_parts
