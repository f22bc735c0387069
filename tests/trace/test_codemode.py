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


A, B = 'tools.exec_command({cmd: "a"})', 'tools.exec_command({cmd: "b"})'
SHOWN = [
    (f"const [a, b] = await Promise.all([{A}, {B}]); text(a.output); text(b.output);", [0, 1]),
    (f"const [{{output: a}}, {{output: b}}] = await Promise.all([{A}, {B}]); text(b); text(a);", [1, 0]),
    (f"const [, b] = await Promise.allSettled([{A}, /* then */ {B}]); text(b.value.output);", [1]),
    (f"const jobs = [{A}, {B}]; const [a, b] = await Promise.all(jobs); text(b.output);", [1]),
    (f"let a, b; [a, b] = await Promise.all([{A}, {B}]); text(b.output);", [1]),
    (f"const r = await Promise.all([{A}, {B}]); text(r[1].output); text(r[0].output);", [1, 0]),
    (f"const r = await Promise.all([{A}, {B}]); text(r[i].output);", [None]),
    (f"const r = await Promise.all([{A}, {B}]); text(JSON.stringify(r));", [None]),
    (f"const [a, ...r] = await Promise.all([{A}, {B}, {A}]); text(r[0].output);", [None]),
    (f"const [a, b] = await Promise.all([...more, {A}, {B}]); text(a.output);", [None]),
    (f"const a = await {A}; const b = await {B}; text(a.output + b.output);", [None]),
    (f"const a = await {A}; const label = 'x'; text(label + a.output + a.exit_code);", [0]),
    (f"text(await tools.write_stdin({{session_id: (await {A}).session_id}}));", [0]),
]


@pytest.mark.parametrize(("source", "prints"), SHOWN, ids=range(len(SHOWN)))
def test_the_call_of_several_that_a_print_shows(source: str, prints: list[int | None]) -> None:
    assert codemode.read(source).prints == prints


def test_variables_that_name_each_other_end() -> None:
    doubled = "".join(f"const v{n + 1} = v{n} + w{n}; const w{n + 1} = w{n} + v{n};" for n in range(2000))
    assert codemode.read(f"const v0 = {A}; const w0 = v0; {doubled} text(v2000);").prints == [None]


def test_a_long_list_that_is_asked_for_often_ends() -> None:
    asked = "text(r[0].output, r[1].output); " * 600
    script = codemode.read(f"const r = await Promise.all([{A}, {'x, ' * 100_000}]); {asked}")
    assert set(script.prints) == {0}


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
