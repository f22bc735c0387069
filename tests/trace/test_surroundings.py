# ruff: noqa: E501
"""Wrappers, scripts, variables, branches, names of migrations, SQL, outputs: what steps are recognised with."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.errors import UsageProblem
from auditor.trace import activity, connection, migrations, outputs, rulefiles, shell, sql, wrappers
from auditor.trace.connection import Endpoint
from auditor.trace.environment import Branches, Variables
from auditor.trace.migrations import Names
from auditor.trace.rulefiles import step_rules
from auditor.trace.scripts import Scripts

HOST = "ep-fake-tree-a1b2c3d4.us-east-2.aws.neon.tech"


@pytest.mark.parametrize(
    ("text", "argv", "through"),
    [
        ("sudo -u postgres env A=1 npx -y drizzle-kit@latest migrate", "drizzle-kit@latest migrate", "sudo env npx"),
        ("bash -lc 'uv run --env-file .env alembic upgrade head'", "alembic upgrade head", "bash uv run"),
        ("docker run --rm -e X=1 --network host arigaio/atlas:latest migrate apply", "atlas migrate apply", "docker run"),
        ("docker run -v ./m:/m migrate/migrate -path=/m -database $U up", "migrate -path=/m -database $U up", "docker run"),
        ("docker compose -f a.yml exec -T db psql -U x", "psql -U x", "docker compose exec"),
        ("kubectl exec -n x pod -it -- psql -c x", "psql -c x", "kubectl exec"),
        ("python -m alembic check", "alembic check", "python -m"),
        ("poetry run python manage.py migrate", "manage.py migrate", "poetry run python"),
        ("go run -tags postgres example.org/goose/v3/cmd/goose@latest up", "example.org/goose/v3/cmd/goose@latest up", "go run"),
        ("node ./node_modules/typeorm/cli.js migration:run", "typeorm migration:run", "node"),
        ("ssh -p 22 host 'psql -l'", "psql -l", "ssh"),
        ("timeout -k 5 60 atlas version", "atlas version", "timeout"),
        ("""/opt/bin/auditor run --shell "$0" -c 'atlas version'""", "atlas version", "auditor run"),
        ("auditor run -- atlas version", "atlas version", "auditor run"),
        ("cargo sqlx migrate run", "sqlx migrate run", "cargo"),
        ("npx dotenv -e .env -- atlas migrate apply", "atlas migrate apply", "npx dotenv"),
        ("cargo build", "cargo build", ""),
        ("python app.py", "python app.py", ""),
        ("env", "env", ""),
    ],
)  # fmt: skip
def test_wrappers(text: str, argv: str, through: str) -> None:
    (found,) = wrappers.unwrap(shell.parse(text).commands[0], step_rules().known)
    assert " ".join(found.argv) == argv
    assert sorted(" ".join(found.wrappers).split()) == sorted(through.split())


def test_wrappers_keep_variables_and_files() -> None:
    (found,) = wrappers.unwrap(
        shell.parse("env A=1 docker run -e B=$C --env-file .env.x amacneil/dbmate up").commands[0], step_rules().known
    )
    assert found.assignments == (("A", "1"), ("B", "$C"))
    assert found.env_files == (".env.x",)


def test_wrappers_end() -> None:
    began = time.monotonic()
    (found,) = wrappers.unwrap(shell.parse("sudo " * 3000 + "atlas version").commands[0], step_rules().known)
    assert found.program == "sudo"
    assert time.monotonic() - began < 5


def test_scripts_by_text_and_by_echo() -> None:
    scripts = Scripts()
    scripts.learn("cat package.json", ['{"scripts": {"up": "prisma migrate deploy && echo \\"ok\\""}}'])
    scripts.learn("Makefile", ["migrate: build\n\t@alembic upgrade head\n\techo $$HOME\n"])
    command = shell.parse("npm run up").commands[0]
    assert scripts.text_of(command, "") == 'prisma migrate deploy && echo "ok"'
    assert scripts.text_of(shell.parse("make migrate").commands[0], "") == "alembic upgrade head\necho $HOME"
    unknown = shell.parse("npm run other").commands[0]
    assert scripts.text_of(unknown, "\n> shop@1.0.0 other\n> knex migrate:latest\n\n") == "knex migrate:latest"
    assert scripts.text_of(shell.parse("ls up").commands[0], "") == ""


@pytest.mark.parametrize(
    ("text", "host", "database"),
    [
        (f"postgresql://u:p@{HOST}:5432/shop?sslmode=require", HOST, "shop"),
        ("postgres://u@ep-fake-tree-a1b2c3d4-pooler.c-2.us-east-2.aws.neon.tech/shop", HOST, "shop"),
        ("postgresql+psycopg://u:p@DB.example/shop", "db.example", "shop"),
        ("jdbc:postgresql://db.example/shop?user=u", "db.example", "shop"),
        ("host=db.example user=u password='x y' dbname=shop", "db.example", "shop"),
        ("Host=db.example;Database=shop", "db.example", "shop"),
        ("docker://postgres/17/dev", "", ""),
        ("$DATABASE_URL", "", ""),
        ("", "", ""),
    ],
)
def test_where_a_url_leads(text: str, host: str, database: str) -> None:
    found = connection.of_url(text)
    assert (found.host, found.database) == (host, database)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("psql postgresql://u:npg_FakeQ7wLmZ2x@h/db", True),
        ("psql postgresql://u:$PW@h/db", False),
        ("psql postgresql://u:***@h/db", False),
        ("psql postgresql://u@h/db", False),
        ("psql postgresql://u:[REDACTED:x:1234]@h/db", False),
    ],
)
def test_literal_passwords(text: str, held: bool) -> None:
    assert connection.has_password(text) is held


def test_variables_shadow_each_other() -> None:
    variables = Variables()
    variables.learn(f"DATABASE_URL=postgresql://u:p@{HOST}/shop\n", [".env"])
    variables.learn("DATABASE_URL=postgresql://u:p@db.example/other\n", [".env.main"])
    assert variables.resolve("DATABASE_URL").host == HOST
    variables.load("./.env.main")
    assert variables.resolve("DATABASE_URL").host == "db.example"
    variables.new_call()
    assert variables.resolve("DATABASE_URL").host == HOST
    (command,) = shell.parse('DATABASE_URL="$UNKNOWN" atlas migrate status').commands
    assert not variables.of_command(command, ["DATABASE_URL"])


def test_branches_are_known_by_host_and_name() -> None:
    branches = Branches()
    branches.learn("branch-create", {"branch": "br-a-1", "branch_name": "tags", "host": HOST, "parent": "br-main-1"})
    assert branches.of(Endpoint(host=HOST)).branch == "br-a-1"
    assert branches.of(Endpoint(branch="tags")).branch == "br-a-1"
    assert branches.isolated(branches.of(Endpoint(host=HOST)), "prod") is True
    assert branches.isolated(Endpoint(host="ep-other-1.us-east-2.aws.neon.tech"), "branch") is False
    assert branches.isolated(Endpoint(branch="br-main-1"), "") is False
    assert branches.undeleted() == ["br-a-1"]
    branches.learn("branch-delete", {}, "tags")
    assert branches.undeleted() == []


@pytest.mark.parametrize(
    ("endpoint", "environment", "expected"),
    [
        (Endpoint(), "production", False),
        (Endpoint(), "dev", True),
        (Endpoint(host="localhost"), "", True),
        (Endpoint(host="10.0.0.1"), "", True),
        (Endpoint(host="db.example"), "", None),
        (Endpoint(branch="preview/x"), "", True),
        (Endpoint(database="shop_test"), "", True),
        (Endpoint(host="pg-staging.example"), "", False),
    ],
)
def test_isolation_by_name(endpoint: Endpoint, environment: str, expected: bool | None) -> None:
    assert Branches().isolated(endpoint, environment) is expected


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (
            ["20261201100000", "20261201100000_tags.sql", "Tags20261201100000", "db/20261201100000-tags.js"],
            "20261201100000",
        ),
        (["2026-12-01-100000_tags", "20261201100000_x.up.sql"], "20261201100000"),
        (["b7fa4e0c5fc9", "b7fa4e0c5fc9_add_author.py"], "b7fa4e0c5fc9"),
        (["blog.0002_role"], "blog.0002_role"),
        (["V1_2__x.sql"], "1.2"),
        (["003_bad.sql", "3"], "3"),
        (["changelog.xml::2-role::dev"], "changelog.xml::2-role::dev"),
    ],
)
def test_one_migration_has_one_key(names: list[str], key: str) -> None:
    assert {migrations.key(name) for name in names} == {key}


def test_names_learn_files() -> None:
    names = Names()
    names.learn("20261201100000_tags.sql\natlas.sum\nprisma/migrations/20261201100100_role/migration.sql\n")
    names.add("shop/migrations/0002_tags.py")
    assert names.best("20261201100000") == "20261201100000_tags.sql"
    assert names.best("shop.0002_tags") == "shop.0002_tags"
    assert names.best("unknown") == "unknown"


@pytest.mark.parametrize(
    ("text", "action", "kinds"),
    [
        ("select 1", "inspect", ()),
        ("\\d+ posts", "inspect", ()),
        ("begin; insert into posts values ('; drop table x'); commit", "sql", ()),
        ("create role app login password 'x'", "credential-create", ()),
        ("alter role app password null", "apply", ()),
        ("alter table posts add column a int, drop column b", "apply", ("drop column",)),
        ("with gone as (delete from posts) select 1", "sql", ("delete all",)),
        ("delete from posts where id = 1", "sql", ()),
        ("truncate posts", "apply", ("truncate",)),
        ("-- drop table x\ndrop table posts", "apply", ("drop table",)),
        ("alter table t alter column c type int", "apply", ("change type",)),
        ("do $$ begin drop table posts; end $$", "apply", ()),
        ("insert into schema_migrations values ('1')", "apply", ()),
        ("", "sql", ()),
    ],
)
def test_sql(text: str, action: str, kinds: tuple[str, ...]) -> None:
    assert (sql.classify(text), sql.destructive(text)) == (action, kinds)


@pytest.mark.parametrize("unit", ["/*", "$a$", "'", "--", "$$", "drop table a;"])
def test_sql_is_read_in_linear_time(unit: str) -> None:
    began = time.monotonic()
    sql.classify(unit * (200_000 // len(unit)))
    assert time.monotonic() - began < 5


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="abc$/*'-;\\\n drop", max_size=80))
def test_any_sql_is_classified(text: str) -> None:
    assert sql.classify(text) in {"inspect", "apply", "sql", "credential-create"}


def test_long_outputs_are_read_at_head_and_tail() -> None:
    atlas = next(tool for tool in step_rules().tools if tool.id == "atlas")
    head, tail = "  -- migrating version 1\n", "  -- migrating version 2\n    -> SELECT 1\n"
    text = head + "x\n" * outputs.MAX_OUTPUT + tail
    found = outputs.read(text, atlas.output, 0)
    assert found.migrations == ("1", "2")
    assert found.executing(text.index("SELECT")) == "2"


@pytest.mark.parametrize(
    ("text", "migrates"),
    [
        (b'{"cmd":"npx drizzle-kit migrate"}', True),
        (b'{"name":"prepare_database_migration"}', True),
        (b'"psql \\"$DATABASE_URL\\" -f x.sql"', True),
        (b'{"cmd":"ls -la && cat README.md"}', False),
    ],
)
def test_sessions_that_migrate_are_known_by_their_bytes(text: bytes, migrates: bool) -> None:
    engine = Engine(load(), words=activity.words())
    engine.scan(text)
    assert engine.take_seen() is migrates
    assert not engine.take_seen()


def test_words_of_migrations_are_few_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert activity.words() == activity.words() == tuple(activity.literals())
    assert len(activity.words()) < 256


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[tool]\nid = 'x'", "title"),
        ("nonsense", "cannot be read"),
        ("[tool]\nid='x'\ntitle='x'\nversion='1'\n[[command]]\naction='fly'", "unknown action"),
        ("[tool]\nid='x'\ntitle='x'\nversion='1'\n[output]\nstart=['(']", "x.toml"),
    ],
)
def test_bad_rule_files_are_named(text: str, complaint: str, tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "x.toml"
    path.write_text(text)
    with pytest.raises(UsageProblem, match=complaint):
        rulefiles.load(path)
