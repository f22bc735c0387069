"""What each event is answered with under each policy, held against Codex's own schemas."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from auditor.codex import events
from auditor.codex.ledger import Ledger
from auditor.codex.policy import Policy
from tests.codex.payloads import EVENTS, SECRET, URL, bash, check, payload

REDACT, BLOCK, OBSERVE = Policy(), Policy("block"), Policy("observe")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "CODEX_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setattr("auditor.codex.launch.worker", lambda *_: None)
    return tmp_path


def _answer(given: dict[str, object], policy: Policy = REDACT) -> dict[str, Any] | None:
    event = str(given["hook_event_name"])
    answer = events.answer(event, given, policy)
    check(event, answer)
    assert SECRET not in json.dumps(answer)
    return answer


def _decision(answer: dict[str, Any] | None) -> str:
    specific = (answer or {}).get("hookSpecificOutput", {})
    return str(specific.get("permissionDecision") or specific.get("decision", {}).get("behavior", ""))


@pytest.mark.parametrize("policy", [REDACT, BLOCK, OBSERVE], ids=lambda one: one.policy)
@pytest.mark.parametrize("event", [name for name in EVENTS if name not in ("PreToolUse", "SessionEnd")])
def test_ordinary_events_are_left_alone(event: str, policy: Policy) -> None:
    assert _answer(payload(event), policy) is None


def test_an_event_that_codex_adds_later_is_left_alone() -> None:
    assert events.answer("Interrupt", {}, REDACT) is None
    assert events.answer("SomethingNew", {"prompt": URL}, REDACT) is None


def test_shell_commands_run_filtered_and_only_once() -> None:
    first = _answer(bash("PreToolUse", "cat .env"))
    assert first is not None
    command = first["hookSpecificOutput"]["updatedInput"]["command"]
    assert command.endswith("""run --shell "$0" -c 'cat .env'""")
    assert _answer(bash("PreToolUse", command)) is None


@pytest.mark.parametrize("command", ["vim x", "psql", "cd a && less b", "", "  ", "python3"])
def test_what_talks_with_a_person_is_not_wrapped(command: str) -> None:
    assert _answer(bash("PreToolUse", command)) is None


@pytest.mark.parametrize("event", ["PreToolUse", "PermissionRequest"])
@pytest.mark.parametrize("policy", [REDACT, BLOCK], ids=lambda one: one.policy)
def test_a_literal_credential_is_denied_with_the_safe_way(event: str, policy: Policy) -> None:
    answer = _answer(bash(event, f"atlas migrate apply --url '{URL}'"), policy)
    assert _decision(answer) == "deny"
    assert "atlas --env" in json.dumps(answer)


@pytest.mark.parametrize(
    "command",
    [
        "curl -u app:FakeCur1xQ8 https://api.corp.dev/v1",
        "neonctl projects list --api-key q8fakez3v1lm7xw2rk9tbd4hy6ncj5p",
        "curl -H 'x-api-key: q8FakeZ3v1Lm7Xw2Rk9TbD4hY6nCj5P' https://api.corp.dev",
        "git remote set-url origin https://FakeTok11q8Z3v1Lm7Xw2Rk@github.com/o/r.git",
        f"echo {base64.b64encode(URL.encode()).decode()} | base64 -d",
    ],
)  # fmt: skip
def test_whatever_the_rules_know_is_a_literal(command: str) -> None:
    """A list of prefixes once decided what to look at, and it knew neither these nor encoded ones."""
    assert _decision(_answer(bash("PreToolUse", command))) == "deny"


@pytest.mark.parametrize(
    "command",
    [
        "cat .env", "cat ./app/.env.production | grep URL", "head -3 ~/.pgpass", "printenv", "printenv DATABASE_URL",
        "env | sort", "env", "export -p", "echo $DATABASE_URL", 'echo "${PGPASSWORD}"', "printf %s $NEON_API_KEY",
        "neonctl connection-string main", "cd x && neon connection-string --pooled", "docker compose config",
        "echo $DATABASE_URL 2>&1", "echo $DATABASE_URL > /dev/stderr", "echo ${DATABASE_URL:-none}", "cat < .env",
        "env | grep URL", "env | cut -d= -f2", "printenv; cut -d= -f1 .env", "(cat .env)", "sudo cat /srv/app/.env",
        "tail -n +1 .env .env.local", "echo $(cat .env)", "if true; then cat .env; fi", "export",
    ],
)  # fmt: skip
def test_what_shows_credentials_by_its_nature_is_denied_by_block_only(command: str) -> None:
    denied = _answer(bash("PreToolUse", command), BLOCK)
    assert _decision(denied) == "deny"
    assert "auditor: denied, it prints" in json.dumps(denied)
    assert _decision(_answer(bash("PreToolUse", command), REDACT)) == "allow"
    assert _answer(bash("PreToolUse", command), OBSERVE) is None


@pytest.mark.parametrize(
    "command",
    [
        "cat .env.example", "cut -d= -f1 .env", "env FOO=1 make", "printenv-all --help", "set -euo pipefail",
        '[ -n "${DATABASE_URL:+x}" ] && echo set', 'psql "$DATABASE_URL" -c "select 1"', "echo $HOME", "git status",
        'DATABASE_URL="$(neonctl connection-string main)" alembic upgrade head', "atlas migrate apply --env local",
        "atlas migrate apply --url 'postgresql://app:${DB_PASSWORD}@db/shop'", 'echo "${DATABASE_URL:+set}"',
        "echo ${PGPASSWORD+set}", "echo ${#NEON_API_KEY}", 'echo "DATABASE_URL=$DATABASE_URL" >> .env.local',
        "printf '%s' \"$PGPASSWORD\" > ~/.pgpass", "env | cut -d= -f1 | sort", "printenv | cut -d = -f 1",
        "printenv >/dev/null", "git grep -n DATABASE_URL", "ls -la .env", "cp .env.example .env", "env -u A make",
    ],
)  # fmt: skip
def test_safe_ways_pass(command: str) -> None:
    assert _decision(_answer(bash("PreToolUse", command), BLOCK)) == "allow"


def _servers(home: Path, command: str) -> None:
    folder = home / "codex_home"
    folder.mkdir()
    (folder / "config.toml").write_text(
        f'[mcp_servers.neon]\ncommand = "{command}"\nargs = ["mcp", "--", "npx", "s"]\n'
    )


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [(REDACT, "warn"), (Policy(mcp="deny"), "deny"), (Policy(mcp="allow"), ""), (BLOCK, "deny"), (OBSERVE, "")],
)
def test_tools_that_return_credentials(home: Path, policy: Policy, outcome: str) -> None:
    _servers(home, "npx")
    given = payload("PreToolUse", tool_name="mcp__neon__get_connection_string", tool_input={"projectId": "p"})
    answer = _answer(given, policy)
    assert _decision(answer) == ("deny" if outcome == "deny" else "")
    assert bool(answer and "systemMessage" in answer) == (outcome == "warn")
    assert not answer or "auditor mcp" in json.dumps(answer) or "--wrap-mcp" in json.dumps(answer)


def test_behind_the_proxy_tools_are_free(home: Path) -> None:
    _servers(home, "/opt/bin/auditor")
    given = payload("PreToolUse", tool_name="mcp__neon__get_connection_string", tool_input={})
    assert _answer(given, BLOCK) is None


def test_a_project_cannot_pass_a_bare_server_off_as_a_proxied_one(home: Path) -> None:
    _servers(home, "/opt/bin/auditor")
    project = home / "project/below"
    (project.parent / ".codex").mkdir(parents=True)
    (project.parent / ".codex/config.toml").write_text('[mcp_servers.neon]\ncommand = "npx"\n')
    given = payload("PreToolUse", tool_name="mcp__neon__get_connection_string", tool_input={}, cwd=str(project))
    assert _decision(_answer(given, BLOCK)) == "deny"
    given = payload("PreToolUse", tool_name="mcp__neon__get_connection_string", tool_input={}, cwd=str(home))
    assert _answer(given, BLOCK) is None


@pytest.mark.parametrize(
    "response", [f"URL={URL}\n", {"content": [{"type": "text", "text": f"URI: {URL}"}]}, [URL], {"a": {"b": URL}}]
)
def test_the_model_sees_redacted_output(response: object) -> None:
    answer = _answer(payload("PostToolUse", tool_response=response))
    assert answer is not None
    assert answer["decision"] == "block"
    assert "[REDACTED:postgres-url:" in answer["reason"]
    assert _answer(payload("PostToolUse", tool_response=response), OBSERVE) is None


@pytest.mark.parametrize("response", [None, "", 7, {"content": []}, "npg_ alone", True])
def test_clean_or_odd_output_is_left_alone(response: object) -> None:
    assert _answer(payload("PostToolUse", tool_response=response)) is None


def test_a_prompt_with_a_credential_is_stopped() -> None:
    answer = _answer(payload("UserPromptSubmit", prompt=f"use {URL}"))
    assert answer is not None
    assert answer["decision"] == "block"
    assert "postgres-url" in answer["reason"]


@pytest.mark.parametrize("event", ["Stop", "SubagentStop", "PreCompact"])
def test_a_turn_is_looked_at_once_and_never_blocked(home: Path, event: str) -> None:
    transcript = home / "rollout.jsonl"
    transcript.write_text(json.dumps({"a": URL}) + "\n" + '{"torn": "' + URL.replace("r0t1", "r0t2"))
    key = "agent_transcript_path" if event == "SubagentStop" else "transcript_path"
    given = payload(event, **{key: str(transcript)})
    answer = _answer(given)
    assert answer is not None
    assert list(answer) == ["systemMessage"]
    assert "1 new credential stands" in answer["systemMessage"]
    assert _answer(given) is None
    with transcript.open("a") as file:
        file.write('"}\n')
    assert "postgres-url 1x" in str(_answer(given))
    transcript.write_text(json.dumps({"a": URL.replace("r0t1", "r0t3")}) + "\n")
    assert _answer(given) is not None


def test_stop_does_not_loop(home: Path) -> None:
    transcript = home / "rollout.jsonl"
    transcript.write_text(json.dumps({"a": URL}) + "\n")
    assert _answer(payload("Stop", transcript_path=str(transcript), stop_hook_active=True)) is None


def test_the_end_of_a_session_is_a_job(home: Path) -> None:
    assert _answer(payload("SessionEnd")) is None
    from auditor.codex.ledger import absorb

    with Ledger() as book:
        assert absorb(book) == 1
        job = book.next_job()
    assert job is not None
    assert (job.session, job.transcript) == ("0198a1b2-c3d4-7e5f-8a9b-000000000001", "")


ORDERLY = Policy(lint_before_apply=True, dry_run_first=True, no_drop=("production",))


def _line(kind: str, **fields: object) -> str:
    record = {"timestamp": "2026-11-23T00:00:00.000Z", "type": "response_item", "payload": {"type": kind, **fields}}
    return json.dumps(record) + "\n"


def _ran(call: str, command: str, code: int = 0) -> str:
    given = json.dumps({"cmd": command})
    said = f"Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code {code}\nOutput:\nx"
    return _line("function_call", name="exec_command", arguments=given, call_id=call) + _line(
        "function_call_output", call_id=call, output=said
    )


def _ordered(home: Path, history: str, command: str, policy: Policy = ORDERLY) -> str:
    transcript = home / "rollout.jsonl"
    meta = {"timestamp": "2026-11-23T00:00:00Z", "type": "session_meta", "payload": {"id": "s", "cwd": "/p"}}
    transcript.write_text(json.dumps(meta) + "\n" + history)
    answer = _answer(bash("PreToolUse", command, transcript_path=str(transcript), cwd=str(home)), policy)
    reason = str((answer or {}).get("hookSpecificOutput", {}).get("permissionDecisionReason", ""))
    return reason.removeprefix("auditor: denied, ").partition(" ")[0] if _decision(answer) == "deny" else "allow"


LINT, DRY = "atlas migrate lint --env dev --latest 1", "atlas migrate apply --env dev --dry-run"
APPLY = "atlas migrate apply --env dev"


@pytest.mark.parametrize(
    ("history", "command", "expected"),
    [
        ("", APPLY, "lint"), ("", DRY, "allow"), (_ran("1", LINT), APPLY, "dry-run"),
        ("", "echo atlas migrate apply", "allow"), ("", "psql -c 'alter table a add b int'", "lint"),
        (_ran("1", LINT) + _ran("2", DRY), APPLY, "allow"), (_ran("1", LINT, 1) + _ran("2", DRY), APPLY, "allow"),
        (_ran("1", LINT) + _ran("2", DRY, 1), APPLY, "dry-run"), (_ran("1", f"echo '{LINT}; {DRY}'"), APPLY, "lint"),
        ("", f"{LINT} && {DRY} && {APPLY}", "allow"), ("", f"{APPLY} && {LINT}", "lint"),
        ("", f"{DRY}; {APPLY}", "lint"),
        ("", "bash -lc 'uv run alembic upgrade head'", "lint"), ("", "npx drizzle-kit push", "lint"),
        ("", "python manage.py migrate", "lint"), ("", "prisma db push", "lint"),
        ("", "git log --grep 'alembic upgrade'", "allow"),
        (
            _line("custom_tool_call", name="exec", call_id="1", input=f"await tools.exec_command({{cmd: '{LINT}'}})"),
            APPLY, "dry-run",
        ),
    ],
)  # fmt: skip
def test_order_of_a_migration(home: Path, history: str, command: str, expected: str) -> None:
    assert _ordered(home, history, command) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ('psql service=production -c "drop table posts"', "DROP"),
        ('psql service=local -c "drop table posts"', "allow"), ("psql -d production -f old.sql", "DROP"),
        ("psql -d staging < old.sql", "DROP"), ("cat old.sql | psql production", "DROP"), ("cat old.sql", "allow"),
        ("psql -d local -f old.sql", "allow"), ("psql -d production -f gone.sql", "allow"),
        ("psql service=Production <<'E'\nselect 1;\nALTER TABLE posts DROP tags;\nE", "DROP"),
        ("echo 'truncate posts' | psql -d production", "DROP"), ("dropdb -h db1 production", "DROP"),
        ("neonctl branches delete production", "DROP"), ("neonctl branches delete try-tags", "allow"),
        ("git commit -m 'drop table of contents in production'", "allow"),
        ("grep -r 'DROP TABLE' production/", "allow"),
        ('psql service=production -c "select 1 -- drop table posts"', "allow"),
        ("psql -d production_copy -c 'drop table x'", "allow"),
    ],
)  # fmt: skip
def test_no_drop_in_named_environments(home: Path, command: str, expected: str) -> None:
    (home / "old.sql").write_text("-- reviewed\nDROP TABLE posts;\n")
    assert _ordered(home, "", command, Policy(no_drop=("staging", "production"))) == expected


def test_a_call_does_not_prepare_itself(home: Path) -> None:
    """Codex may have written the call into the transcript before it asks the hook."""
    command = f"{APPLY} && {LINT} && {DRY}"
    assert _ordered(home, "".join(_ran("c1", command).splitlines(keepends=True)[:1]), command) == "lint"


def test_a_migration_that_the_session_wrote_is_known_when_it_is_applied(home: Path) -> None:
    wrote = "cat > migrations/20261123_tags.sql <<'E'\nDROP TABLE posts;\nE"
    ready = _ran("1", LINT) + _ran("2", DRY)
    assert _ordered(home, ready + _ran("3", wrote), "psql service=production -f migrations/20261123_tags.sql") == "DROP"


def test_mcp_tools_keep_to_the_guardrails(home: Path) -> None:
    given = payload(
        "PreToolUse", tool_name="mcp__neon__run_sql", tool_input={"sql": "DROP TABLE posts", "branchId": "production"}
    )
    assert _decision(_answer(given, ORDERLY)) == "deny"
    assert _answer(given, REDACT) is None
