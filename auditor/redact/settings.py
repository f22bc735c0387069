"""Files that programs read their settings from: rewritten only when asked for, and never so that they stop parsing."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from auditor.errors import VerificationFailed
from auditor.formats import codex_login

NAMES = codex_login.NAMES | {"config.toml", "requirements.toml", "hooks.json", ".env"}
ADVICE = (
    "Programs find a marker there now. Give them the rotated value by a variable: `bearer_token_env_var`, "
    "`env_http_headers` and `env_vars` in config.toml name one."
)
_PARSERS: Mapping[str, Callable[[str], Any]] = {"toml": tomllib.loads, "json": json.loads}


def checked(name: str, old: bytes, new: bytes) -> bytes:
    """Return the new text of a settings file.

    Raises:
        VerificationFailed: the old text could be parsed, the new one cannot.
    """
    parse = _PARSERS.get(name.rpartition(".")[2])
    if parse and _parses(parse, old) and not _parses(parse, new):
        raise VerificationFailed(f"{name}: it could not be parsed any more")
    return new


def _parses(parse: Callable[[str], Any], text: bytes) -> bool:
    try:
        parse(text.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return True
