"""Whole stories: which step leaked, in which run, while which migration ran, and where it went."""

from __future__ import annotations

from pathlib import Path

from auditor.trace.vocabulary import Action
from tests.trace.stories import (
    BRANCH,
    CREATED,
    HOST,
    MAIN,
    OTHER,
    PASSWORD,
    PROJECT,
    ROLE,
    URI,
    Story,
    applied,
    incident,
    spread,
    step,
    told,
    url,
)
from tests.trace.test_sessions import OWN

CHILD = "0198a1b2-c3d4-7e5f-8a9b-000000000002"
V1, V2, V3 = "20261201100000", "20261201100100", "20261201100200"


def _promoted() -> Story:
    story = Story().mcp("c1", "create_branch", CREATED, projectId=PROJECT, branchName="tags")
    story.mcp("c2", "get_connection_string", URI, projectId=PROJECT, branchId=BRANCH)
    story.sh(
        "c3", "atlas migrate diff tags --env branch && ls migrations", f"{V1}_tags.sql\n{V2}_role.sql\natlas.sum\n"
    )
    story.sh("c4", f'DATABASE_URL="{url()}" atlas migrate apply --env branch', applied(V1, V2, secret=ROLE, at=V2))
    story.patch("c5", ".env.main", f"DATABASE_URL={url(OTHER, MAIN)}")
    story.sh("c6", "git add -A . && git commit -qm tags", "")
    story.sh(
        "c7", "set -a; . ./.env.main; set +a; atlas migrate apply --env branch", applied(V1, V2, secret=ROLE, at=V2)
    )
    return story


def test_connection_string_is_the_origin_and_prepares_the_run(tmp_path: Path) -> None:
    document = told(tmp_path, _promoted())
    one = incident(document, "c2")
    assert (one["origin"]["cause"], step(document, "c2")["action"]) == ("tool-result", "connection-string")
    assert one["origin"]["run"] == step(document, "c4")["run"] != ""
    assert spread(one) == [("command", "c4", "atlas")]
    assert one["exposure"]["to_model"]
    assert "get_connection_string" in one["origin"]["explanation"]


def test_leak_is_attributed_to_the_migration_that_was_executing(tmp_path: Path) -> None:
    document = told(tmp_path, _promoted())
    one = incident(document, "c4")
    assert one["origin"]["migration"] == f"{V2}_role.sql"
    assert f"while migration {V2}_role.sql was executing" in one["origin"]["explanation"]
    assert [item["migration"] for item in one["occurrences"]] == [f"{V2}_role.sql"] * len(one["occurrences"])
    assert spread(one) == [("output", "c7/2", "atlas")]


def test_apply_on_another_database_is_another_run(tmp_path: Path) -> None:
    document = told(tmp_path, _promoted())
    first, second = document["runs"]
    assert [name.split("/", 1)[1] for name in first["steps"]] == ["c1", "c2", "c3", "c4"]
    assert [name.split("/", 1)[1] for name in second["steps"]] == ["c5", "c7", "c7/2"]
    assert first["target"]["branch"] == BRANCH
    assert second["target"]["host"] == MAIN
    assert [one["phase"] for one in document["steps"] if one["action"] == "apply"] == ["isolation", "promotion"]


def test_a_file_with_the_value_that_is_committed_spreads_by_the_commit(tmp_path: Path) -> None:
    document = told(tmp_path, _promoted())
    one = incident(document, "c5")
    assert one["origin"]["cause"] == "file-change"
    patched = Story().sh("c1", "cat .env", f"DATABASE_URL={url()}\n").patch("c2", "config/db.env", f"URL={url()}")
    patched.sh("c3", "git add config && git commit -m x")
    kinds = [kind for kind, _, _ in spread(incident(told(tmp_path, patched), "c1"))]
    assert kinds == ["file", "commit"]


def test_commands_of_one_call_are_told_apart_by_what_they_print(tmp_path: Path) -> None:
    story = Story().sh(
        "c1",
        "cat .env; atlas migrate apply --env prod",
        f"DATABASE_URL={url()}\n" + applied(V1, V2, secret=ROLE, at=V1),
    )
    document = told(tmp_path, story)
    by_kind = {one["kind"]: one for one in document["incidents"]}
    steps = {one["id"]: one for one in document["steps"]}
    read, apply = (
        steps[by_kind["postgres-url"]["origin"]["step"]],
        steps[by_kind["postgres-password"]["origin"]["step"]],
    )
    assert (read["tool"], read["action"]) == ("shell", "read-secret")
    assert (apply["tool"], apply["action"]) == ("atlas", "apply")
    assert by_kind["postgres-password"]["origin"]["migration"] == V1
    assert read["run"] == apply["run"] != ""


def test_prompt_is_the_origin_and_the_command_its_spread(tmp_path: Path) -> None:
    story = Story().says(f"use {url()}", "user").sh("c1", f"psql '{url()}' -c 'select 1'", "(1 row)")
    (one,) = told(tmp_path, story)["incidents"]
    assert one["origin"]["cause"] == "prompt"
    assert spread(one) == [("command", "c1", "psql")]
    assert one["exposure"]["to_tools"] == ["psql"]


def test_literal_without_an_earlier_event_says_that_its_origin_is_not_recorded(tmp_path: Path) -> None:
    (one,) = told(tmp_path, Story().sh("c1", f"alembic -x url={url()} upgrade head"))["incidents"]
    assert one["origin"]["cause"] == "command-literal"
    assert "nothing earlier in the record" in one["origin"]["explanation"]


def test_arguments_of_servers_and_sub_agents(tmp_path: Path) -> None:
    story = Story().sh("c1", "cat .env", f"DATABASE_URL={url()}\n")
    story.mcp("c2", "run_query", "ok", server="warehouse", dsn=url())
    story.item(
        type="function_call", name="spawn_agent", arguments=f'{{"message":"migrate with {url()}"}}', call_id="c3"
    )
    story.output("c3", "started")
    one = incident(told(tmp_path, story), "c1")
    assert spread(one) == [("mcp-argument", "c2", "warehouse.run_query"), ("sub-agent", "c3", "")]
    assert "warehouse" in one["exposure"]["to_tools"]


def test_another_session_is_a_place_of_its_own(tmp_path: Path) -> None:
    first = Story().sh("c1", "cat .env", f"DATABASE_URL={url()}\n")
    second = Story(CHILD)
    second.second = 600
    second.sh("d1", f"psql '{url()}' -c 'select 1'")
    one = incident(told(tmp_path, first, second), "c1")
    assert [(item["kind"], item["session"]) for item in one["spread"]] == [("command", CHILD)]


def test_requests_are_counted_until_the_context_is_compacted(tmp_path: Path) -> None:
    story = Story().sh("c1", "ls", "x").sh("c2", "cat .env", f"DATABASE_URL={url()}\n").sh("c3", "ls").sh("c4", "ls")
    story.add("compacted", {"message": "summary", "replacement_history": []})
    story.sh("c5", "ls").sh("c6", "ls")
    (one,) = told(tmp_path, story)["incidents"]
    assert one["exposure"]["model_requests"] == 2  # the one that led to the output did not contain it


def test_a_variable_leads_to_the_database_that_an_earlier_step_showed(tmp_path: Path) -> None:
    story = (
        Story().sh("c1", "cat .env", f"DATABASE_URL={url()}\n").sh("c2", 'psql "$DATABASE_URL" -f migrations/001_a.sql')
    )
    story.sh("c3", "export DATABASE_URL=$(neon cs tags); atlas migrate apply --env x")
    document = told(tmp_path, story)
    assert step(document, "c2")["target"] == {"host": HOST, "database": "neondb"}
    assert step(document, "c2")["migrations"] == ["001_a.sql"]
    assert step(document, "c3")["action"] == "connection-string"
    assert step(document, "c3/3")["action"] == "apply"


def test_reading_configuration_becomes_reading_a_secret_only_when_it_shows_one(tmp_path: Path) -> None:
    safe = told(tmp_path, Story().sh("c1", "cat atlas.hcl", 'url = getenv("DATABASE_URL")\n'))
    leaking = told(tmp_path, Story().sh("c1", "cat atlas.hcl", f'url = "{url()}"\n'))
    assert step(safe, "c1")["action"] == "inspect"
    assert step(leaking, "c1")["action"] == "read-secret"


def test_scripts_are_followed_when_their_text_was_seen(tmp_path: Path) -> None:
    package = '{"name":"shop","scripts":{"db:up":"dotenv -e .env -- drizzle-kit migrate"}}'
    story = Story().sh("c1", "cat package.json", package).sh("c2", "npm run db:up", "", 1)
    story.sh(
        "c3",
        "make migrate",
        "alembic upgrade head\nINFO  [alembic.runtime.migration] Running upgrade  -> a1fa4e0c5fc9, x\n",
    )
    document = told(tmp_path, story)
    assert (step(document, "c2")["tool"], step(document, "c2")["action"]) == ("drizzle", "apply")
    assert (step(document, "c3")["tool"], step(document, "c3")["migrations"]) == ("alembic", ["a1fa4e0c5fc9"])


def test_programs_of_the_project_are_known_by_the_library_in_their_source(tmp_path: Path) -> None:
    story = Story().sh("c1", "cat cmd/migrate/main.go", 'import "gorm.io/gorm"\n\tdb.AutoMigrate(&Post{})\n')
    story.sh("c2", "go run ./cmd/migrate").patch("c3", "tools/up.py", "Base.metadata.create_all(engine)")
    story.sh("c4", "python tools/up.py").sh("c5", "go run ./cmd/other")
    document = told(tmp_path, story)
    assert [(step(document, name)["tool"], step(document, name)["action"]) for name in ("c2", "c4", "c5")] == [
        ("gorm", "apply"),
        ("alembic", "apply"),
        ("other", "other"),
    ]


def test_unknown_broken_and_huge_commands_are_steps_with_a_place(tmp_path: Path) -> None:
    story = Story().sh("c1", "frobnicate --all").sh("c2", "echo 'never closed && (").sh("c3", "x" * 1_000_000)
    document = told(tmp_path, story)
    action: Action = "other"
    for name in ("c1", "c2", "c3"):
        found = step(document, name)
        assert (found["action"], found["place"]["path"] != "", found["place"]["line"] > 0) == (action, True, True)
        assert len(found["command"]) < 3000
    assert step(document, "c1")["tool"] == "frobnicate"


def test_no_text_of_the_document_holds_a_value(tmp_path: Path) -> None:
    story = _promoted().sh("c8", f"{PASSWORD} --env {PASSWORD}").sh("c9", f"atlas migrate apply --env {PASSWORD}")
    document = told(tmp_path, story)
    text = str([document["steps"], document["runs"], document["checks"], document["incidents"]])
    assert not [value for value in (PASSWORD, OTHER, ROLE) if value in text]


def test_order_of_sources_changes_nothing(tmp_path: Path) -> None:
    stories = [_promoted(), Story(CHILD).sh("d1", "cat .env", f"DATABASE_URL={url()}\n")]
    forward, backward = told(tmp_path, *stories), told(tmp_path, *reversed(stories))
    assert (forward["steps"], forward["runs"], forward["checks"]) == (
        backward["steps"],
        backward["runs"],
        backward["checks"],
    )
    assert forward["incidents"] == backward["incidents"]


def test_sessions_are_traced_when_they_migrate(tmp_path: Path) -> None:
    document = told(tmp_path, Story().sh("c1", "npx prisma migrate deploy"), every=False)
    assert [one["tool"] for one in document["steps"]] == ["prisma"]
    assert not told(tmp_path, Story().sh("c1", "ls -la"), every=False)["steps"]
    assert document["sessions"][0]["id"] == OWN
