"""The migration an apply is told to go to names the one that ran only if it is a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trace.stories import Story, incident, told, url

REFUSED = f"could not connect: {url()}\n"
SYMBOLIC = [
    "alembic upgrade head",
    "alembic upgrade heads",
    "alembic upgrade +1",
    "alembic upgrade ae1027+2",
    "alembic upgrade shop@head",
    "alembic upgrade ae1027:b7fa4e --sql",
    "alembic downgrade -1",
    "alembic downgrade base",
    "alembic upgrade $REVISION",
    "flask db upgrade head",
    "flyway -target=latest migrate",
    "flyway -target=next migrate",
    "flyway '-target=2.0?' migrate",
    "sqitch deploy --to @HEAD^",
    "sqitch revert --to @v1.0",
    "sqitch deploy --to HEAD~2",
    "npx mikro-orm migration:down --to 0",
]
NAMED = [
    ("alembic upgrade b7fa4e0c5fc9", "b7fa4e0c5fc9"),
    ("flyway -target=2.1 migrate", "2.1"),
    ("sqitch deploy --to reporting", "reporting"),
    ("npx sequelize db:migrate --to 20261120100100-add-role.js", "20261120100100-add-role.js"),
]


@pytest.mark.parametrize(("command", "migration"), [*((one, "") for one in SYMBOLIC), *NAMED])
def test_only_a_name_is_the_migration_that_ran(tmp_path: Path, command: str, migration: str) -> None:
    origin = incident(told(tmp_path, Story().sh("c1", command, REFUSED, 1)), "c1")["origin"]
    assert origin["migration"] == migration
    assert ("while migration" in origin["explanation"]) == bool(migration)
