"""Learned values: tiers find every value, memory is bounded, markers stay apart."""

from __future__ import annotations

import base64
import json
import math

import pytest

from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.redact import learned as learned_values
from auditor.redact.learned import Learned
from auditor.redact.stream import Redactor
from auditor.secret import Secret


def _value(number: int) -> bytes:
    return b"npg_FakeQ7w8e9r%04d" % number


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 33])
def test_every_tier_is_searched(count: int) -> None:
    learned = Learned()
    for number in range(count):
        learned.add(Secret(_value(number)))
        list(learned.find(b""))
    data = b" ".join(_value(number) for number in range(count + 1))
    found = sorted((one.start, one.secret.reveal()) for one in learned.find(data))
    assert [value for _start, value in found] == [_value(number) for number in range(count)]


@pytest.mark.parametrize("sizes", [[1] * 100, [1, 50] * 20, [50, 1, 1] * 20, list(range(1, 40))])
def test_tiers_stay_few_and_values_are_seldom_compiled_again(sizes: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[int] = []
    monkeypatch.setattr(learned_values, "KnownValues", lambda secrets, utf16: compiled.append(len(secrets)))
    learned = Learned()
    for number, size in enumerate(sizes):
        for item in range(size):
            learned.add(Secret(b"%d-%d" % (number, item)))
        learned._settle()
    levels = math.log(sum(sizes), learned_values.FAN) + 1
    assert sum(len(tier.secrets) for tier in learned._tiers) == sum(sizes)
    assert len(learned._tiers) <= (learned_values.FAN - 1) * levels
    assert sum(compiled) <= sum(sizes) * (levels + 1)


def _line(number: int) -> bytes:
    return b"postgresql://app:%s@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop\n" % _value(number)


def test_memory_starts_anew_above_the_limit_and_nothing_escapes() -> None:
    redactor = Redactor(Engine(load()), b"k" * 32, most=4)
    out = b"".join(redactor.feed(_line(number)) for number in range(11))
    assert b"npg_Fake" not in out
    assert b"npg_Fake" not in redactor.feed(_value(10) + b"\n")


def test_two_values_never_share_a_marker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Secret, "fingerprint", lambda self, key: "3fa9" + self.reveal()[-4:].decode())
    out = Redactor(Engine(load()), b"k" * 32).redact(_line(1) + _line(2) + _line(1))
    marks = [line.partition(b"@")[0].rpartition(b":")[2] for line in out.splitlines()]
    assert marks[0] == marks[2] != marks[1]


def test_base64_around_a_value_goes_on_decoding() -> None:
    redactor = Redactor(Engine(load()), b"k" * 32)
    out = redactor.redact(base64.b64encode(b"see " + _line(1) + b"end"))
    text = base64.b64decode(out)
    assert text.startswith(b"see postgresql://app:*****")
    assert text.endswith(b"@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop\nend")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_an_encoded_command_of_powershell_goes_on_decoding(codec: str) -> None:
    """Also for a value that no rule sees there, since it stands bare."""
    redactor = Redactor(Engine(load()), b"k" * 32)
    for text in ("see " + _line(1).decode() + "end", f"echo {_value(1).decode()} # bare"):
        command = b"pwsh -EncodedCommand " + base64.b64encode(text.encode(codec))
        out = redactor.redact(command).removeprefix(b"pwsh -EncodedCommand ")
        said = base64.b64decode(out).decode(codec)
        assert "*****" in said
        assert _value(1).decode() not in said
        assert said.startswith(text[:5])
        assert said.endswith(text[-5:])


def test_utf16_is_expected_also_after_values_were_forgotten() -> None:
    redactor = Redactor(Engine(load()), b"k" * 32, most=1)
    redactor.redact(_line(2))
    redactor.redact(base64.b64encode(_line(1).decode().encode("utf-16-le")))
    bare = base64.b64encode(f"echo {_value(1).decode()} x".encode("utf-16-le"))
    assert _value(1).decode() not in base64.b64decode(redactor.redact(bare)).decode("utf-16-le")


def test_a_letter_that_belongs_to_an_escape_stays() -> None:
    """`\\n` before `pg_…` looks like a value that begins with n; cutting the n would break the JSON."""
    redactor = Redactor(Engine(load()), b"k" * 32, learned=[("neon-password", Secret(b"npg_FakeQ7w8e9r0t1"))])
    out = redactor.redact(b'{"text": "\\npg_FakeQ7w8e9r0t1"}')
    assert json.loads(out)["text"].startswith("\n[REDACTED:")
