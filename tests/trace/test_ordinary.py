"""Ordinary steps: the same document, however many of them are packed."""

from __future__ import annotations

import random

import pytest

from auditor.safe.packed import Packed
from auditor.trace import ordinary
from auditor.trace.ordinary import Ordinary
from auditor.trace.step import Step


def _step(number: int, session: str, minute: int, action: str = "other") -> Step:
    made = Step(
        f"{session}/c{number}", session, "r.jsonl", number, 0, "", "shell", action, shown=f"cat {number}",
        started=f"2026-11-20T10:{minute:02d}:00Z" if minute else "",
    )  # fmt: skip
    made.number = number
    return made


@pytest.mark.parametrize("light", [3, 40, 10_000])
def test_steps_stand_in_order_whatever_is_packed(light: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordinary, "LIGHT", light)
    monkeypatch.setattr(ordinary, "BLOCK", 8)
    chance = random.Random(light)
    every = [_step(number, chance.choice("abc"), chance.choice((0, 1, 2, 3))) for number in range(200)]
    kept = Ordinary(str)
    others: dict[str, list[Step]] = {}
    for one in every:
        if chance.random() < 0.2:
            others.setdefault(one.session, []).append(one)
        else:
            kept.add(one)
    kept.settle("abc")
    found = kept.among(others)
    assert isinstance(found, Packed) == (light < 200)
    assert [row["id"] for row in found] == [one.id for one in sorted(every, key=lambda one: (one.session, one.order))]


def test_blocks_between_which_nothing_else_stands_are_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordinary, "LIGHT", 3)
    kept = Ordinary(str)
    for number in range(1, 9):
        kept.add(_step(number, "a", number))
    kept.settle("a")
    found = kept.among({"a": [_step(9, "a", 9, "apply")]})
    assert isinstance(found, Packed)
    assert [row["action"] for row in found] == ["other"] * 8 + ["apply"]
    assert found.blocks[0] is kept._rows["a"].pieces[0].block


def test_what_runs_and_checks_ask_about_is_not_ordinary() -> None:
    plain = _step(1, "a", 1)
    assert plain.ordinary
    plain.shown = "curl https://fake.example/"
    assert not plain.ordinary
    for change in ({"action": "apply"}, {"tool": "git"}, {"wrote": (".env",)}, {"migrations": ["1"]}):
        one = _step(1, "a", 1)
        for name, value in change.items():
            setattr(one, name, value)
        assert not one.ordinary
