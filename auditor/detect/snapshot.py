"""Parsed rule packs as one JSON text, for the cache: reading it back takes a tenth of reading the TOML."""

from __future__ import annotations

from typing import Any

import orjson

from auditor.detect.candidate import CheckCall
from auditor.detect.rules import CounterExample, Example, Rule, RulePack

Pack = tuple[RulePack, list[tuple[bool, Rule]]]
"""A pack and its rules, each with whether it may replace another."""
_PACK = ("id", "version", "title", "digest", "rules")
_PLAIN = (
    "id", "pack", "title", "kind", "description", "ignore_case", "pattern", "lead", "unescape", "confidence",
    "severity", "static", "privileged", "playbook",
)  # fmt: skip
_TUPLES = ("guards", "cwe", "references")


def dump(packs: list[Pack]) -> bytes:
    """Return packs as JSON; bytes become text one for one (Latin-1)."""
    return orjson.dumps(
        [
            ([getattr(pack, name) for name in _PACK], [(override, _fields(rule)) for override, rule in rules])
            for pack, rules in packs
        ]
    )


def load(body: bytes) -> list[Pack]:
    """Return what `dump` was given."""
    return [
        (RulePack(*pack), [(override, _rule(fields)) for override, fields in rules])
        for pack, rules in orjson.loads(body)
    ]


def _fields(rule: Rule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in (*_PLAIN, *_TUPLES)} | {
        "anchors": [_text(anchor) for anchor in rule.anchors],
        "checks": [(call.name, call.arguments) for call in rule.checks],
        "examples": [(_text(one.text), _text(one.secret), one.parts) for one in rule.examples],
        "counter_examples": [(_text(one.text), one.why) for one in rule.counter_examples],
    }


def _rule(fields: dict[str, Any]) -> Rule:
    plain = {name: fields[name] for name in _PLAIN} | {name: tuple(fields[name]) for name in _TUPLES}
    return Rule(
        **plain,
        anchors=tuple(map(_bytes, fields["anchors"])),
        checks=tuple(CheckCall(name, tuple(arguments)) for name, arguments in fields["checks"]),
        examples=tuple(Example(_bytes(text), _bytes(secret), parts) for text, secret, parts in fields["examples"]),
        counter_examples=tuple(CounterExample(_bytes(text), why) for text, why in fields["counter_examples"]),
    )


def _text(value: bytes) -> str:
    return value.decode("latin-1")


def _bytes(value: str) -> bytes:
    return value.encode("latin-1")
