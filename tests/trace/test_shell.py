"""Shell text → simple commands."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.trace import shell


def _argv(text: str) -> list[tuple[str, ...]]:
    return [command.argv for command in shell.parse(text).commands]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cd x && atlas migrate apply --env prod", [("cd", "x"), ("atlas", "migrate", "apply", "--env", "prod")]),
        ("a; b || c | d\ne", [("a",), ("b",), ("c",), ("d",), ("e",)]),
        ("(cd x; y) & z", [("cd", "x"), ("y",), ("z",)]),
        ('for i in 1 2; do psql -c "$i"; done', [("psql", "-c", "$i")]),
        ("if true; then a; else b; fi", [("true",), ("a",), ("b",)]),
        ("while read l; do a $l; done < f", [("read", "l"), ("a", "$l")]),
        ("ls \\\n -l a\\ b", [("ls", "-l", "a b")]),
        ("echo 'it''s' \"a\\\"b\" $'x\\ty'", [("echo", "its", 'a"b', "x\ty")]),
        ("f() { bar; }; f", [("bar",), ("f",)]),
        ("! a; time b", [("a",), ("time", "b")]),
        ("", []),
        ("# only words", []),
    ],
)
def test_commands(text: str, expected: list[tuple[str, ...]]) -> None:
    assert _argv(text) == expected


def test_assignments_come_with_their_command() -> None:
    (command,) = shell.parse("A=1 B='x y' atlas version").commands
    assert command.assignments == (("A", "1"), ("B", "x y"))
    assert command.argv == ("atlas", "version")


def test_export_and_bare_assignment() -> None:
    first, second = shell.parse('export A="$B" C=2; D=3').commands
    assert (first.argv, first.assignments) == (("export",), (("A", "$B"), ("C", "2")))
    assert first.variables == {"B"}
    assert (second.argv, second.assignments) == ((), (("D", "3"),))


def test_substitution_runs_first_and_is_captured() -> None:
    inner, outer = shell.parse("export URL=$(neon cs br)").commands
    assert inner.argv == ("neon", "cs", "br")
    assert inner.captured
    assert inner.silent()
    assert not outer.captured


def test_heredoc_text_and_redirects() -> None:
    write, commit = shell.parse("cat <<'EOF' > .env && git commit -m x\nA=$Q | (y)\nEOF\n").commands
    assert write.stdin == "A=$Q | (y)\n"
    assert [(one.operator, one.target) for one in write.redirects] == [("<<", ""), (">", ".env")]
    assert write.variables == frozenset()
    assert commit.argv[:2] == ("git", "commit")
    assert commit.joined == "&&"


def test_heredoc_of_another_language_is_not_shell() -> None:
    text = "python3 -q <<'PY'\n" + "print((1|2) > (3))\n" * 200 + "PY\natlas version"
    assert _argv(text) == [("python3", "-q"), ("atlas", "version")]


def test_redirect_of_a_list_belongs_to_its_last_command() -> None:
    first, second = shell.parse("a && b > f").commands
    assert not first.silent()
    assert second.silent()


def test_redirect_of_a_group_belongs_to_all() -> None:
    assert [command.silent() for command in shell.parse("{ a; b; } > f").commands] == [True, True]


def test_pipeline_marks_feeding_stages() -> None:
    assert [command.piped for command in shell.parse("a | b | c").commands] == [True, True, False]


def test_variables_are_known_by_name_outside_single_quotes() -> None:
    (command,) = shell.parse("psql \"$DATABASE_URL\" ${OTHER:-x} '$NOT' \"a\"'$NO'$YES").commands
    assert command.variables == {"DATABASE_URL", "OTHER", "YES"}


def test_offsets_are_bytes() -> None:
    text = "echo é; atlas version"
    command = shell.parse(text).commands[1]
    assert text.encode()[command.start : command.end] == b"atlas version"


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("/usr/bin/python3.11", "python"),
        ("drizzle-kit@0.31", "drizzle-kit"),
        ("github.com/pressly/goose/v3/cmd/goose@latest", "goose"),
        ("@mikro-orm/cli@6", "@mikro-orm/cli"),
        ("C:\\tools\\atlas.exe", "atlas"),
        ("./manage.py", "manage.py"),
    ],
)
def test_program_name(word: str, name: str) -> None:
    assert shell.program_name(word) == name


@pytest.mark.parametrize(
    "text", ['echo "unterminated', "a &&", "((", "}", "case x in", "\x00\x00", "a <<E\nnever ends"]
)
def test_broken_text_never_raises(text: str) -> None:
    shell.parse(text)


@pytest.mark.parametrize("unit", ["a|", "))", "[a]=", "\x00", "<<A\n", "((((a ", "$(", "'\"", "${", "{ a; ", ">"])
def test_a_megabyte_of_anything_is_clipped(unit: str) -> None:
    began = time.monotonic()
    script = shell.parse(unit * (1_000_000 // len(unit)))
    assert script.clipped or script.broken
    assert time.monotonic() - began < 10  # minutes without the bounds


def test_reading_does_not_depend_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(f"psql -f migrations/{number}.sql | tail -5" for number in range(60))
    clock = itertools.count(step=1000)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(shell, "monotonic", lambda: next(clock), raising=False)
    shell.parse.cache_clear()
    assert len(shell.parse(text).commands) == 120


@pytest.mark.parametrize("unit", ["a[ ", "=~ ", "$[", "${a"])
def test_work_on_hostile_text_is_counted(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same text stops at the same place: the count of the parser's own work decides."""
    monkeypatch.setattr(shell, "WORK", 20)
    shell.parse.cache_clear()
    found = shell.parse(unit * 10_000)
    assert (found.commands, found.clipped) == ((), True)
    shell.parse.cache_clear()


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab $'\"\\`(){}[]<>|&;=\n#EOF-", max_size=60))
def test_any_text_is_read(text: str) -> None:
    for command in shell.parse(text).commands:
        assert 0 <= command.start <= command.end <= len(text.encode())
