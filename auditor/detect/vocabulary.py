"""Words and hosts that tell a sample from a credential: data for the checks, no logic beyond set membership.

`ALWAYS` words are never credentials, whatever the host. `WEAK` words are what development containers use: samples on a
local or reserved host, a (weak) credential anywhere else.
"""

from __future__ import annotations

from auditor import lazy

ALWAYS = frozenset(
    """
    password passwd passphrase pass pwd pw p pass123 password123 passw0rd p4ssw0rd yourpassword mypassword my_password
    mypass
    your_password your-password userpassword user_password dbpassword db_password databasepassword database_password
    changeme change_me change-me changeit change_this changethis replaceme replace_me replace-me fixme todo tbd
    example sample dummy placeholder foo bar baz foobar secret mysecret my_secret yoursecret your_secret your-secret
    secret_key secretkey your_secret_key token mytoken yourtoken your_token your-token access_token accesstoken apikey
    api_key api-key your_api_key your-api-key yourapikey key mykey none null nil undefined true false empty unset
    string str text value any bytes unknown required optional user username login hidden masked redacted removed
    omitted filtered sensitive confidential private insert_here here xxx
    """.split()  # noqa: SIM905 - a table of words reads better as text
)
WEAK = frozenset(
    """
    postgres postgresql root admin administrator test testing tests tester test123 testpass testpassword test_password
    dev development devpass devpassword local localhost docker compose user pass demo guest default app
    supersecret super-secret super_secret s3cr3t s3cret sup3rs3cret supersecretpassword mysecretpassword my-secret-pw
    secretpassword secretpass secret123 hunter2 letmein qwerty 123 1234 12345 123456 12345678 123456789 1234567890
    abc123 abc pg pgpass psql mysql redis rabbitmq minio minioadmin neon neondb tiger dbpass db_pass randompassword
    postgrespassword prisma
    """.split()  # noqa: SIM905
)
DOCUMENTED = frozenset(
    (
        b"AbC123dEf",  # the URL of the Neon docs, alex:…@ep-cool-darkness-123456 (neon.com/docs, connection strings)
        b"endpoint=ep-cool-darkness-123456;AbC123dEf",
        b"endpoint=ep-cool-darkness-123456$AbC123dEf",
        b"AKIAIOSFODNN7EXAMPLE",  # AWS documentation, "Managing access keys"
        b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        b"sk_test_4eC39HqLyjWDarjtT1zdp7dc",  # Stripe documentation, "API keys"
        b"sk_test_BQokikJOvBiI2HlWgH4olfQ2",
        b"QWxhZGRpbjpvcGVuIHNlc2FtZQ==",  # RFC 7617 section 2: Aladdin:open sesame
        b"open sesame",
        b"mF_9.B5f-4.1JqM",  # RFC 6750 section 2.1
        b"SlAV32hkKG",  # RFC 6749 examples
        b"tGzv3JOkF0XG5Qx2TlKWIA",
        b"2YotnFZFEjr1zCsicMWpAA",
        b"7Fjfp0ZBr1KtDRbnfVdmIw",
        b"gX1fBat3bV",
        b"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",  # Azurite
        b"super-secret-jwt-token-with-at-least-32-characters-long",  # Supabase local development
        b"jw8s0F4",  # PostgreSQL documentation, CREATE ROLE
        b"hu8jmn3",  # PostgreSQL documentation, ALTER ROLE
        b"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",  # FastAPI documentation, OAuth2 with JWT
    )
)
"""Values printed in public documentation, by where they come from."""

_LOCAL = lazy.compile(
    rb"(?i)(?:localhost|[a-z0-9-]{1,63}\.localhost|127\.[0-9.]{1,12}|0\.0\.0\.0|\[?::1\]?|host\.docker\.internal"
    rb"|10\.[0-9.]{3,12}|192\.168\.[0-9.]{3,8}|172\.(?:1[6-9]|2[0-9]|3[01])\.[0-9.]{3,8}|/.{0,200}|%2f.{0,200})"
)
_RESERVED = lazy.compile(
    rb"(?i)(?:(?:[a-z0-9-]{1,63}\.){0,6}example\.(?:com|org|net)|(?:[a-z0-9-]{1,63}\.){0,6}(?:example|invalid|test)"
    rb"|host(?:name)?|server|address|your[-_a-z0-9.]{0,60}|my[-_]?(?:host|server|db)|database\.server\.com|ep-x{3,}[-x.a-z0-9]{0,80}|db"
    rb"|\[[a-z-]{1,40}\]\.supabase\.co|<.{0,60}>|\$.{1,60}|\{.{1,60})"
)
_SAMPLE = lazy.compile(rb"(?i)ep-cool-darkness-|ep-x{4,}|ep-example-|ep-your-|\.example\.neon\.tech")


def is_local(host: bytes) -> bool:
    """Return whether a host is this machine, a container's host, a private network (RFC 1918) or a socket."""
    return not host or _LOCAL.fullmatch(host) is not None or (b"." not in host.strip(b".") and b":" not in host)


def is_reserved(host: bytes) -> bool:
    """Return whether a host is reserved for documentation (RFC 2606, RFC 6761) or plainly a stand-in."""
    return _RESERVED.fullmatch(host) is not None


def is_sample(host: bytes) -> bool:
    """Return whether a host occurs in documentation only, whatever stands beside it."""
    return _SAMPLE.match(host) is not None
