"""What a name really runs: Go programs whose text the session showed."""

from __future__ import annotations

import pytest

from auditor.trace.commands import parts_of
from auditor.trace.scripts import Scripts

GORM = 'package main\nimport "gorm.io/gorm"\nfunc main() { db.AutoMigrate(&Post{}) }\n'
ENT = 'package main\nimport "shop/ent"\nfunc main() { client.Schema.Create(ctx) }\n'


@pytest.mark.parametrize(
    ("shown", "text", "command", "tool"),
    [
        ("cat cmd/migrate/main.go", GORM, "go run ./cmd/migrate", "gorm"),
        ("cat ./cmd/migrate/main.go", GORM, "go run cmd/migrate/main.go", "gorm"),
        ("sed -n 1,80p cmd/migrate/main.go", ENT, "DATABASE_URL=$X go run ./cmd/migrate/", "ent"),
        ("cat cmd/server/main.go", GORM, "go run ./cmd/migrate", ""),
        ("cat cmd/migrate/main.go", GORM.replace("AutoMigrate", "First"), "go run ./cmd/migrate", ""),
        ("cat cmd/migrate/main.py", GORM, "go run ./cmd/migrate", ""),
    ],
)
def test_go_run_is_the_library_its_text_migrates_with(shown: str, text: str, command: str, tool: str) -> None:
    scripts = Scripts()
    scripts.learn(shown, [text])
    found = [part.recognised.tool for part in parts_of(command, scripts, "") if part.recognised]
    assert [name for name in found if name in {"gorm", "ent"}] == ([tool] if tool else [])


MAKEFILE = """ATLAS = atlas
DB ?= $(DATABASE_URL)

.PHONY: migrate
migrate: lint ## run
\t@$(ATLAS) migrate apply --env prod --url "$(DB)"
lint:
\tatlas migrate lint --env dev --latest 1
loop: loop
\t$(LOOP) goose up
LOOP = $(LOOP) $(LOOP)
"""
PACKAGE = '{"scripts": {"premigrate": "prisma validate", "migrate": "prisma migrate deploy", "db": "npm run migrate"}}'
JUSTFILE = 'set dotenv-load\n\nmigrate env="dev" *flags:\n    @atlas migrate apply --env {{env}}\n'
TASKFILE = (
    "version: '3'\ntasks:\n  migrate:\n    desc: all\n    cmds:\n      - goose -dir db up\n      - cmd: goose status\n"
)


@pytest.mark.parametrize(
    ("file", "text", "command", "actions"),
    [
        ("Makefile", MAKEFILE, "make -C app migrate", ["atlas lint dev", "atlas apply prod"]),
        ("Makefile", MAKEFILE, "make -j 4 DB=x lint migrate", ["atlas lint dev", "atlas lint dev", "atlas apply prod"]),
        ("Makefile", MAKEFILE, "make loop", []),
        ("package.json", PACKAGE, "npm --prefix app run migrate", ["prisma lint ", "prisma apply "]),
        ("package.json", PACKAGE, "pnpm -F app migrate", ["prisma lint ", "prisma apply "]),
        ("package.json", PACKAGE, "yarn workspace app db", ["prisma lint ", "prisma apply "]),
        ("justfile", JUSTFILE, "just migrate", ["atlas apply dev"]),
        ("justfile", JUSTFILE, "just migrate prod --dry-run", ["atlas apply prod"]),
        ("Taskfile.yml", TASKFILE, "task -d app migrate", ["goose apply ", "goose status "]),
    ],
)
def test_recipes_are_followed(file: str, text: str, command: str, actions: list[str]) -> None:
    scripts = Scripts()
    scripts.learn(f"cat {file}", [text])
    found = [part.recognised for part in parts_of(command, scripts, "") if part.recognised]
    assert [f"{one.tool} {one.action} {one.environment}" for one in found] == actions


def test_variables_of_recipes_do_not_grow_without_end() -> None:
    scripts = Scripts()
    doubling = "\n".join(f"V{n + 1} = $(V{n})$(V{n})" for n in range(200))
    scripts.learn("cat Makefile", [f"V0 = x\n{doubling}\nall:\n\techo $(V200)\n"])
    assert sum(len(part.command.argv) for part in parts_of("make all", scripts, "")) < 10_000


def test_the_url_of_a_recipe_comes_from_the_environment() -> None:
    scripts = Scripts()
    scripts.learn("cat Makefile", [MAKEFILE])
    (apply,) = [
        part for part in parts_of("make migrate", scripts, "") if part.recognised and part.recognised.action == "apply"
    ]
    assert apply.command.variables == {"DATABASE_URL"}
