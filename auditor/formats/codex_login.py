"""Where Codex keeps its own login: `auth.json`, and `.credentials.json` for MCP servers. Tokens belong there.

Source: openai/codex, codex-rs/login/src/auth/storage.rs (`AuthDotJson`) and codex-rs/rmcp-client/src/oauth.rs
(`FALLBACK_FILENAME`, `FallbackTokenEntry`); both files are written with mode 0600.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from auditor import lazy
from auditor.formats.dialect import LineDialect
from auditor.model import Event

NAMES = frozenset({"auth.json", ".credentials.json"})
_KEYS = lazy.compile(rb'"(?:OPENAI_API_KEY|auth_mode|tokens|last_refresh|server_url|access_token)"\s*:')


class CodexLogin(LineDialect):
    """One of the two names, with a key that only such a file has."""

    name = "codex-login"
    family = "login"
    whole = True

    def recognises(self, head: bytes, name: str) -> float:
        named = PurePath(name.replace("\\", "/")).name in NAMES
        return 0.9 if named and head.lstrip().startswith(b"{") and _KEYS.search(head) else 0.0

    def _events(self, record: bytes) -> Iterator[Event]:
        yield Event("other", role="meta")


def belongs(dialect: str, mode: str) -> bool:
    """Return whether what stands in a source belongs there: a login that only its owner may read.

    Args:
        dialect: name of the source's dialect.
        mode: of the file, four octal digits; empty where there is none (a git blob may be anywhere).
    """
    return dialect == CodexLogin.name and mode != "" and not int(mode, 8) & 0o077
