"""Workflow checks: what each story keeps and breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.trace.checks import TITLES
from tests.trace.stories import BRANCH, CREATED, PROJECT, URI, Story, applied, checks, told, url

V1 = "20261201100000"
LINT = f"Analyzing changes until version {V1} (1 migration in total):\n\n  -- analyzing version {V1}\n"


def _careful() -> Story:
    story = Story().sh("c0", "cat atlas.hcl", 'env "branch" { url = getenv("DATABASE_URL") }\n')
    story.mcp("c1", "create_branch", CREATED, projectId=PROJECT, branchName="tags")
    story.sh("c2", "atlas migrate lint --env branch --latest 1", LINT)
    story.sh("c3", "atlas migrate test --env branch", "ok")
    story.sh("c4", "atlas migrate apply --env branch --dry-run", applied(V1))
    story.sh("c5", "atlas migrate apply --env branch", applied(V1))
    story.sh("c6", "atlas migrate apply --env prod", applied(V1))
    return story.mcp("c7", "delete_branch", "Branch deleted successfully.", projectId=PROJECT, branchId=BRANCH)


def test_a_careful_session_breaks_nothing(tmp_path: Path) -> None:
    found = checks(told(tmp_path, _careful()))
    assert {name: status for name, status in found.items() if status == "violated"} == {}
    kept = {
        "lint-before-apply", "dry-run-before-apply", "tests-run", "isolated-branch-first", "no-url-in-context",
        "url-from-environment", "approved-apply", "branch-cleaned-up",
    }  # fmt: skip
    assert {name for name, status in found.items() if status == "followed"} == kept


BROKEN: dict[str, Story] = {
    "lint-before-apply": Story().sh("c1", "atlas migrate apply --env branch", applied(V1)),
    "dry-run-before-apply": Story().sh("c1", "alembic upgrade head"),
    "tests-run": Story().sh("c1", "atlas migrate apply --env branch", applied(V1)),
    "isolated-branch-first": Story().sh("c1", "atlas migrate apply --env prod", applied(V1)),
    "no-url-in-context": Story().sh("c1", "cat .env", f"DATABASE_URL={url()}\n").sh("c2", "npx knex migrate:latest"),
    "url-from-environment": Story().sh("c1", "cat atlas.hcl", f'env "x" {{ url = "{url()}" }}\n'),
    "dev-url-scope": Story()
    .sh("c1", "cat > migrations/20261201100000_ext.sql <<'SQL'\nCREATE EXTENSION vector;\nSQL")
    .sh("c2", "atlas migrate lint --env x --latest 1 --dev-url 'docker://postgres/17/dev?search_path=public'"),
    "destructive-reviewed": Story().sh("c1", "psql \"$DATABASE_URL\" -c 'DROP TABLE posts'", "DROP TABLE"),
    "approved-apply": Story(policy="never", sandbox="danger-full-access")
    .sh("c1", "atlas migrate apply --env prod", applied(V1)),
    "branch-cleaned-up": Story()
    .mcp("c1", "create_branch", CREATED, projectId=PROJECT, branchName="tags")
    .sh("c2", "atlas migrate apply --env branch", applied(V1)),
    "protected-parent": Story()
    .mcp("c1", "create_branch", CREATED, projectId=PROJECT, branchName="tags")
    .mcp("c2", "get_connection_string", URI, projectId=PROJECT, branchId=BRANCH)
    .sh("c3", "npx drizzle-kit migrate"),
}  # fmt: skip


def test_every_check_has_a_broken_story() -> None:
    assert set(BROKEN) == set(TITLES)


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken(name: str, tmp_path: Path) -> None:
    document = told(tmp_path, BROKEN[name])
    assert checks(document)[name] == "violated"
    violated = [one for one in document["checks"] if one["id"] == name and one["status"] == "violated"]
    known = {one["id"] for one in document["steps"]}
    assert all(one["steps"] and set(one["steps"]) <= known and one["explanation"] for one in violated)


def test_the_run_tells_what_was_left_out(tmp_path: Path) -> None:
    (run,) = told(tmp_path, BROKEN["lint-before-apply"])["runs"]
    assert not run["order_ok"]
    assert "no lint before the apply" in run["notes"]


def test_tools_that_cannot_lint_are_not_asked(tmp_path: Path) -> None:
    found = checks(told(tmp_path, Story().sh("c1", "npx knex migrate:latest", "Batch 1 run: 1 migrations")))
    assert found["lint-before-apply"] == found["dry-run-before-apply"] == "not-applicable"


def test_a_session_without_migrations_is_asked_about_credentials_only(tmp_path: Path) -> None:
    assert checks(told(tmp_path, Story().sh("c1", "ls").sh("c2", "cat .env.example"))) == {}
    assert checks(told(tmp_path, Story().sh("c1", "cat .env", f"U={url()}\n"))) == {"no-url-in-context": "violated"}
