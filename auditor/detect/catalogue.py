"""Rules as plain values for people and programs: what `auditor rules list` and `show` print.

Examples are shown with the secret cut out: a terminal's scrollback and a log of this command stay free of values that
other scanners take for credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.detect.rules import Rule, RuleSet

_CUT = "<secret>"


def summary(rule: Rule) -> dict[str, str]:
    """Return one line about a rule."""
    return {
        "id": rule.id,
        "kind": rule.kind,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "pack": rule.pack,
        "title": rule.title,
    }


def details(rule: Rule) -> dict[str, Any]:
    """Return everything a rule says, JSON-able."""
    return {
        **summary(rule),
        "description": rule.description,
        "anchors": [anchor.decode() for anchor in rule.anchors],
        "guards": list(rule.guards),
        "ignore_case": rule.ignore_case,
        "pattern": rule.pattern,
        "unescape": rule.unescape,
        "checks": [":".join((check.name, *check.arguments)) for check in rule.checks],
        "static": rule.static,
        "privileged": rule.privileged,
        "cwe": list(rule.cwe),
        "playbook": rule.playbook,
        "references": list(rule.references),
        "examples": [_cut(example.text, example.secret) for example in rule.examples],
        "counter_examples": [
            {"text": _cut(counter.text, b""), "why": counter.why} for counter in rule.counter_examples
        ],
    }


def listing(rules: RuleSet) -> dict[str, Any]:
    """Return packs and rules of a run, JSON-able."""
    packs = [
        {"id": pack.id, "version": pack.version, "title": pack.title, "digest": pack.digest, "rules": pack.rules}
        for pack in rules.packs
    ]
    overridden: list[Mapping[str, str]] = [{"rule": rule, "by": pack} for rule, pack in rules.overridden]
    return {"packs": packs, "rules": [summary(rule) for rule in rules], "overridden": overridden}


def _cut(text: bytes, secret: bytes) -> str:
    return text.replace(secret, _CUT.encode()).decode() if secret else text.decode()
