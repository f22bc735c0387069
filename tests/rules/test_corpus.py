# ruff: noqa: E501  (quoted outputs of programs)
"""Invented outputs in the shapes that real programs print, each with everything that must be found in it, and no more.

Shapes follow runs of Atlas, psql, Alembic, Django, Rails, Prisma, node-postgres, pgjdbc, the Neon CLI, curl, MCP servers
and bridges; hosts, names and values are made up.
"""

from __future__ import annotations

import json

import pytest

from tests.rules.shipped import found

HOST = "ep-late-moon-a1b2c3d4.us-east-2.aws.neon.tech"
URL = f"postgresql://neondb_owner:npg_FakeGk3Lq9Xz@{HOST}/neondb?sslmode=require"
URL_FOUND = ("postgres-url", "npg_FakeGk3Lq9Xz")
PASSWORD = ("neon-password", "npg_FakeGk3Lq9Xz")
KEY = "napi_q8fakez3v1lm7xw2rk9tbd4hy6ncj5pfakes0ga8ueqo3iv1lm7xw2rk9tbd4hy6"
API_KEY = ("neon-api-key", KEY)
CASES: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("dotenv", f'DATABASE_URL="{URL}"\nNEON_API_KEY={KEY}\nPORT=3000\n', [URL_FOUND, API_KEY]),
    ("env | grep", f"DATABASE_URL={URL}\nDATABASE_URL_UNPOOLED={URL}\n", [URL_FOUND, URL_FOUND]),
    ("xtrace", f"+ psql '{URL}' -c 'select 1'\n ?column? \n----------\n        1\n", [URL_FOUND]),
    ("make", f"atlas migrate apply --url {URL} --dir file://migrations\nNo migration files to execute\n", [URL_FOUND]),
    ("atlas masked", f"Error: connecting postgresql://neondb_owner:xxxxx@{HOST}/neondb: timeout\n", []),
    ("atlas role", "  -- migrating version 20261120\n    -> CREATE ROLE app LOGIN PASSWORD 'FakeRl77q';\n  -- ok\n",
     [("postgres-password", "FakeRl77q")]),
    ("go net/url", 'parse "postgresql://app:npg_Fake%zz7x@db1.corp.internal/app": invalid URL escape "%zz"\n',
     [("postgres-url", "npg_Fake%zz7x")]),
    ("go port", 'Error: parse "postgresql://app:********@db1/app": invalid port ":npg_Fake7" after host\n',
     [("postgres-password", "npg_Fake7")]),
    ("libpq percent", 'psql: error: invalid percent-encoded token: "npg_Fake%zz7x"\n', [("postgres-password", "npg_Fake%zz7x")]),
    ("libpq host", 'could not translate host name "Fk7tail9@db1.corp.internal" to address\n', [("postgres-password", "Fk7tail9")]),
    ("libpq option", f'psql: error: invalid connection option "{URL.replace("ql:", "ql+psycopg:").partition("=")[0]}"\n',
     [URL_FOUND]),
    ("psql LINE", "ERROR:  syntax error\nLINE 1: ...TE ROLE app LOGIN PASSWORD 'FakeLn88w' VALID UNTILL 'x'...\n",
     [("postgres-password", "FakeLn88w")]),
    ("server log", "2026-11-20 10:00:00.000 UTC [12] app@app STATEMENT:  ALTER ROLE app PASSWORD 'FakeSt99e';\n",
     [("postgres-password", "FakeSt99e")]),
    ("pg_dumpall", "ALTER ROLE app WITH LOGIN PASSWORD 'SCRAM-SHA-256$4096:RmFrZVNhbHRGYWtlU2E=$RmFrZVN0b3JlZEtleUZha2VTdG9yZWRL"
     "ZXlGYWtlMTI=:RmFrZVNlcnZlcktleUZha2VTZXJ2ZXJLZXlGYWtlMzQ=';\n",
     [("postgres-verifier", "SCRAM-SHA-256$4096:RmFrZVNhbHRGYWtlU2E=$RmFrZVN0b3JlZEtleUZha2VTdG9yZWRLZXlGYWtlMTI="
       ":RmFrZVNlcnZlcktleUZha2VTZXJ2ZXJLZXlGYWtlMzQ=")]),
    ("sqlalchemy", "[SQL: CREATE ROLE app LOGIN PASSWORD 'FakeSq11r' NOSUCHOPTION]\n(Background on this error at: https://x)\n",
     [("postgres-password", "FakeSq11r")]),
    ("alembic ini", f"ValueError: invalid interpolation syntax in '{URL.replace('Gk3', '%Gk')}' at position 42\n",
     [("postgres-url", "npg_Fake%GkLq9Xz")]),
    ("engine repr", f"Engine(postgresql+psycopg://neondb_owner:***@{HOST}/neondb?sslmode=require)\n", []),
    ("django diffsettings", "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'app', 'USER': 'app', "
     f"'PASSWORD': 'FakeDj22t', 'HOST': '{HOST}', 'PORT': '5432', 'OPTIONS': {{'sslmode': 'require'}}}}}}\n",
     [("postgres-password", "FakeDj22t")]),
    ("rails yml", f"production:\n  adapter: postgresql\n  host: {HOST}\n  username: app\n  password: FakeRb33y\n  pool: 5\n",
     [("postgres-password", "FakeRb33y")]),
    ("rails execute", '-- execute("CREATE ROLE app LOGIN PASSWORD \'FakeRb44u\'")\n   -> 0.0011s\n', [("postgres-password", "FakeRb44u")]),
    ("rails uri", "URI::InvalidURIError: bad URI(is not URI?): postgresql://app:Fake^55i@db1.corp.internal/app\n",
     [("postgres-url", "Fake^55i")]),
    ("node pool", f"Pool {{\n  options: {{\n    connectionString: '{URL}',\n    max: 10\n  }}\n}}\n", [URL_FOUND]),
    ("node masked", "TypeError: Invalid URL\n  input: '*****REDACTED*****',\n  code: 'ERR_INVALID_URL'\n", []),
    ("neon serverless", "NeonDbError: not a valid URL (connection string: postgresql://app:npg_Fk3/Fake9@db1.corp.internal/app)\n",
     [("postgres-url", "npg_Fk3/Fake9")]),
    ("typeorm", "query failed: CREATE ROLE app LOGIN PASSWORD 'FakeTo66o' NOSUCH\nQueryFailedError: unrecognized role option\n",
     [("postgres-password", "FakeTo66o")]),
    ("pgjdbc", "PSQLException: Unable to parse URL jdbc:postgresql://db1.corp.internal:54x2/app?user=app&password=FakeJd77p&x=y\n",
     [("postgres-url", "FakeJd77p")]),
    ("sqitch", "    URI:           db:pg://app:FakeSq88a@db1.corp.internal/app\n(sqitch target show prod)\n",
     [("postgres-url", "FakeSq88a")]),
    ("neon cli table", f"Host      {HOST}\nRole      neondb_owner\nPassword  AbFake9kQ2wx\nDatabase  neondb\n",
     [("neon-password", "AbFake9kQ2wx")]),
    ("neon cli boxes", f"│ {HOST} │ neondb_owner │ npg_FakeGk3Lq9Xz │ neondb   │\n", [PASSWORD]),
    ("neon api", '{\n  "password": "npg_FakeGk3Lq9Xz"\n}\n', [PASSWORD]),
    ("neon key list", "Id   Name  Created At\n303  ci    2026-11-20T10:00:00Z\n", []),
    ("neon key create", f"Id    303\nName  ci\n\n{KEY}\n", [API_KEY]),
    ("curl -v", f"> GET /api/v2/projects HTTP/1.1\n> Host: console.neon.tech\n> Authorization: Bearer {KEY}\n>\n< HTTP/1.1 200\n",
     [API_KEY]),
    ("mcp-remote", f'[4711] Using custom headers: {{"Authorization":"Bearer {KEY}"}}\n', [API_KEY]),
    ("mcp-remote names", "[4711] Using custom headers: Authorization\n", []),
    ("mcp-proxy", "[I 2026-11-20 10:00:00 mcp_proxy.httpx_client] Request Headers: {'authorization': '***MASKED***'}\n", []),
    ("desktop args", f"metadata: {{\n  args: [\n    '-y',\n    '@neondatabase/mcp-server-neon',\n    'start',\n    '{KEY}',\n  ]\n}}\n",
     [API_KEY]),
    ("axios dump", f"  headers: AxiosHeaders {{\n    Authorization: 'Bearer {KEY}',\n  }},\n  apiKey: '{KEY}'\n", [API_KEY, API_KEY]),
    ("mcp result", json.dumps({"jsonrpc": "2.0", "id": 2, "result": {"content": [{"type": "text", "text": f"URI: {URL}\nRole: x"}],
                                                                    "structuredContent": {"uri": URL}}}), [URL_FOUND, URL_FOUND]),
    ("rich wrap", "INFO     Connection string details: URI: postgresql://neondb_owner:npg_FakeGk3Lq9Xz@ep-late-moon-a1b2c3d4.us-east-2.a\n"
     "                    ws.neon.tech/neondb?sslmode=require\n", [URL_FOUND]),
    ("debug call", "DEBUG Handler called: call_tool run_sql with {'sql': \"ALTER ROLE app LOGIN PASSWORD 'FakeMc99s'\"}\n",
     [("postgres-password", "FakeMc99s")]),
    ("codex toml", f'[mcp_servers.neon]\nurl = "https://mcp.neon.tech/mcp"\nhttp_headers = {{ Authorization = "Bearer {KEY}" }}\n',
     [API_KEY]),
    ("oauth", '{"access_token":"FakeAt11q8Z3v1Lm7Xw2","token_type":"bearer","expires_in":3600,"refresh_token":"FakeRt12V7k1Tn9BX3"}',
     [("oauth-token", "FakeAt11q8Z3v1Lm7Xw2"), ("oauth-token", "FakeRt12V7k1Tn9BX3")]),
    ("git remote", "origin\thttps://x-access-token:ghs_Fake8kQ2wPz7Lm4Xv1Tn9Bc3Hj6Dq5Rs0GaQ@github.com/o/r.git (fetch)\n",
     [("github-token", "ghs_Fake8kQ2wPz7Lm4Xv1Tn9Bc3Hj6Dq5Rs0GaQ")]),
    ("compose", "  db:\n    image: postgres:17\n    environment:\n      POSTGRES_USER: postgres\n      POSTGRES_PASSWORD: postgres\n", []),
    ("help", "Usage: psql [OPTION]... [DBNAME]\n  -W, --password   force password prompt (should happen automatically)\n", []),
    ("told", "The database password is adqviFakeomzzHu7; next: python manage.py migrate.\n", [("postgres-password", "adqviFakeomzzHu7")]),
    ("sentence", "Your password was changed. The password is stored in the vault, never print the token or the secret.\n", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_plain(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_in_a_rollout(text: str, expected: list[tuple[str, str]]) -> None:
    """As the output of a command inside a record, the output itself JSON."""
    output = json.dumps({"output": text, "metadata": {"exit_code": 0}})
    record = {"type": "response_item", "payload": {"type": "function_call_output", "call_id": "c1", "output": output}}
    assert found(json.dumps(record) + "\n") == expected
