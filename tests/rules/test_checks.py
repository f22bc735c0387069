"""Each check alone, on the value it judges."""

from __future__ import annotations

import base64
import json

import pytest

from auditor.detect.candidate import Candidate, Verdict, parse_call
from auditor.errors import UsageProblem

HOLD, DROP = Verdict.HOLD, Verdict.DROP


def candidate(secret: str, before: str = "", after: str = "", **groups: str) -> Candidate:
    """A match of `secret` between two texts."""
    text = (before + secret + after).encode()
    start = len(before.encode())
    end = start + len(secret.encode())
    named = {name: value.encode() for name, value in groups.items()} | {"secret": secret.encode()}
    return Candidate("rule", "generic-secret", secret.encode(), named, text, start, end, start, end)


@pytest.mark.parametrize(
    ("call", "secret", "verdict"),
    [
        ("mask", "*****", HOLD), ("mask", "xxxxxx", HOLD), ("mask", "REDACTED", HOLD), ("mask", "ghp_xxxxxxxxxx", HOLD),
        ("mask", "abc...xyz", HOLD), ("mask", "••••", HOLD), ("mask", "aaaaaaaaaaaaaaa", HOLD),
        ("mask", "hunter2!x", None),
        ("mask", "[REDACTED:postgres-url:3fa9]", DROP), ("mask", "[REDACTED_SECRET]", DROP),
        ("mask", "Hidden5Valley", None),
        ("template", "${X}", HOLD), ("template", "<password>", HOLD), ("template", "$HOME", HOLD),
        ("template", "%s", HOLD),
        ("template", "a${X}b", HOLD), ("template", "your-token-here", HOLD), ("template", "config.db.password", HOLD),
        ("template", "op://vault/item/field", HOLD), ("template", "Pa$$w0rd!", None), ("template", "a<b>c9", None),
        ("sample", "password", HOLD), ("sample", "CHANGEME", HOLD), ("sample", "AbC123dEf", HOLD),
        ("sample", "sk-1234567890abcdef1234567890abcdef", HOLD), ("sample", "k3Qz9xP1", None),
        ("sample", "postgres", HOLD), ("sample", "Password1!", HOLD), ("sample", "pa55word", HOLD),
        ("sample", "npg_secret123456", HOLD), ("sample", "npg_abc123def456", HOLD), ("sample", "Passwort2!", None),
        ("entropy:3.0", "aabbaabb", HOLD), ("entropy:3.0:drop", "aabbaabb", DROP), ("entropy:3.0", "k3Qz9xP1mW", None),
        ("length:8", "short", DROP), ("length:2:4", "short", DROP), ("length:2:9", "short", None),
        ("charset:2", "abcdef", HOLD), ("charset:2:drop", "abcdef", DROP), ("charset:3", "aB3", None),
        ("identifier", "userPassword", HOLD), ("identifier", "reset-password", HOLD),
        ("identifier", "AUTH_TOKEN_2", HOLD),
        ("identifier", "src/app/page.tsx", HOLD), ("identifier", "db1.corp.internal", HOLD),
        ("identifier", "getToken()", HOLD),
        ("identifier:drop", "is required", DROP), ("identifier", "jvenkFakeMTnfGzVKm", None),
        ("identifier", "a1b2c3d4", None),
        ("identifier", "the import token that you got", HOLD), ("identifier", "k3Qz9xP1", None),
        ("digest", "sha256:0fa4e0c2a17b3d9e8c6f5a4b3c2d1e0f", DROP), ("digest", "h1:zXyfFak7e8Q2w3Lm4Zv5=", DROP),
        ("digest:uuid", "01a2092d-b95a-7d51-ac20-9e03ea639739", DROP),
        ("digest", "01a2092d-b95a-7d51-ac20-9e03ea639739", None),
        ("verifier", "md50fa4e0c2a17b3d9e8c6f5a4b3c2d1e0f", DROP), ("verifier", "SCRAM-SHA-256$4096:x$y:z", DROP),
        ("verifier", "$argon2id$v=19$m=65536,t=3,p=4$FakeZ3v1Lm7Xw2Rk9T$bD4hY6nCj5Ps", DROP),
        ("verifier", "$2b$12$FakeZ3v1Lm7Xw2Rk9TbD4hY6nCj5Ps0Ga8ueQo3iv1Lm7Xw2Rk9Tb", DROP),
        ("verifier", "encrypted:BFakeZ3v1Lm7Xw2Rk9TbD4hY6nCj5Ps0Ga8ueQo3iv1Lm7", DROP),
        ("verifier", "AgBFakeZ3v1Lm7Xw2Rk9TbD4hY6nCj5Ps0Ga8ueQo3iv1Lm7Xw2", DROP),
        ("verifier", "AgBFakeZ3v1Lm7", None), ("verifier", "$2bFakeZ3v1", None), ("verifier", "encrypted:Fake1", None),
        ("identifier", "API-Schlüssel", HOLD), ("identifier", "Ключ API", HOLD), ("identifier", "Schlüssel7!q", None),
        ("template", ".*/TOKEN=", HOLD), ("template", "[^ ]*/X", HOLD), ("template", ".*Fake7!", None),
        ("verifier", "md5-like", None), ("number", "128000", DROP), ("number", "3.11.7", DROP),
        ("number", "2026-11-20", DROP),
        ("number", "12ab", None), ("mixed", "abcdefgh", HOLD), ("mixed:drop", "12345678", DROP),
        ("mixed", "abc12345", None),
        ("opaque", "authentication", DROP), ("opaque:hold", "token-value", HOLD), ("opaque", "k3Qz9xP1mW7v", None),
        ("url-fragment", "54x2", DROP), ("url-fragment", "postgres://h", DROP), ("url-fragment", "npg_Fake7", None),
    ],
)  # fmt: skip
def test_verdicts(call: str, secret: str, verdict: Verdict | None) -> None:
    assert parse_call(call)(candidate(secret)) is verdict


@pytest.mark.parametrize(
    ("secret", "before", "verdict"),
    [
        ("userPassword", "password: ", HOLD),
        ("userPassword", "password: '", None),
        ("not so secret", 'password: "', HOLD),
    ],
)
def test_identifier_bare_leaves_quoted_words(secret: str, before: str, verdict: Verdict | None) -> None:
    assert parse_call("identifier:bare")(candidate(secret, before)) is verdict


@pytest.mark.parametrize(
    ("groups", "secret", "verdict"),
    [
        ({"host": "localhost"}, "postgres", HOLD), ({"host": "db1.corp.internal"}, "postgres", None),
        ({"host": "10.0.0.5"}, "admin", HOLD), ({"host": "203.0.113.9"}, "admin", None),
        ({"host": "db.example.com"}, "s3cr3t", HOLD), ({"host": "localhost", "user": "shop"}, "shop", HOLD),
        ({"host": "localhost"}, "k3Qz9xP1", None), ({"host": "db1.corp.internal"}, "Password1!", None),
        ({"host": "ep-cool-darkness-123456.us-east-2.aws.neon.tech"}, "k3Qz9xP1", HOLD),
    ],
)  # fmt: skip
def test_sample_knows_hosts(groups: dict[str, str], secret: str, verdict: Verdict | None) -> None:
    assert parse_call("sample")(candidate(secret, **groups)) is verdict


@pytest.mark.parametrize(
    ("secret", "user", "verdict"),
    [
        ("5432/app?x=a", "db1.corp.internal", DROP),
        ("5432", "db1.corp.internal", DROP),
        ("54321", "app", None),
        ("a5432/x", "app", None),
    ],
)
def test_url_tells_ports_from_passwords(secret: str, user: str, verdict: Verdict | None) -> None:
    assert parse_call("url")(candidate(secret, user=user)) is verdict


@pytest.mark.parametrize(
    ("host", "facts"),
    [
        ("ep-a-b-1.us-east-2.aws.neon.tech", {"endpoint": "ep-a-b-1"}),
        ("ep-a-b-1-pooler.c-2.eu-central-1.aws.neon.tech", {"endpoint": "ep-a-b-1", "pooled": "true"}),
        ("br-a-b-1.us-east-2.aws.neon.tech", {"branch": "br-a-b-1"}), ("db1.corp.internal", {}),
    ],
)  # fmt: skip
def test_url_reads_neon_hosts(host: str, facts: dict[str, str]) -> None:
    assert parse_call("url").facts(candidate("x", host=host)) == facts


@pytest.mark.parametrize(
    ("name", "before", "after", "verdict"),
    [
        ("dsn", "host=h ", " dbname=d", None), ("dsn", "if ", " then", DROP), ("dsn", "user=app password=", "", None),
        ("dsn", "user = User(username='app', password='", "')", DROP), ("dsn", "port = find(1, '", "')", DROP),
        ("sql", "ALTER ROLE app PASSWORD '", "'", None),
        ("sql", "the word ", "", DROP), ("npgsql", "Host=h;Password=", ";", None),
        ("ado", "Server=h;Password=", ";", None),
        ("!elsewhere", "adapter: mysql2\n", "", DROP), ("!elsewhere", "mysql and postgres\n", "", None),
        ("neon:postgres", "psql ", "", None),
    ],
)  # fmt: skip
def test_near(name: str, before: str, after: str, verdict: Verdict | None) -> None:
    assert parse_call(f"near:{name}")(candidate("k3Qz9xP1", before, after)) is verdict


def test_near_knows_its_contexts() -> None:
    with pytest.raises(UsageProblem, match="no context"):
        parse_call("near:nowhere")(candidate("x"))


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (" id | password \n----+----------\n  1 | ", " \n", None),
        (" id | password \n----+----------\n", " | x \n", DROP),
        ("+----+-----+\n| id | api_token |\n+----+-----+\n| 1 | a |\n| 2 | ", " |\n", None),
        ("│ id │ password │\n├────┼──────────┤\n│ 1 │ ", " │\n", None), ("| a | b |\n|---|---|\n| x | ", " |", DROP),
        ("host,password,note\na,b,c\nd,", ",e\n", None), ("host,password,note\na,b,c\nd,e,", "\n", DROP),
        ("f(x),password\na,", "\n", DROP), ("id|password\n1|", "\n", None), ("password\tid\n", "\t1\n", None),
        ("COPY t (id, password) FROM stdin;\n1\tx\n2\t", "\n", None), ("COPY t (id, b) FROM stdin;\n2\t", "\n", DROP),
        ("INSERT INTO t (id, \"password\") VALUES (1, '", "')", None),
        ("INSERT INTO t (id, b) VALUES (1, '", "')", DROP),
        ("INSERT INTO t (id, password) VALUES (1, 'a,b'), (2, '", "')", None), ("f(1, '", "')", DROP),
        ("", "", DROP),
    ],
)  # fmt: skip
def test_column(before: str, after: str, verdict: Verdict | None) -> None:
    assert parse_call("column")(candidate("k3Qz9xP1", before, after)) is verdict


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([{"alg": "HS256"}, {"sub": "fake-1"}, "sig"], None), ([{"typ": "JWT"}, {"sub": "fake-1"}, "sig"], DROP),
        ([{"alg": "HS256"}, {"sub": "1234567890"}, "sig"], HOLD),
        ([{"alg": "HS256"}, {"iss": "supabase-demo"}, "sig"], HOLD),
        ([{"alg": "HS256"}, {"sub": "fake-1"}, ""], DROP), ([{"alg": "none"}, {"sub": "fake-1"}, ""], None),
        ([{"alg": "dir", "enc": "A256GCM"}, "", "iv", "text", "tag"], None), ([{"alg": "HS256"}, ["x"], "sig"], DROP),
        (["bm90anNvbg", {"sub": "x"}, "sig"], DROP), ([{"alg": "HS256"}, {"sub": "x"}], DROP),
    ],
)  # fmt: skip
def test_jwt(parts: list[object], verdict: Verdict | None) -> None:
    token = ".".join(part if isinstance(part, str) else _part(part) for part in parts)
    assert parse_call("jwt")(candidate(token)) is verdict


def test_jwt_facts() -> None:
    token = (
        f"{_part({'alg': 'ES256'})}.{_part({'iss': 'https://a.b', 'role': 'anon', 'exp': 1795500000, 'aud': ['x']})}.s"
    )
    expected = {"alg": "ES256", "iss": "https://a.b", "role": "anon", "expires": "2026-11-24T06:00:00Z"}
    assert parse_call("jwt").facts(candidate(token)) == expected


@pytest.mark.parametrize(
    ("pair", "verdict"),
    [
        ("app:k3Qz9xP1", None),
        ("app:password", HOLD),
        ("app:", DROP),
        ("nocolon", DROP),
        ("app:${PW}", HOLD),
        ("a:b\x01c", DROP),
    ],
)
def test_basic(pair: str, verdict: Verdict | None) -> None:
    encoded = base64.b64encode(pair.encode()).decode()
    assert parse_call("basic")(candidate(encoded)) is verdict


def test_basic_unwraps_the_password() -> None:
    call, encoded = parse_call("basic"), candidate(base64.b64encode(b"app:k3Qz:9xP1").decode())
    assert call.value(encoded) == b"k3Qz:9xP1"
    assert call.facts(encoded) == {"user": "app"}
    assert parse_call("mask").value(encoded) is None


@pytest.mark.parametrize(
    ("text", "verdict"),
    [(b"k3Qz9xP1", None), (b"k3Qz9xP1\n", None), (b"changeme", HOLD), (b"a\x01bcd", DROP), (b"ab", DROP)],
)
def test_encoded(text: bytes, verdict: Verdict | None) -> None:
    call, one = parse_call("encoded"), candidate(base64.b64encode(text).decode())
    assert call(one) is verdict
    assert verdict is DROP or call.value(one) == text.strip()


def test_encoded_is_base64() -> None:
    assert parse_call("encoded")(candidate("k3Qz9xP1-")) is DROP


def test_ids_are_no_credentials() -> None:
    assert parse_call("ids")(candidate("1000", user="1000")) is DROP
    assert parse_call("ids")(candidate("1000", user="app")) is None
