"""Known values: found bare, in every spelling, at exact bytes."""

from __future__ import annotations

import pytest

from auditor.detect.known import KnownValues
from auditor.detect.spellings import SPELLINGS
from auditor.secret import Secret

VALUES = [b"Fake/Pass+word", b'Fake"quo\\te', "Fakeé☃😀".encode(), b"npg_Fake1234Abcd", b"Fake's one", b"<Fake&1>"]
KNOWN = KnownValues(map(Secret, VALUES))


@pytest.mark.parametrize("spelling", sorted(set(SPELLINGS) - {"wrap", "percent-2", "unicode"}))
@pytest.mark.parametrize("index", range(len(VALUES)))
def test_finds_every_spelling(spelling: str, index: int) -> None:
    value = VALUES[index]
    text = b"three lines later " + value + b" stands bare"
    spelled = SPELLINGS[spelling](text, 18, 18 + len(value))
    hits = [(hit.start, hit.end) for hit in KNOWN.find(spelled.text) if hit.number == index]
    assert hits == [(spelled.start, spelled.end)]


def test_finds_shell_and_html_spellings() -> None:
    assert [hit.number for hit in KNOWN.find(b"echo 'Fake'\\''s one'; <p>&lt;Fake&amp;1&gt;</p>")] == [4, 5]


def test_ignores_values_too_short_and_empty_sets() -> None:
    assert KnownValues([Secret(b"abc")]).find(b"abc abc") == []
    assert KnownValues([]).find(b"abc") == []


def test_two_values_of_which_one_holds_the_other() -> None:
    known = KnownValues([Secret(b"FakeOne"), Secret(b"FakeOneTwo")])
    assert [(hit.number, hit.start) for hit in known.find(b"FakeOneTwo FakeOne")] == [(1, 0), (0, 11)]


def test_secrets_do_not_show() -> None:
    assert "Fake" not in repr(KNOWN)
