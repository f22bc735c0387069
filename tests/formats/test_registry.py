"""Detection is by content; every dialect keeps its promises on every other dialect's bytes."""

from __future__ import annotations

import random

import pytest

from auditor.formats.dialect import LineDialect
from auditor.formats.registry import DIALECTS, detect
from tests.formats.samples import SAMPLES, URL


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", ["x.bin", "rollout-2026-11-23.jsonl", "mcp.log"])
def test_detection_matrix(sample: str, name: str) -> None:
    expected, data = SAMPLES[sample]
    assert detect(data, name).name == expected


@pytest.mark.parametrize("sample", SAMPLES)
def test_crlf_and_bom_do_not_hide_a_dialect(sample: str) -> None:
    expected, data = SAMPLES[sample]
    if expected in {"codex-rollout", "codex-exec", "codex-g1", "plain"}:
        assert detect(data.replace(b"\n", b"\r\n"), "x").name == expected


@pytest.mark.parametrize("name", DIALECTS)
def test_no_dialect_raises_and_each_record_gives_an_event(name: str) -> None:
    dialect = DIALECTS[name]
    for _, data in SAMPLES.values():
        for record in [data, *data.splitlines(), data[: len(data) // 2], data.replace(b'"', b""), b"", b"\xff\xfe\x00"]:
            assert list(dialect.events(record))
            assert dialect.continues(record) in {True, False}
            assert 0 <= dialect.recognises(record, "x") <= 1


@pytest.mark.parametrize("sample", SAMPLES)
def test_own_records_are_read_without_the_safety_net(sample: str) -> None:
    """`events` catches what hostile records raise; on well-formed samples nothing may need catching."""
    expected, data = SAMPLES[sample]
    dialect = DIALECTS[expected]
    assert isinstance(dialect, LineDialect)
    for record in [data] if dialect.whole else data.splitlines():
        assert list(dialect._events(record))


@pytest.mark.parametrize("sample", SAMPLES)
def test_mutated_records_never_raise(sample: str) -> None:
    expected, data = SAMPLES[sample]
    chance = random.Random(sample)
    for _ in range(60):
        bad = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            if bad:
                bad[chance.randrange(len(bad))] = chance.randrange(256)
        for record in [bytes(bad), *bytes(bad).splitlines()]:
            assert list(DIALECTS[expected].events(record))
        assert detect(bytes(bad), "x").name in DIALECTS


def test_opaque_keys_are_known_where_codex_writes_ciphertext() -> None:
    assert b"encrypted_content" in DIALECTS["codex-rollout"].opaque_keys
    assert b"encrypted_content" in DIALECTS["codex-g1"].opaque_keys
    assert not DIALECTS["plain"].opaque_keys


def test_no_event_invents_a_session_from_a_credential() -> None:
    for name, data in SAMPLES.values():
        for event in DIALECTS[name].events(data):
            assert URL not in event.session + event.turn + event.call_id + event.pointer
