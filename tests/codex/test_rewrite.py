"""A rewritten command does what it did: same output, same status, whatever the text."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from auditor.codex.rewrite import is_interactive, unwrapped, wrapped
from tests.codex.payloads import AUDITOR

PROGRAM = shlex.quote(str(AUDITOR))
COMMANDS = [
    "echo a; exit 3",
    "cat <<'END'\nit's $HOME \"x\" \\ `date`\nEND",
    "cat <<END # comment\n$((1+2))\nEND\n# last comment",
    "echo one # trailing",
    "(sleep 0.1; echo late) & echo early; wait",
    "printf '%s\\n' 'a b' \"c'd\" \"$0\"",
    "false || { echo no; exit 9; }",
    "for i in 1 2 3; do echo $i; done | tail -1",
    "set -o pipefail 2>/dev/null; false | true; echo $?",
    "echo err >&2; kill -TERM $$",
    "echo $'tab\\tand ünïcode'",
    "x='multi\nline'\necho \"$x\"",
    "read line; echo got $line",
    "echo a \\",
    "echo a \\\necho b",
    "echo 'no end",
    'echo "no end',
    "echo $(",
    "if true; then echo a",
    "cat <<END\nno end of it",
    "cat <<-END\n\tone 'two\n\tEND\necho after",
    "cat <<A; cat <<'B'\n$((1+1))\nA\n$((1+1))\nB",
    "# only a comment",
    "echo a # 'half a quote",
    "echo a &",
    "sleep 0.1 & echo $?; wait $!; echo $?",
    "trap 'echo bye' EXIT; echo hi; exit 7",
    "set -e; false; echo never",
    "exec sh -c 'echo replaced; exit 5'",
    "no-such-program-here",
    "exit 300",
    "echo out; echo err >&2; echo out",
    "printf 'no newline'",
    "printf 'a\\0b\\377'",
    "echo a | (read x; exit 4)",
    'f() { echo "$@"; }; f \'a  b\' "c\nd"',
    "echo '$(echo not run)' `echo run`",
    "(exit 3) || echo $?",
    "echo {a,b}{1,2} ~ *.nothing ?",
]


@pytest.mark.parametrize(
    ("shell", "command"), [*(("bash", one) for one in COMMANDS), *(("sh", one) for one in COMMANDS[:4])]
)
def test_rewritten_commands_do_the_same(shell: str, command: str, tmp_path: Path) -> None:
    def run(text: str) -> tuple[int, bytes]:
        done = subprocess.run(
            [shell, "-c", text],
            input=b"line\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            timeout=60,
        )
        return done.returncode % 256 if done.returncode >= 0 else 128 - done.returncode, done.stdout

    assert run(wrapped(command, PROGRAM)) == run(command)


@pytest.mark.parametrize("command", [*COMMANDS, "a 'b' \"c\"", "auditor run -- x"])
def test_never_twice_and_reversible(command: str) -> None:
    once = wrapped(command, PROGRAM)
    assert once != command
    assert wrapped(once, PROGRAM) == once
    assert unwrapped(once, PROGRAM) == command


@pytest.mark.parametrize("tail", ["; cat .env", "\ncat .env", "&cat .env", "$(cat .env)", " 'b'", "|cat"])
def test_only_a_whole_wrapped_command_counts_as_wrapped(tail: str) -> None:
    command = wrapped("true", PROGRAM) + tail
    assert wrapped(command, PROGRAM) != command


@pytest.mark.parametrize(
    ("command", "talks"),
    [
        ("vim a", True), ("sudo vim a", True), ("cd x && top", True), ("A=1 nano", True), ("psql", True),
        ("ssh host", True), ("ssh host uptime", False), ("psql -c x", False),
        ("echo x | psql", False), ("git diff | less", False),
        ("python3 <<E\nprint(1)\nE", False), ("echo vim", False), ("bash script.sh", False), ("(cd a; vim b)", True),
        ("export A=1\nsudo env B=2 psql", True), ("vim a;", True), ("top &", True), ("cat x | sudo less", False),
        # what prints must be filtered, whoever talks beside it
        ("cat .env; vim a", False), ("cat .env && less b", False), ("vim a; cat .env", False),
        ("cat .env; cat <<E\nless\nE", False), ("echo 'a; vim b'", False), ("a || python3", False),
    ],
)  # fmt: skip
def test_interactive(command: str, talks: bool) -> None:
    assert is_interactive(command) is talks


@pytest.mark.parametrize("command", ["cat .env; vim", "cat <<E\nless .env\nE\ncat .env", "git log\nless"])
def test_a_program_that_talks_takes_no_filter_away_from_others(command: str) -> None:
    assert wrapped(command, PROGRAM) != command


def test_a_text_that_quoting_makes_too_long_to_run_is_left_alone() -> None:
    command = "cat <<'E' | wc -l\n" + "it's\n" * 20_000 + "E"
    assert len(command) < 128 << 10
    assert wrapped(command, PROGRAM) == command
    plain = command.replace("'", "")
    assert wrapped(plain, PROGRAM) != plain
