from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.safe import csv as safe_csv
from auditor.safe import github, json, markup, terminal, text

ANY = st.text(st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("a\rb", "a\\rb"),
        ("\x9b", "\\x9b"),
        ("x\u202ey", "x\\u202ey"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("naïve 漢字 😀", "naïve 漢字 😀"),
        ("two\nlines", "two\\nlines"),
    ],
)
def test_unsafe_characters_are_shown(given_text: str, shown: str) -> None:
    assert terminal.line(given_text) == shown


@settings(max_examples=200)
@given(ANY)
def test_nothing_unsafe_is_left(value: str) -> None:
    assert not text.UNSAFE.search(terminal.line(value))
    assert not text.UNSAFE.search(terminal.block(value).replace("\n", ""))
    assert not text.UNSAFE.search(safe_csv.cell(value))
    assert not text.UNSAFE.search(markup.markdown(value))
    assert not text.UNSAFE.search(markup.code_span(value))
    assert not text.UNSAFE.search(markup.sarif(value))
    assert "\n" not in github.command("error", value, file=value)
    assert not text.UNSAFE.search(json.dumps({"x": value}).decode())


@settings(max_examples=200)
@given(ANY)
def test_json_is_lossless(value: str) -> None:
    assert orjson.loads(json.dumps([value])) == json.whole([value])


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\r=1", "＝1"])  # noqa: RUF001
def test_formulas_get_an_apostrophe(value: str) -> None:
    assert safe_csv.cell(value).startswith("'")
    out = io.StringIO()
    csv.writer(out).writerow([safe_csv.cell(value)])
    assert next(csv.reader(io.StringIO(out.getvalue())))[0].startswith("'")


def test_numbers_stay_numbers() -> None:
    assert [safe_csv.cell(one) for one in (-5, None, True, "plain")] == ["-5", "", "true", "plain"]


@pytest.mark.parametrize(
    ("value", "span"),
    [("a`b", "``a`b``"), ("`", "`` ` ``"), ("a|b", "`a\\|b`"), ("", "` `"), ("x``y`z", "```x``y`z```")],
)
def test_code_spans_outlast_backticks(value: str, span: str) -> None:
    assert markup.code_span(value) == span


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("@octocat", "@&#8203;octocat"),
        ("#12", "\\#&#8203;12"),
        ("GH-12", "GH&#8203;-12"),
        ("<b>", "\\<b\\>"),
        ("http://x.y www.x.y", "http:&#8203;//x.y www&#8203;.x.y"),
        ("mailto:a@b.c", "mailto&#8203;:a@&#8203;b.c"),
    ],
)
def test_markdown_prose_does_nothing(value: str, shown: str) -> None:
    assert markup.markdown(value) == shown


def test_workflow_commands_cannot_be_left() -> None:
    line = github.command("error", "a\n::stop-commands::x %0A", file="a:b,c\r\n", line=3, title="")
    assert line == "::error file=a%3Ab%2Cc\\r\\n,line=3::a%0A::stop-commands::x %250A"


def test_sarif_brackets_and_braces_are_text() -> None:
    assert markup.sarif("[x](1) {0} \\") == "\\[x\\](1) {{0}} \\\\"


@pytest.mark.parametrize(("limit", "shown"), [(3, "ab…"), (10, "abcdef")])
def test_clip(limit: int, shown: str) -> None:
    assert text.clip("abcdef", limit) == shown


def test_clip_middle_keeps_both_ends() -> None:
    assert text.clip_middle("/home/someone/deep/folder/name.jsonl", 20) == "/home/s…r/name.jsonl"


@pytest.mark.parametrize("cut", [text.clip, text.clip_middle])
@pytest.mark.parametrize(
    "shown",
    [
        "atlas migrate apply --url 'postgresql://neondb_owner:[REDACTED:postgres-url:c411]@ep-fake.neon.tech/db'",
        "alembic -x url='postgresql+psycopg://neondb_owner:[REDACTED:postgres-url:20b2]@ep-fake.neon.tech/db' up",
        "psql 'host=db user=app password=[REDACTED:postgres-password:1a2b] dbname=shop' -c 'select 1'",
        "PGPASSWORD=[REDACTED:postgres-password:1a2b] psql -h ep-fake.neon.tech -U app shop -f migrations/001.sql",
        "curl -H 'Authorization: Bearer [REDACTED:bearer-token:00ff]' https://api.fake.dev/v1/projects?limit=400",
    ],
)
def test_no_cut_leaves_half_a_marker(cut: Callable[[str, int], str], shown: str) -> None:
    """Half of one reads like a password, and a report that seems to hold one is not published."""
    engine = Engine(load())
    for limit in range(1, len(shown)):
        told = cut(shown, limit)
        assert len(told) <= limit
        assert told.count("REDACTED") == len(re.findall(r"\[REDACTED:[a-z-]+:[0-9a-f]{4}\]", told)), told
        assert engine.scan(told.encode(), confidence="medium") == [], told
