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
