"""Command lines of PowerShell: parameters, quotes, variables, statements."""

from __future__ import annotations

import base64
import shlex
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.formats import toolcalls
from auditor.trace import commands, powershell, shell, wrappers
from auditor.trace.rulefiles import step_rules
from auditor.trace.scripts import Scripts
from tests.trace.test_sessions import OWN, Tape

HOST = "ep-fake-1a2b3c4d.us-east-2.aws.neon.tech"
ENCODED = base64.b64encode("atlas migrate apply".encode("utf-16-le")).decode()
MARKED = base64.b64encode("atlas migrate apply".encode("utf-16")).decode()
APPLY = ("atlas", "migrate", "apply")


def _unwrapped(text: str) -> list[shell.SimpleCommand]:
    parsed = shell.parse(text).commands
    return [inner for command in parsed for inner in wrappers.unwrap(command, step_rules().known)]


@pytest.mark.parametrize(
    "text",
    [
        'powershell -Command "atlas migrate apply"',
        "pwsh -comm atlas migrate apply",
        "pwsh --command 'atlas migrate apply'",
        "powershell.exe /c 'atlas migrate apply'",
        f"powershell.exe -NoProfile -EncodedCommand {ENCODED}",
        f"powershell -nop -w hidden /enc {ENCODED}",
        f"pwsh -ep Bypass --ec {MARKED}",
        "powershell -nologo 'atlas migrate apply'",
        "pwsh -Command - <<'EOF'\natlas migrate apply\nEOF",
        f"cmd /c powershell -enc {ENCODED}",
        f'cmd.exe /d /s /c "pwsh -e {ENCODED}"',
        f"cmd /Q /C powershell -enc {ENCODED}",
        "pwsh -i -c 'atlas migrate apply'",
        "pwsh -NoProfileLoadTime -sta -c 'atlas migrate apply'",
        "pwsh -ConfigurationFile a -ea AA -c 'atlas migrate apply'",
        "pwsh -cwa 'atlas migrate apply' first second",
        "pwsh -CommandWithArgs 'atlas migrate apply' first",
        "powershell \N{EN DASH}Command 'atlas migrate apply'",
        "powershell -Command '& {atlas migrate apply}'",
    ],
)
def test_what_a_call_runs(text: str) -> None:
    (found,) = _unwrapped(text)
    assert found.argv == APPLY
    assert found.wrappers[-1] in {"powershell", "pwsh"}


@pytest.mark.parametrize(
    "text",
    [
        "pwsh -File apply.ps1 -c psql",
        "powershell -fi apply.ps1 -c psql",
        "pwsh ./apply.ps1 -c psql",
        "powershell ./apply.ps1 -c psql",
        "pwsh 'atlas migrate apply'",
        "pwsh -enc not-base64",
        f"pwsh -EncodedCommand:{ENCODED}",
        "pwsh /-c 'atlas migrate apply'",
        f"powershell -Echo {ENCODED}",
    ],
)
def test_what_runs_a_script_or_nothing(text: str) -> None:
    (found,) = _unwrapped(text)
    assert found.argv == tuple(shlex.split(text))


def _powershell(text: str) -> list[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]]:
    command = shell.parse(f"pwsh -NoProfile -Command {shlex.quote(text)}").commands[0]
    return [(one.argv, one.assignments) for one in wrappers.unwrap(command, step_rules().known)]


@pytest.mark.parametrize("assignment", ["$env:DATABASE_URL = '{}'", '$ENV:DATABASE_URL="{}"', "$env:DATABASE_URL={}"])
@pytest.mark.parametrize("use", ["$env:DATABASE_URL", '"${env:DATABASE_URL}"'])
def test_powershell_sets_variables_and_uses_them(assignment: str, use: str) -> None:
    url = f"postgres://app@{HOST}/shop"
    assert _powershell(f"{assignment.format(url)}; & atlas migrate apply --url {use}") == [
        ((), (("DATABASE_URL", url),)),
        (("atlas", "migrate", "apply", "--url", use.strip('"').replace("env:", "")), ()),
    ]


@pytest.mark.parametrize("env", ["env", "Env", "ENV"])
def test_powershell_without_its_program(env: str) -> None:
    text = f"${env}:DATABASE_URL = 'postgres://h/d'; atlas migrate apply -u ${env}:DATABASE_URL"
    setting, applying = shell.parse(text).commands
    (found,) = wrappers.unwrap(setting, step_rules().known)
    assert (found.argv, found.assignments) == ((), (("DATABASE_URL", "postgres://h/d"),))
    (found,) = wrappers.unwrap(applying, step_rules().known)
    assert found.argv == ("atlas", "migrate", "apply", "-u", "$DATABASE_URL")
    assert "DATABASE_URL" in found.variables


@pytest.mark.parametrize("program", ["powershell", "PowerShell.exe", "POWERSHELL", "pwsh", "Pwsh"])
def test_an_encoded_command_may_matter(program: str) -> None:
    assert commands.might_matter(f"{program} -EncodedCommand {ENCODED}")
    assert commands.might_matter(f"{program} \N{EN DASH}enc {ENCODED}")


def test_powershell_statements_end_outside_of_quotes_only() -> None:
    text = """psql -c "select 1; select 'a|b'"; Get-Content 'it;s.sql' | psql 'host=h user=u'\ngit status && psql -l"""
    assert [argv for argv, _ in _powershell(text)] == [
        ("psql", "-c", "select 1; select 'a|b'"),
        ("Get-Content", "it;s.sql"),
        ("psql", "host=h user=u"),
        ("git", "status"),
        ("psql", "-l"),
    ]


@given(st.text("'\"`;|&$ a\n@#<>{}=", max_size=300))
def test_powershell_of_any_text_ends(text: str) -> None:
    assert isinstance(_powershell(text), list)


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("psql -c 'select ''a''; b'", [("psql", "-c", "select 'a'; b")]),
        ('psql -c "a `"b`"; ""c"" $env:D"', [("psql", "-c", 'a "b"; "c" $D')]),
        ("echo '$env:D' `$x", [("echo", "$env:D", "$x")]),
        ('echo "`$env:D" "${env:D}base"', [("echo", "$env:D", "${D}base")]),
        ('psql -c "select 1;`ndrop table x"', [("psql", "-c", "select 1;\ndrop table x")]),
        ('psql -c @"\r\nselect `"1`", ""\r\n"@', [("psql", "-c", 'select "1", ""')]),
        ('psql -c "never; ends`', [("psql", "-c", "never; ends")]),
        ("if ($ok) {atlas migrate apply} else {psql ${url}}", [("if", "($ok)"), APPLY, ("else",), ("psql", "${url}")]),
        ("@'\nselect ';\n'@ | psql -f -; psql -l", [("select ';",), ("psql", "-f", "-"), ("psql", "-l")]),
        ('psql -c @"\nselect "$env:D";\n"@', [("psql", "-c", 'select "$D";')]),
        ("atlas migrate `\n  apply # that; is it\npsql -l", [APPLY, ("psql", "-l")]),
        ("atlas <# no; \n #> migrate apply", [APPLY]),
        ("if ($ok) { atlas migrate apply } else { psql -l }", [("if", "($ok)"), APPLY, ("else",), ("psql", "-l")]),
        ("psql -c 'never; ends", [("psql", "-c", "never; ends")]),
        ("psql user@host#x", [("psql", "user@host#x")]),
    ],
)
def test_words(text: str, argv: list[tuple[str, ...]]) -> None:
    assert [found for found, _ in _powershell(text)] == argv


@pytest.mark.parametrize("given", ["{}", "pwsh -c '{}'"])
def test_variables_of_its_own(given: str) -> None:
    text = '$url = "postgres://h/d"; $env:DATABASE_URL = $url; atlas schema inspect -u $url'
    first, second, third = _unwrapped(given.format(text))
    assert first.assignments == (("url", "postgres://h/d"),)
    assert second.assignments == (("DATABASE_URL", "$url"),)
    assert (third.argv[-1], "url" in third.variables) == ("$url", True)


@pytest.mark.parametrize("given", ["{}", "pwsh -c '{}'"])
@pytest.mark.parametrize("equals", [" = ", "=", "= ", " ="])
def test_what_a_variable_takes_is_not_shown(given: str, equals: str) -> None:
    taking, setting, applying = _unwrapped(given.format(f"$url{equals}neonctl connection-string main; atlas -u $url"))
    assert (taking.argv, taking.captured) == (("neonctl", "connection-string", "main"), True)
    assert setting.assignments == (("url", "$(neonctl connection-string main)"),)
    assert (applying.argv, applying.captured) == (("atlas", "-u", "$url"), False)


@pytest.mark.parametrize("value", ["(neonctl cs main)", "$(neonctl cs main)", "( neonctl cs main ).Trim()"])
def test_what_a_variable_takes_may_stand_in_parentheses(value: str) -> None:
    assert _powershell(f"$env:A = {value}") == [
        (("neonctl", "cs", "main"), ()),
        ((), (("A", "$(neonctl cs main)"),)),
    ]
    assert _unwrapped(f"$env:A = {value}")[0].argv == ("neonctl", "cs", "main")
    assert _powershell('$a = (psql -c "f()")')[0][0] == ("psql", "-c", "f()")


def test_a_shell_leaves_what_stands_in_parentheses_in_one_word() -> None:
    *_, setting = _unwrapped("$env:A = (neonctl cs main)")
    assert setting.assignments == (("A", "$(neonctl cs main)"),)


def test_names_compare_without_case() -> None:
    assert _powershell('$Url = "postgres://h/d"; $env:URL = $url; psql "${URL}" $env:url') == [
        ((), (("Url", "postgres://h/d"),)),
        ((), (("URL", "$Url"),)),
        (("psql", "${Url}", "$url"), ()),
    ]


def test_what_nothing_expands_is_no_variable() -> None:
    quoted = shlex.quote("""psql '$a' "`$b" `$c "$d" $e""")
    (found,) = _unwrapped(f"pwsh -c {quoted}")
    assert (found.argv, found.variables) == (("psql", "$a", "$b", "$c", "$d", "$e"), {"d", "e"})


def test_variables_of_a_shell_stay() -> None:
    (found,) = _unwrapped('psql "${BASE}_test" ${URL}')
    assert (found.argv, found.variables) == (("psql", "${BASE}_test", "${URL}"), {"BASE", "URL"})


def test_quotes_behind_cmd_are_those_of_the_command() -> None:
    (found,) = _unwrapped('cmd /c psql -c "select 1; drop table x"')
    assert found.argv == ("psql", "-c", "select 1; drop table x")
    assert [one.argv for one in _unwrapped('cmd /c "psql -l && git status"')] == [("psql", "-l"), ("git", "status")]


def test_what_is_computed_is_no_command() -> None:
    assert _powershell('$url = "postgres://h/" + $name') == [((), (("url", "postgres://h/ + $name"),))]


@pytest.mark.parametrize(
    "text", ["<# ", "@'\n", "'", '"`', "`", "$x = ", "{ ", "# \n", "${", "$x", '@"\n`', "$x = (a ", ").b("]
)
def test_hostile_text_costs_linear_work(text: str) -> None:
    command = shell.SimpleCommand(("pwsh", "-c", "$x = (a " + text * 100_000))
    began = time.monotonic()
    wrappers.unwrap(command, step_rules().known)
    assert time.monotonic() - began < 5


READ = r"""# first
psql $env:DATABASE_URL -f .\migrations\001_init.sql 2>&1 | Tee-Object out.log
[string]$ü = 'é'; atlas migrate apply --url $env:URL > apply.log; neonctl me 2>> err.txt"""


def test_each_statement_has_its_place() -> None:
    found = powershell.read(READ)
    assert [READ.encode()[one.start : one.end].decode() for one in found] == [
        r"psql $env:DATABASE_URL -f .\migrations\001_init.sql 2>&1",
        "Tee-Object out.log",
        "[string]$ü = 'é'",
        "atlas migrate apply --url $env:URL > apply.log",
        "neonctl me 2>> err.txt",
    ]
    assert [one.piped for one in found] == [True, False, False, False, False]
    assert found[0].argv == ("psql", "$DATABASE_URL", "-f", r".\migrations\001_init.sql")
    assert found[3].argv == ("atlas", "migrate", "apply", "--url", "$URL")


def test_redirections() -> None:
    found = powershell.read(READ)
    assert [one.redirects for one in found[3:]] == [
        (shell.Redirect(">", "apply.log"),),
        (shell.Redirect("2>>", "err.txt"),),
    ]
    assert [one.silent() for one in found[3:]] == [True, False]
    assert powershell.read("psql -c 'a > b'")[0].argv == ("psql", "-c", "a > b")


def test_a_variable_may_have_a_type() -> None:
    taking, setting = powershell.read("[string]$url = neonctl connection-string main")
    assert (taking.argv, taking.captured) == (("neonctl", "connection-string", "main"), True)
    assert setting.assignments == (("url", "$(neonctl connection-string main)"),)


@pytest.mark.parametrize(
    ("text", "wrote"),
    [
        ("Set-Content -Path .env -Value 'A=b'", (".env",)),
        ("'A=b' | Out-File .env -Encoding utf8", (".env",)),
        ("neonctl connection-string | Tee-Object -FilePath secret.txt", ("secret.txt",)),
        ('Add-Content .env "A=b"', (".env",)),
        ("neonctl connection-string > .env", (".env",)),
    ],
)
def test_what_is_written(text: str, wrote: tuple[str, ...]) -> None:
    parts = commands.parts_of(text, Scripts(), "", "powershell")
    assert [part.wrote for part in parts if part.wrote] == [wrote]


@given(st.text("'\"`;|&$ a\n@#<>{}=[]123*ü", max_size=300))
def test_reading_any_text_ends_and_places_are_in_order(text: str) -> None:
    places = [(one.start, one.end) for one in powershell.read(text)]
    assert places == sorted(places)
    assert all(0 <= start <= end <= len(text.encode()) for start, end in places)


@pytest.mark.parametrize(
    ("argv", "language"),
    [
        (
            ["C:\\Windows\\System32\\powershell.exe", "-NoProfile", "-Command", "x"],
            "powershell",
        ),
        (["pwsh", "-Command", "x"], "powershell"),
        (["bash", "-lc", "x"], "shell"),
        (["cmd.exe", "/c", "x"], "shell"),
    ],
)
def test_an_argv_tells_the_language_of_its_script(argv: list[str], language: str) -> None:
    assert toolcalls.script_of(argv) == ("x", language)
    assert toolcalls.script_in(shlex.join(argv)) == ("x", language)


PATH = r"psql -f .\migrations\001_init.sql"


def _language(tape: Tape) -> str:
    tape.call("call_1", PATH)
    return tape.read().calls[0].shell


def test_the_language_is_the_one_that_the_session_names() -> None:
    said = "<environment_context>\n<cwd>/home/dev</cwd>\n<shell>{}</shell>\n</environment_context>"
    for shell_named, language in (("powershell", "powershell"), ("pwsh", "powershell"), ("bash", "shell")):
        tape = Tape(OWN)
        content = [{"type": "input_text", "text": said.format(shell_named)}]
        tape.item(type="message", role="user", content=content)
        assert _language(tape) == language


def test_it_is_powershell_in_a_folder_of_windows() -> None:
    assert _language(Tape(OWN, cwd="C:\\shop")) == "powershell"
    assert _language(Tape(OWN, cwd="/home/dev")) == ""
