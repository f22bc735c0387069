"""Parsed rule packs as plain values for the cache: reading them back takes a fraction of reading the TOML.

`marshal`, since a hook has no time for more; the cache is private, keyed by the interpreter and checked by digest.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from typing import Any

from auditor.detect.candidate import CheckCall
from auditor.detect.rules import CounterExample, Example, Rule, RulePack

Pack = tuple[RulePack, list[tuple[bool, Rule]]]
"""A pack and its rules, each with whether it may replace another."""


def dump(packs: list[Pack]) -> bytes:
    """Return packs as bytes."""
    return marshal.dumps(_plain(packs))


def load(body: bytes) -> list[Pack]:
    """Return what `dump` was given."""
    return [
        (RulePack(*pack), [(override, _rule(fields)) for override, fields in rules])
        for pack, rules in marshal.loads(body)  # noqa: S302 - our own
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    return dict(value) if isinstance(value, Mapping) else value


def _rule(fields: tuple[Any, ...]) -> Rule:
    rule = Rule(*fields)
    return rule._replace(
        checks=tuple(CheckCall(*one) for one in rule.checks),
        examples=tuple(Example(*one) for one in rule.examples),
        counter_examples=tuple(CounterExample(*one) for one in rule.counter_examples),
    )
