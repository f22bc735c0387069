"""What a command or a tool would put in front of the model by its nature, and the safe way to do the same.

Reasons name shapes and the safe way, never a word of the command. Standard library only: hot path.
"""

from __future__ import annotations

import re

from auditor import lazy

_ENV_FILE = lazy.compile(
    r"(?:^|[\s;&|(])(?:cat|bat|head|tail|less|more|sed|awk|grep|rg|nl|tac|strings|xxd|od|base64)(?=\s)"
    r"[^;&|\n]{0,400}?[\s/'\"](?:\.env(?:\.(?!example|sample|template|dist)[\w.-]{1,40})?|\.pgpass|\.pg_service\.conf"
    r"|auth\.json|credentials\.json)(?=$|[\s;&|)'\"])"
)
_ENVIRONMENT = lazy.compile(
    r"(?:^|[;&|(]\s{0,9}|\n\s{0,9})(?:printenv(?![\w-])|(?:env|export(?:\s+-p)?|declare\s+-p|set)\s*(?=$|[;&|)\n]))"
)
_ECHO = lazy.compile(
    r"(?:^|[;&|(\n]\s{0,9})(?:echo|printf)\b[^;&|\n]{0,400}\$\{?(?:\w{0,60}(?:_URL|_URI|_DSN|PASSWORD|PASSWD|SECRET|TOKEN|API_KEY)"
    r"|PGPASSWORD|DATABASE_URL)\b"
)
_CONNECTION = lazy.compile(
    r"(?:^|[\s;&|(/])neon(?:ctl)?\s[^;&|\n]{0,200}?(?:connection-string|cs)\b(?![^|;&\n]{0,200}--help)"
)
_KEY = lazy.compile(
    r"(?:^|[\s;&|(/])neon(?:ctl)?\s[^;&|\n]{0,200}?(?:api-keys\s+create|roles\s+reset-password|branches\s+create[^;&|\n]{0,200}--output)"
)
_CONFIG = lazy.compile(
    r"(?:^|[\s;&|(])(?:docker\s+(?:compose\s+)?(?:config|inspect)|kubectl\s+get\s+secrets?|gh\s+auth\s+token)\b"
)

_SAFE = (
    "Use what reads the value itself: `atlas --env NAME`, or the environment variable by name in the program that "
    "needs it."
)

_BY_NATURE: tuple[tuple[re.Pattern[str], str], ...] = (
    (_ENV_FILE, "it prints a file of credentials. List names only: `cut -d= -f1 FILE`. " + _SAFE),
    (_ENVIRONMENT, 'it prints the whole environment. Test one name with `[ -n "${NAME:+x}" ]`. ' + _SAFE),
    (_ECHO, 'it prints a variable that holds a credential. Test it with `[ -n "${NAME:+x}" ]`. ' + _SAFE),
    (
        _CONNECTION,
        "it prints a connection string. Give it to the program instead: "
        '`DATABASE_URL="$(neonctl connection-string BRANCH)" alembic upgrade head`. ' + _SAFE,
    ),
    (_KEY, "it prints a new credential. Let a person make it and put it where the program reads it. " + _SAFE),
    (_CONFIG, "it prints settings with their credentials. Ask for the one field you need. " + _SAFE),
)

LITERAL = (
    "auditor: denied, the command holds a literal credential ({kinds}), which is now in this session's transcript: "
    "rotate it. Don't repeat it. " + _SAFE
)

_CREDENTIAL_TOOLS = lazy.compile(
    r"^mcp__.{1,200}__(?:get_connection_string|connection_string|create_project|create_branch|provision_neon_auth|"
    r"(?:get|create|reset|reveal|list)_?.{0,30}(?:password|credential|secret|api_?key|token|conn\w*_?(?:string|uri|url)).{0,20})$",
    re.IGNORECASE,
)
MCP_DENIED = (
    "auditor: denied, this tool returns a credential in clear text, and nothing keeps it out of the transcript. "
    "The safe way: run the server behind `auditor mcp` (`auditor install codex --wrap-mcp`), or let the program that "
    "needs the connection read it from its environment (`atlas --env NAME`)."
)
MCP_WARNED = (
    "auditor: this tool returns a credential in clear text, and the server does not run behind the redacting proxy. "
    "`auditor install codex --wrap-mcp` puts it there."
)


def shows_credential(command: str) -> str:
    """Return why a command would print a credential by its nature and what to do instead; empty when it would not."""
    substituted = _without_consumed(command)
    reason = next((reason for pattern, reason in _BY_NATURE if pattern.search(substituted)), "")
    return f"auditor: denied, {reason}" if reason else ""


def returns_credential(tool: str) -> bool:
    """Tell whether an MCP tool (`mcp__server__tool`) is known to answer with a credential."""
    return _CREDENTIAL_TOOLS.match(tool) is not None


_CONSUMED = lazy.compile(
    r"""=\s{0,3}["']?\$\([^()\n]{0,2000}\)["']?"""  # NAME="$(neonctl connection-string)" hands a value on
    r"|\$\{\w{1,80}:?\+[^{}\n]{0,200}\}"  # ${NAME:+set} tells whether there is one
    r"|\b(?:env|printenv)\s{0,9}\|\s{0,9}cut\s{1,9}-d\s?=\s{1,9}-f\s?1\b(?![,-])"  # names only
)
_INTO_FILE = lazy.compile(r"[^;&|\n]{0,2000}(?<![2-9&=-])>{1,2}\s{0,9}(?!&|\s|/dev/(?:std|tty|fd))[^;&|\n]{1,400}")


def _without_consumed(command: str) -> str:
    """What is left of a command when values that are handed on without being shown are taken out."""
    return _INTO_FILE.sub("…", _CONSUMED.sub("=…", command))
