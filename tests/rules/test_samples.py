# ruff: noqa: E501  (quoted lines of code and logs)
"""Placeholders, variables, masks, documentation and development constants are told apart from credentials."""

from __future__ import annotations

import pytest

from tests.rules.shipped import found, held

URL = "postgresql://app:{}@db1.corp.internal/app"
PLACEHOLDERS = (
    "<password>", "<your-password>", "<$NEON_API_KEY>", "{password}", "{{ .Password }}", "${{ secrets.DB_PASSWORD }}",
    "[YOUR-PASSWORD]", "[password]", "%s",
    "%(password)s", ":password", "$PGPASSWORD", "${DATABASE_PASSWORD}",
    "$(pass show db)", "%DB_PASSWORD%", "process.env.PGPASSWORD", "var.password", "local.password", "***", "*****",
    "********", "xxxxx", "xxxxxx", "XXXX", "••••••", "REDACTED", "[redacted]", "<redacted>", "*****REDACTED*****",
    "***MASKED***", "[MASKED]", "hidden", "…", "password", "pass", "passwd", "secret", "changeme", "change_me",
    "example", "dummy", "your_password", "YOUR_PASSWORD_HERE", "__PASSWORD__",
)  # fmt: skip
WEAK = (
    "postgres", "root", "admin", "my-secret-pw", "mysecretpassword", "supersecret", "s3cr3t", "test", "123456", "app",
)  # fmt: skip


@pytest.mark.parametrize("password", PLACEHOLDERS)
def test_placeholders_in_a_url(password: str) -> None:
    assert found(URL.format(password)) == []


@pytest.mark.parametrize("password", [one for one in PLACEHOLDERS if " " not in one and one != "…"])
def test_placeholders_in_a_url_are_counted(password: str) -> None:
    assert held(URL.format(password))


@pytest.mark.parametrize("password", PLACEHOLDERS)
@pytest.mark.parametrize(
    "form",
    [
        "PGPASSWORD={} psql -h db1.corp.internal", "NEON_API_KEY={}", "Authorization: Bearer {}", '"password": "{}"',
        "host=db1.corp.internal user=app password={} dbname=app", "production:\n  adapter: postgresql\n  password: {}\n",
        "ALTER ROLE app PASSWORD '{}';", "db1.corp.internal:5432:app:app:{}", "curl -u app:{} https://api.corp.dev",
        "redis://:{}@cache.corp.internal:6379/0", '"access_token":"{}"', "--api-key {}", "Password  {}",
    ],
)  # fmt: skip
def test_placeholders_anywhere(form: str, password: str) -> None:
    assert found(form.format(password)) == []


@pytest.mark.parametrize("password", WEAK)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "host.docker.internal", "db", "db.example.com"])
def test_weak_passwords_are_samples_on_hosts_that_are_nobodys(host: str, password: str) -> None:
    assert found(f"postgres://app:{password}@{host}:5432/app") == []
    assert held(f"postgres://app:{password}@{host}:5432/app") == ["sample"]


@pytest.mark.parametrize("password", WEAK[:-1])
def test_weak_passwords_are_credentials_elsewhere(password: str) -> None:
    assert found(f"postgres://app:{password}@db1.corp.internal/app") == [("postgres-url", password)]


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://alex:AbC123dEf@ep-cool-darkness-123456.us-east-2.aws.neon.tech/dbname?sslmode=require",
        "postgresql://neondb_owner:npg_xxxxxxxxxxxx@ep-xxx.us-east-2.aws.neon.tech/neondb",
        "postgres://postgres:postgres@127.0.0.1:54322/postgres", "mysql://root:pass@localhost:3306",
        "driver://username:password@address/dbname?param=value", "driver://user:pass@localhost/dbname",
        "postgresql://postgres:[YOUR-PASSWORD]@db.[project-ref].supabase.co:5432/postgres",
        "POSTGRES_PASSWORD=postgres", "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-postgres}", "napi_XXXXXXXXXXXXXXXXXXXX",
        "neon_api_key_1234567890abcdef1234567890abcdef", 'PASSWORD = os.environ["DB_PASSWORD"]',
        "h1:zXyfFak7e8Q2w3Lm4Zv5k1Tn9Bx3c6Hj8Dq0aa1bcc2=", "commit 0fa4e0c2a17b3d9e8c6f5a4b3c2d1e0f0a1b2c3d",
        "sha256:6b13ea3ecad0eda825c7f880605abaa04716443754c6e9ee5c243dcc5d313a16", "mcp-session-id: 01a2092d-b95a-7d51",
        "password: <%= ENV['APP_DATABASE_PASSWORD'] %>", "bearer_token_env_var = \"NEON_API_KEY\"",
        "env_http_headers = { Authorization = \"NEON_AUTH_HEADER\" }", "npm warn npm_config_registry is set",
        "the access token was refreshed; input_tokens=16341 max_tokens: 4096", '{"type":"token_count","info":null}',
        "if not secret_name.startswith('db-'): raise KeyError(secret_name)", "const { token, secret } = await getAuth()",
        "def connect(url: str, *, password: str | None = None) -> Connection:", "getPassword(user.passwordHash)",
        "Content-Type: application/json\r\nWWW-Authenticate: Basic realm=\"Restricted Area 51\"",
        "eyJwYWdlIjozfQ.eyJjdXJzb3IiOiJhYmMifQ.c2lnbmF0dXJlc2lnbmF0dXJl", "type Secret = { password: string; token: Token }",
        "psql: error: connection to server at \"db1.corp.internal\" failed: password authentication failed for user \"app\"",
        "set `PGPASSWORD=`, because `psql` reads it", "names such as 'DB_PASSWORD=', 'API_KEY=' and 'TOKEN='; none 9",
        "[REDACTED:postgres-url:3fa9]", "PGPASSWORD=[REDACTED:postgres-password:3fa9] psql", "Bearer [REDACTED_SECRET]",
        "postgresql://app:[REDACTED:postgres-url:3fa9]@db1.corp.internal/app?password=[REDACTED:postgres-url:aa01]",
        '{"password":"[REDACTED:generic-secret:0b1c]","access_token":"[REDACTED:oauth-token:77aa]"}',
        "ALTER ROLE app PASSWORD '[REDACTED:postgres-password:3fa9]'", "host=h user=u password=[REDACTED_SECRET] dbname=d",
    ],
)  # fmt: skip
def test_never_reported(text: str) -> None:
    assert found(text) == []


DOCUMENTED = (
    'DATABASE_URL="postgresql://johndoe:{}@localhost:5432/mydb?schema=public"',
    '#   DATABASE_URL="postgres://myuser:{}@localhost/somedatabase"',
    "HASURA_GRAPHQL_DATABASE_URL: postgres://postgres:{}@postgres:5432/postgres",
    "postgresql://postgres:{}@localhost:5432/postgres",
    "postgresql://dbuser:{}@database.server.com:3211/mydb",
    "conn = psycopg.connect(host='localhost', dbname='test', user='dbuser', password='{}')",
    "CREATE ROLE davide WITH LOGIN PASSWORD '{}';",
    "ALTER ROLE davide WITH PASSWORD '{}';",
    'SECRET_KEY = "{}"',
)
SAMPLES = (
    "randompassword", "mypass", "postgrespassword", "prisma", "secretpassword", "dbpass", "jw8s0F4", "hu8jmn3",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
)  # fmt: skip


@pytest.mark.parametrize(("text", "sample"), [*zip(DOCUMENTED, SAMPLES, strict=True)])
def test_what_generators_and_manuals_write_is_held(text: str, sample: str) -> None:
    assert found(text.format(sample)) == []
    assert "sample" in held(text.format(sample))


@pytest.mark.parametrize("text", DOCUMENTED)
def test_other_values_in_their_places_are_found(text: str) -> None:
    assert [value for _, value in found(text.format("Qx3FkTz8Lq5W"))] == ["Qx3FkTz8Lq5W"]
