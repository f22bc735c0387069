# ruff: noqa: E501
"""Pointers of spans in whole, torn and embedded JSON; keys that are no field names never show."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.formats.pointer import locate, locate_all

SECRET = b"npg_FakePointer1"


def at(record: bytes, needle: bytes = SECRET) -> str:
    start = record.index(needle)
    return locate(record, start, start + len(needle))


CASES = [
    (b'{"payload":{"output":"x npg_FakePointer1 y"}}', "/payload/output"),
    (b'{"a":[1,{"b":[true,null,"npg_FakePointer1"]}]}', "/a/1/b/2"),
    (b'["a\\"b","\\\\","npg_FakePointer1"]', "/2"),
    (b'{"a":{"npg_FakePointer1":{"x":1}}}', "/a/*0"),
    (b'{"a":1,"npg_x9y8z7w6":{"x":"npg_FakePointer1"}}', "/*1/x"),
    (b'{"a":1,"we/ird ~key":"npg_FakePointer1"}', "/*1"),
    (b'{"a":{"b":"npg_FakePointer1', "/a/b"),
    (b'{"a":{"b":"npg_FakePointer1\\', "/a/b"),
    (b'2026-11-23 [info] [neon] Message: {"result":{"content":[{"text":"npg_FakePointer1"}]}} { metadata: x }',
     "/result/content/0/text"),
    (b'data: {"a":1}\ndata: {"b":"npg_FakePointer1"}', "/b"),
    (b"plain npg_FakePointer1 text", ""),
    (b'npg_FakePointer1 {"a":1}', ""),
    (b'{"n":npg_FakePointer1}', "/n"),
    (b'{"a":{},"b":[],"c":"npg_FakePointer1"}', "/c"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "expected"), CASES, ids=range(len(CASES)))
def test_pointer(record: bytes, expected: str) -> None:
    assert at(record) == expected


def test_deep_nesting_is_bounded() -> None:
    record = b'{"a":' * 50_000 + b'"' + SECRET + b'"'
    assert at(record).count("/") == 2000


def test_a_megabyte_of_backslashes_is_linear() -> None:
    record = b'{"a":"' + b"\\\\" * 1_000_000 + b'","b":"' + SECRET
    assert at(record) == "/b"


def test_several_spans_in_any_order() -> None:
    record = b'{"a":"one","b":["two","three"]}'
    spans = [(record.index(word), record.index(word) + 1) for word in (b"three", b"one", b"two")]
    assert locate_all(record, spans) == ["/b/1", "/a", "/b/0"]


TREES = st.recursive(
    st.text(max_size=5) | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(TREES, st.booleans())
@settings(max_examples=60)
def test_pointer_leads_to_the_value(tree: Any, compact: bool) -> None:
    whole = {"before": tree, "list": [tree, {"here": "npg_FakePointer1"}, tree]}
    record = json.dumps(whole, separators=(",", ":") if compact else None).encode()
    value: Any = whole
    for part in at(record).split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    assert value == "npg_FakePointer1"
