# ruff: noqa: E501
"""JavaScript of code mode: calls, literal values, what prints show; hostile scripts end."""

from __future__ import annotations

import pytest

from auditor.trace import codemode
from auditor.trace.codemode import UNKNOWN

VALUES = [
    ('tools.exec_command({cmd: "ls"})', {"cmd": "ls"}),
    ("tools.exec_command({cmd: 'a' + \"b\" + `c`})", {"cmd": "abc"}),
    ('const d = "x"; tools.exec_command({cmd: `cd ${d} && ls`})', {"cmd": "cd x && ls"}),
    ("tools.exec_command({cmd: `echo ${process.env.A}`})", {"cmd": f"echo {UNKNOWN}"}),
    ('const cmd = "ls"; tools.exec_command({cmd, tty: true, n: 0x10})', {"cmd": "ls", "tty": True, "n": 16}),
    ('tools.exec_command({cmd: ["a", "b"].join(" && ")})', {"cmd": "a && b"}),
    ('tools.exec_command({"cmd": "a\\nb\\u0041\\x41\\u{1F600}"})', {"cmd": "a\nbAA\N{GRINNING FACE}"}),
    ('tools.exec_command({cmd: String.raw`a\\b`})', {"cmd": "a\\b"}),
    ('tools["exec_command"]({cmd: "ls"})', {"cmd": "ls"}),
    ('let c = "a"; c = "b"; tools.exec_command({cmd: c})', {"cmd": None}),
    ("tools.exec_command({cmd: f(x)})", {"cmd": None}),
    ('const base = {workdir: "/w"}; tools.exec_command({...base, cmd: "ls"})', {"workdir": "/w", "cmd": "ls"}),
    ('tools.exec_command({cmd: (A ?? "x").trim()})', {"cmd": None}),
    ("tools.exec_command()", {}),
    ('tools.apply_patch("*** Begin Patch")', {"input": "*** Begin Patch"}),
]  # fmt: skip


@pytest.mark.parametrize(("source", "arguments"), VALUES, ids=range(len(VALUES)))
def test_arguments(source: str, arguments: dict[str, object]) -> None:
    calls = codemode.read(source).calls
    assert len(calls) == 1
    assert calls[0].arguments == arguments


def test_what_a_print_shows() -> None:
    script = codemode.read(
        """
        const a = await tools.exec_command({cmd: "one"});
        const {output: b} = await tools.mcp__neon__run_sql({sql: "two"});
        text(`first: ${a.output}`); text(JSON.stringify(b)); text("neither"); notify(await tools.exec_command({cmd: "3"}));
        """
    )
    assert [call.name for call in script.calls] == ["exec_command", "mcp__neon__run_sql", "exec_command"]
    assert script.prints == [0, 1, None, 2]


def test_calls_in_loops_and_branches_are_found() -> None:
    script = codemode.read(
        'for (const f of files) { if (f) { await tools.exec_command({cmd: "cat " + f}) } }\n'
        'await Promise.all([tools.exec_command({cmd: "a"}), tools.exec_command({cmd: "b"})]);'
    )
    assert [call.arguments["cmd"] for call in script.calls] == [f"cat {UNKNOWN}", "a", "b"]


HOSTILE = {
    "broken": 'const = tools.exec_command({cmd: "ls"',
    "not javascript": "\x00\x01 tools {{{{ ((((",
    "deep parentheses": "tools.x(" + "(" * 20_000 + "1",
    "deep objects": "tools.x(" + "{a:" * 20_000,
    "self reference": "const a = a + a; tools.exec_command({cmd: a})",
    "doubling": "".join(f"const v{n + 1} = v{n} + v{n};" for n in range(60))
    + 'const v0 = "xx"; tools.f({cmd: v60});text(v60)',
    "long chain": 'tools.exec_command({cmd: "a"' + ' + "a"' * 5_000 + "})",
    "many calls": 'tools.exec_command({cmd: "a"});text(b);' * 5_000,
    "over the limit": "tools." + "x" * (codemode.SOURCE_BYTES + 1),
    "surrogates": 'tools.exec_command({cmd: "\\ud800"})',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_scripts_end(name: str) -> None:
    script = codemode.read(HOSTILE[name])
    for call in script.calls:
        str(call.arguments).encode()


def test_broken_script_still_tells_its_first_call() -> None:
    script = codemode.read('await tools.exec_command({cmd: "cat .env"});\nconst = ;')
    assert script.calls[0].arguments == {"cmd": "cat .env"}
