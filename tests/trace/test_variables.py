"""Files of variables in all the ways they are written and loaded: the database of the command that uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trace.stories import HOST, Story, step, told, url


@pytest.mark.parametrize(
    ("written", "output"),
    [
        ("cat .env", f"DATABASE_URL={url()}\n"),
        (f"cat > .env <<'EOF'\nDATABASE_URL={url()}\nEOF", ""),
        (f'echo "DATABASE_URL={url()}" >> .env', ""),
        (f"printf 'DATABASE_URL={url()}' | tee .env", ""),
    ],
)
@pytest.mark.parametrize(
    "used",
    [
        'set -a; source .env; set +a; atlas migrate apply --url "$DATABASE_URL"',
        ". ./.env && atlas migrate apply -u $DATABASE_URL",
        "export $(grep -v '^#' .env | xargs) && alembic upgrade head",
        "env $(cat .env) alembic upgrade head",
        "npx dotenv -e .env -- prisma migrate deploy",
        "docker run --rm --env-file .env arigaio/atlas migrate apply",
        "node --env-file=.env node_modules/.bin/drizzle-kit migrate",
        'psql "${DATABASE_URL:?}" -f 001_x.sql',
    ],
)
def test_a_command_is_known_by_the_database_of_its_file(tmp_path: Path, written: str, output: str, used: str) -> None:
    document = told(tmp_path, Story().sh("c1", written, output).sh("c2", used))
    (apply,) = [one for one in document["steps"] if one["action"] == "apply"]
    assert apply["target"].get("host") == HOST
    assert step(document, "c1")["run"] == apply["run"] != ""
