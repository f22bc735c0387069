"""What the checks of URLs look at: credentials shown, literal URLs in configuration, the scope of dev databases."""

from __future__ import annotations

import re
from collections.abc import Sequence

from auditor import lazy
from auditor.trace import connection
from auditor.trace.sqlseen import texts_of
from auditor.trace.step import Step

_CONFIG = lazy.compile(
    r"atlas\.hcl|alembic\.ini|database\.ya?ml|config\.js(?:on)?|knexfile|drizzle\.config|ormconfig|data-source|flyway\.|"
    r"liquibase\.properties|sqitch\.conf|settings\.py|prisma\.config|schema\.prisma|config\.toml|\.tfvars",
    re.I,
)
_SAFE = lazy.compile(
    r"getenv\(|env\(\s*[\"']|process\.env|os\.environ|os\.getenv|ENV\[|\$\{[A-Z_]+\}|var\.\w+|bearer_token_env_var"
)
_DEV = lazy.compile(r"docker(?:\+\w+)?://[^\s\"']+|postgres(?:ql)?://[^\s\"']+")
_ONE_SCHEMA = lazy.compile(r"[?&]search_path=|docker://postgres/[^/\s\"']+/[^?\s\"']+\?search_path")
_WIDE = lazy.compile(
    r"\bcreate\s+(?:extension|schema|event\s+trigger|publication)\b|"
    r"\b(?:create|alter|drop)\s+(?:table|view|type|function|index)\s+(?:if\s+(?:not\s+)?exists\s+)?\"?(?!public\b)\w+\"?\.\"?\w+",
    re.I,
)
_WAYS = {
    "connection-string": "a connection string was asked for in the conversation",
    "branch-create": "a branch was created with its URL shown",
    "credential-create": "a credential was created and shown",
    "rotate": "a new secret was shown by its rotation",
    "read-secret": "a file or variable with a secret was printed",
    "prompt": "a prompt held a credential",
    "dry-run": "a dry run printed a password",
    "apply": "an apply printed a password",
}


def shown(steps: Sequence[Step]) -> list[tuple[Step, str]]:
    """Return the steps that showed a credential to the model or carried one literally, each with how."""
    found = []
    for step in steps:
        if _literal(step):
            found.append((step, "a URL with its password stood on a command line"))
        elif step.carries:
            found.append((step, _WAYS.get(step.action, "a step carried a credential")))
    return found


def _literal(step: Step) -> bool:
    if step.command is None:
        return False
    return connection.has_password(step.shown) and not step.shown.lstrip().startswith(("grep", "rg"))


def configured(steps: Sequence[Step]) -> tuple[list[Step], list[Step]]:
    """Return the steps that show a configuration with a literal URL, and those that show one taking a variable."""
    literal, safe = [], []
    for step in steps:
        text = _configuration(step)
        if text and connection.has_password(text):
            literal.append(step)
        elif text and _SAFE.search(text):
            safe.append(step)
    return literal, safe


def _configuration(step: Step) -> str:
    """Text of a configuration file that a step reads or writes."""
    call = step.call
    if call is None:
        return ""
    if step.wrote and any(_CONFIG.search(path) for path in step.wrote):
        return call.command
    return call.output if reads_configuration(step) else ""


def reads_configuration(step: Step) -> bool:
    """Tell whether a step prints a configuration file."""
    return step.action in {"inspect", "read-secret"} and step.tool == "shell" and bool(_CONFIG.search(step.shown))


def dev_scope(steps: Sequence[Step]) -> tuple[list[Step], list[Step]]:
    """Return the steps that use a dev database of one schema, and those whose SQL works outside one schema."""
    scoped, wide = [], []
    for step in steps:
        urls = list(step.recognised.dev_urls) if step.recognised else []
        text = _configuration(step)
        if "dev" in text:
            urls += [url for line in text.splitlines() if "dev" in line for url in _DEV.findall(line)]
        if any(_ONE_SCHEMA.search(url) for url in urls):
            scoped.append(step)
        if step.action in {"write-file", "apply", "dry-run", "generate"} and any(
            _WIDE.search(text) for text in texts_of(step)
        ):
            wide.append(step)
    return scoped, wide
