"""Pinned installs of the real programs, kept in `.cache/` (or `$AUDITOR_TEST_CACHE`) and shared by all runs.

`python -m tests.harness.installs [NAME…]` installs what is missing (all, without names) through the ordinary clients
npm, pip, go, cargo and Maven. Importing this module never installs anything: `npm_home`, `go_tool`, `cargo_tool`, `maven_home` and
`python_home` return None for what is absent.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("AUDITOR_TEST_CACHE") or ROOT / ".cache")

NPM: dict[str, dict[str, str]] = {
    "codex": {"@openai/codex": "0.169.0"},
    "drizzle": {"drizzle-kit": "0.31.11", "drizzle-orm": "0.45.4", "pg": "8.23.1"},
    "prisma": {"prisma": "6.19.3", "@prisma/adapter-pg": "6.19.3"},
    "sequelize": {"sequelize": "6.37.8", "sequelize-cli": "6.6.5", "pg": "8.23.1"},
    "typeorm": {"typeorm": "1.1.1", "pg": "8.23.1"},
    "knex": {"knex": "3.3.0", "pg": "8.23.1"},
    "node-pg-migrate": {"node-pg-migrate": "9.0.0", "pg": "8.23.1"},
    "mikro-orm": {"@mikro-orm/cli": "6.6.7", "@mikro-orm/core": "6.6.7", "@mikro-orm/migrations": "6.6.7",
                  "@mikro-orm/postgresql": "6.6.7"},
    "dbmate": {"dbmate": "2.36.0"},
    "supabase": {"supabase": "2.117.0"},
    "neon": {"neon": "6.2.3"},
    "neonctl": {"neonctl": "2.15.0"},
    "neon-mcp": {"@neondatabase/mcp-server-neon": "0.3.7"},
    "browser": {"playwright-core": "1.65.1", "axe-core": "4.14.1"},
    "sarif": {"@microsoft/sarif-multitool": "5.7.0"},
}  # fmt: skip
"""Sets of npm packages, pinned. Prisma 6 is the last whose package holds its migration engine (WebAssembly, with a driver
adapter); MikroORM 6 the last that runs on Node 20. Atlas has no package at all."""
GO: dict[str, tuple[str, list[str]]] = {
    "goose": (
        "github.com/pressly/goose/v3/cmd/goose@v3.29.0",
        ["-tags=no_clickhouse,no_libsql,no_mssql,no_mysql,no_sqlite3,no_vertica,no_ydb"],
    ),
    "migrate": ("github.com/golang-migrate/migrate/v4/cmd/migrate@v4.20.1", ["-tags=postgres,file"]),
}
GO_PROJECTS: dict[str, dict[str, str]] = {
    "gorm": {"gorm.io/gorm": "v1.31.2", "gorm.io/driver/postgres": "v1.6.3"},
    "ent": {"entgo.io/ent": "v0.14.5", "entgo.io/ent/cmd/ent": "v0.14.5", "github.com/lib/pq": "v1.12.3"},
}
"""Libraries that a project's own Go program uses: their modules wait in the cache, with a go.mod that pins them."""
CARGO: dict[str, tuple[str, str, list[str]]] = {
    "diesel": ("diesel_cli", "2.3.14", ["--no-default-features", "--features=postgres"]),
    "sqlx": ("sqlx-cli", "0.9.0", ["--no-default-features", "--features=postgres"]),
}
"""Rust programs: crate, version, flags. Compiling takes minutes; diesel needs Debian's libpq-dev."""
MAVEN: dict[str, list[str]] = {
    "liquibase": ["org.liquibase:liquibase-core:4.33.0", "info.picocli:picocli:4.7.7", "org.postgresql:postgresql:42.7.7"],
    "flyway": ["org.flywaydb:flyway-maven-plugin:13.12.0", "org.flywaydb:flyway-database-postgresql:13.12.0",
               "org.postgresql:postgresql:42.7.7"],
}  # fmt: skip
"""Java programs. Liquibase's main class is in its core; of Flyway's command line a part is not published, its Maven plugin is
the whole program. A plugin (first coordinate) gets a local repository of its own, which Maven uses offline."""
PYTHON: dict[str, list[str]] = {
    "alembic": ["alembic==1.20.1", "sqlalchemy==2.1.9", "psycopg[binary]==3.3.9"],
    "django": ["django==5.2.19", "psycopg[binary]==3.3.9"],
    "readers": ["sarif-tools==3.0.5", "compliance-trestle==5.2.0"],
}


def npm_home(name: str) -> Path | None:
    """Return the folder that holds `node_modules` of one pinned set, or None when it isn't installed as pinned."""
    home = CACHE / "npm" / name
    stamp = home / ".installed"
    return home if stamp.is_file() and stamp.read_text() == json.dumps(NPM[name], sort_keys=True) else None


def codex_cli() -> Path | None:
    """Return the Codex executable itself (not npm's node wrapper, which would cost 40 ms a run)."""
    home = npm_home("codex")
    found = sorted(home.glob("node_modules/@openai/codex-*/vendor/*/bin/codex")) if home else []
    return found[0] if found else None


def go_tool(name: str) -> Path | None:
    """Return an installed Go program."""
    path = CACHE / "go" / GO[name][0].replace("/", "+") / "bin" / name
    return path if path.is_file() else None


def go_project(name: str) -> Path | None:
    """Return the folder whose go.mod and go.sum pin one set of libraries."""
    home = CACHE / "go" / "projects" / name
    stamp = home / ".installed"
    return home if stamp.is_file() and stamp.read_text() == json.dumps(GO_PROJECTS[name], sort_keys=True) else None


def go_modules() -> Path:
    """Return the module cache of these projects."""
    return CACHE / "go" / "mod"


def python_home(name: str) -> Path | None:
    """Return a virtual environment with one pinned set."""
    home = CACHE / "python" / name
    stamp = home / ".installed"
    return home if stamp.is_file() and stamp.read_text() == "\n".join(PYTHON[name]) else None


def cargo_tool(name: str) -> Path | None:
    """Return an installed Rust program."""
    crate, version, _ = CARGO[name]
    path = CACHE / "cargo" / f"{crate}@{version}" / "bin" / name
    return path if path.is_file() else None


def maven_home(name: str) -> Path | None:
    """Return the folder of a Java program: `lib` with its jars, or `repository` and `pom.xml` of a plugin."""
    home = CACHE / "maven" / name
    stamp = home / ".installed"
    return home if stamp.is_file() and stamp.read_text() == "\n".join(MAVEN[name]) else None


def install_npm(name: str) -> None:
    """Install one pinned npm set."""
    if npm_home(name):
        return
    home = CACHE / "npm" / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "package.json").write_text('{"private": true}\n')
    wanted = [f"{package}@{version}" for package, version in NPM[name].items()]
    subprocess.run(
        ["npm", "install", "--no-fund", "--no-audit", "--ignore-scripts", "--save-exact", *wanted], cwd=home, check=True
    )
    (home / ".installed").write_text(json.dumps(NPM[name], sort_keys=True))


def install_go(name: str) -> None:
    """Build one pinned Go program."""
    if go_tool(name):
        return
    module, flags = GO[name]
    home = CACHE / "go" / module.replace("/", "+")
    env = {**os.environ, "GOBIN": str(home / "bin"), "CGO_ENABLED": "0"}
    subprocess.run(["go", "install", "-trimpath", *flags, module], env=env, check=True)


def install_go_project(name: str) -> None:
    """Fetch the modules of one set through the module proxy."""
    if go_project(name):
        return
    home = CACHE / "go" / "projects" / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    env = {**os.environ, "GOMODCACHE": str(go_modules()), "GOFLAGS": "-mod=mod"}
    wanted = [f"{module}@{version}" for module, version in GO_PROJECTS[name].items()]
    for command in (["go", "mod", "init", "shop"], ["go", "get", *wanted], ["go", "mod", "download", "all"]):
        subprocess.run(command, cwd=home, env=env, check=True)
    (home / ".installed").write_text(json.dumps(GO_PROJECTS[name], sort_keys=True))


def install_cargo(name: str) -> None:
    """Build one pinned Rust program."""
    if cargo_tool(name):
        return
    crate, version, flags = CARGO[name]
    root = CACHE / "cargo" / f"{crate}@{version}"
    subprocess.run(["cargo", "install", "--root", str(root), *flags, f"{crate}@{version}"], check=True)


def install_maven(name: str) -> None:
    """Bring the jars of one Java program, or the repository of a Maven plugin."""
    if maven_home(name):
        return
    home = CACHE / "maven" / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "pom.xml").write_text(pom(name))
    if "plugin" in MAVEN[name][0]:  # info fails without a database, after everything is there
        goal = [
            f"{name}:info",
            f"-D{name}.url=jdbc:postgresql://127.0.0.1:1/none",
            f"-Dmaven.repo.local={home}/repository",
        ]
        subprocess.run(["mvn", "-q", "-B", *goal], cwd=home, check=False)
    else:
        copy = ["dependency:copy-dependencies", f"-DoutputDirectory={home}/lib"]
        subprocess.run(["mvn", "-q", "-B", *copy], cwd=home, check=True)
    (home / ".installed").write_text("\n".join(MAVEN[name]))


def pom(name: str) -> str:
    """Return a project that depends on one set of jars, or uses one plugin with the others beside it."""
    first, *rest = MAVEN[name]
    if "plugin" in first:
        beside = f"<dependencies>{''.join(map(_dependency, rest))}</dependencies>"
        build = f"<build><plugins><plugin>{_coordinates(first)}{beside}</plugin></plugins></build>"
    else:
        build = f"<dependencies>{''.join(map(_dependency, MAVEN[name]))}</dependencies>"
    head = (
        "<modelVersion>4.0.0</modelVersion><groupId>dev.shop</groupId><artifactId>shop</artifactId><version>1</version>"
    )
    return f'<project xmlns="http://maven.apache.org/POM/4.0.0">{head}<packaging>pom</packaging>{build}</project>\n'


def _dependency(pin: str) -> str:
    return f"<dependency>{_coordinates(pin)}</dependency>"


def _coordinates(pin: str) -> str:
    group, artifact, version = pin.split(":")
    return f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"


def install_python(name: str) -> None:
    """Make one pinned virtual environment."""
    if python_home(name):
        return
    home = CACHE / "python" / name
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    subprocess.run([str(home / "bin/python"), "-m", "pip", "install", "-q", *PYTHON[name]], check=True)
    (home / ".installed").write_text("\n".join(PYTHON[name]))


def main(names: list[str]) -> int:
    """Install the named sets (all when none is named)."""
    kinds = (
        ("npm", NPM, install_npm),
        ("go", GO, install_go),
        ("go", GO_PROJECTS, install_go_project),
        ("cargo", CARGO, install_cargo),
        ("maven", MAVEN, install_maven),
        ("python", PYTHON, install_python),
    )
    for kind, pins, install in kinds:
        for name in pins:
            if not names or name in names or kind in names:
                install(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
