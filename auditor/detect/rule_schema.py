"""Shape of a rule pack: which keys a table may have, of which type, and how they become a `Rule`.

Every complaint names file, rule and key, so that its author can find it; the text of a rule pack is not log input.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, cast

from auditor import lazy
from auditor.detect.bounds import unbounded
from auditor.detect.candidate import parse_call
from auditor.detect.rules import CounterExample, Example, Rule
from auditor.errors import UsageProblem
from auditor.model import CONFIDENCES, KINDS, SEVERITIES, Confidence, Kind, Severity

_ID = lazy.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CORE = lazy.compile(r"[A-Za-z0-9_.-]{3,}")
_CLASS = lazy.compile(r"(?:[a-zA-Z0-9_]-[a-zA-Z0-9_]|[a-zA-Z0-9_.])*-?")
_PACK_KEYS: dict[str, type] = {"id": str, "version": str, "title": str}
_RULE_KEYS: dict[str, type] = {
    "id": str, "title": str, "kind": str, "description": str, "anchors": list, "guards": list, "ignore_case": bool,
    "pattern": str, "lead": int, "lead_of": str, "records": int, "unescape": str, "checks": list, "confidence": str,
    "severity": str, "static": bool, "privileged": bool, "cwe": list, "playbook": str, "references": list,
    "examples": list, "counter_examples": list, "override": bool,
}  # fmt: skip
_REQUIRED = ("id", "title", "kind", "anchors", "pattern", "confidence", "severity", "examples", "counter_examples")
UNESCAPES = ("", "percent", "entities", "backslash", "doubled", "shell")
_MIN_EXAMPLES = 3
MAX_RECORDS = 8
MAX_LEAD = 200
"""A match that begins farther from its anchor is better searched for."""


class Complaint(Exception):
    """Something is wrong with one key; the loader adds file and rule."""


def pack_table(data: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the checked `[pack]` table."""
    _known_keys(data, {"pack": dict, "rule": list}, "file")
    table = data.get("pack")
    if not isinstance(table, dict):
        raise Complaint("there is no [pack] table")
    _known_keys(table, _PACK_KEYS, "[pack]")
    _present(table, tuple(_PACK_KEYS))
    return table


def rule(table: Mapping[str, Any], pack: str) -> Rule:
    """Return the checked rule of one `[[rule]]` table."""
    _refuse_malformed(table)
    return Rule(
        id=table["id"],
        pack=pack,
        title=table["title"],
        kind=cast(Kind, table["kind"]),
        description=table.get("description", ""),
        anchors=_anchors(table),
        guards=_strings(table, "guards"),
        ignore_case=table.get("ignore_case", False),
        pattern=_pattern(table["pattern"]),
        lead=_lead(table),
        lead_of=_lead_of(table),
        records=_records(table),
        unescape=table.get("unescape", ""),
        checks=_checks(table),
        confidence=cast(Confidence, table["confidence"]),
        severity=cast(Severity, table["severity"]),
        static=table.get("static", True),
        privileged=table.get("privileged", False),
        cwe=tuple(table.get("cwe", ())),
        playbook=table.get("playbook", ""),
        references=_strings(table, "references"),
        examples=_examples(table),
        counter_examples=_counter_examples(table),
    )


def _refuse_malformed(table: Mapping[str, Any]) -> None:
    _known_keys(table, _RULE_KEYS, "[[rule]]")
    _present(table, _REQUIRED)
    _one_of(table, "kind", KINDS)
    _one_of(table, "confidence", CONFIDENCES)
    _one_of(table, "severity", SEVERITIES)
    _one_of(table, "unescape", UNESCAPES)
    if not _ID.fullmatch(table["id"]):
        raise Complaint("`id` is not kebab case")


def _known_keys(table: Mapping[str, Any], keys: Mapping[str, type], where: str) -> None:
    for key, value in table.items():
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1)
            raise Complaint(f"unknown key `{key}` in {where}" + (f", did you mean `{near[0]}`?" if near else ""))
        if not isinstance(value, keys[key]):
            raise Complaint(f"`{key}` must be a {keys[key].__name__}")


def _present(table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys:
        if key not in table:
            raise Complaint(f"`{key}` is missing")


def _one_of(table: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> None:
    if table.get(key, allowed[0]) not in allowed:
        near = difflib.get_close_matches(str(table[key]), allowed, 3)
        raise Complaint(f"`{key}` must be one of {', '.join(near or allowed)}")


def _strings(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = table.get(key, [])
    if not all(isinstance(value, str) for value in values):
        raise Complaint(f"`{key}` must be a list of strings")
    return tuple(values)


def _anchors(table: Mapping[str, Any]) -> tuple[bytes, ...]:
    """At least three plain characters in a row: the part every encoding but base64 and hex leaves alone."""
    anchors = _strings(table, "anchors")
    if not anchors:
        raise Complaint("`anchors` is empty")
    for anchor in anchors:
        if not _CORE.search(anchor):
            raise Complaint("an anchor needs three letters, digits, `_`, `-` or `.` in a row")
        if not anchor.isascii():
            raise Complaint("an anchor must be ASCII")
    return tuple(anchor.encode() for anchor in anchors)


def _pattern(pattern: str) -> str:
    if "(?P<secret>" not in pattern:
        raise Complaint("`pattern` has no group `secret`")
    if loose := unbounded(pattern):
        raise Complaint(f"`pattern` has an unbounded quantifier: {loose}")
    return pattern


def _lead(table: Mapping[str, Any]) -> int | None:
    lead: int | None = table.get("lead")
    if lead is not None and not 0 <= lead <= MAX_LEAD:
        raise Complaint(f"`lead` must be between 0 and {MAX_LEAD} bytes")
    return lead


def _lead_of(table: Mapping[str, Any]) -> str:
    written: str = table.get("lead_of", "")
    if written and not table.get("lead"):
        raise Complaint("`lead_of` says of what the bytes of `lead` are, which is missing")
    if not _CLASS.fullmatch(written):
        raise Complaint("`lead_of` must hold letters, digits, `_`, `.`, `-` and ranges of them")
    return written


def _records(table: Mapping[str, Any]) -> int:
    records: int = table.get("records", 0)
    if not 0 <= records <= MAX_RECORDS:
        raise Complaint(f"`records` must be between 0 and {MAX_RECORDS}")
    return records


def _checks(table: Mapping[str, Any]) -> tuple[Any, ...]:
    try:
        return tuple(parse_call(text) for text in _strings(table, "checks"))
    except UsageProblem as problem:
        raise Complaint(problem.message) from None


def _examples(table: Mapping[str, Any]) -> tuple[Example, ...]:
    examples = []
    for item in _tables(table, "examples", {"text": str, "secret": str, "parts": dict}):
        _present(item, ("text", "secret"))
        examples.append(Example(item["text"].encode(), item["secret"].encode(), item.get("parts", {})))
    return tuple(examples)


def _counter_examples(table: Mapping[str, Any]) -> tuple[CounterExample, ...]:
    examples = []
    for item in _tables(table, "counter_examples", {"text": str, "why": str}):
        _present(item, ("text", "why"))
        examples.append(CounterExample(item["text"].encode(), item["why"]))
    return tuple(examples)


def _tables(table: Mapping[str, Any], key: str, keys: Mapping[str, type]) -> list[Mapping[str, Any]]:
    items: list[Mapping[str, Any]] = table[key]
    if len(items) < _MIN_EXAMPLES:
        raise Complaint(f"`{key}` needs at least {_MIN_EXAMPLES} entries")
    for item in items:
        if not isinstance(item, dict):
            raise Complaint(f"`{key}` must hold tables")
        _known_keys(item, keys, f"`{key}`")
    return items
