"""Where hooks keep things, and how we are called. Standard library only: hot path."""

from __future__ import annotations

import os
import shlex
import sys

MANAGED = "/etc/auditor/auditor.toml"
"""The administrator's policy; it beats the user's."""

CODEX_MANAGED = "/etc/codex"


def state() -> str:
    """Return our folder below XDG_STATE_HOME, made private if needed (same place as `safe.files.state_folder`)."""
    folder = os.path.join(_base("XDG_STATE_HOME", ".local/state"), "auditor")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def spool() -> str:
    """Return the folder where hooks leave notes for the worker."""
    folder = os.path.join(state(), "spool")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def prompts() -> str:
    """Return the folder where hooks leave notes of prompts that were stopped."""
    folder = os.path.join(state(), "prompts")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def policy_files() -> tuple[str, str]:
    """Return the user's and the administrator's policy file; no project can add one."""
    return os.path.join(_base("XDG_CONFIG_HOME", ".config"), "auditor", "auditor.toml"), MANAGED


def codex_home() -> str:
    """Return CODEX_HOME."""
    return os.environ.get("CODEX_HOME") or os.path.join(os.path.expanduser("~"), ".codex")


def program() -> str:
    """Return how a shell calls us: the installed script by its full path, quoted."""
    called = os.path.abspath(sys.argv[0])
    if os.path.basename(called) == "auditor" and os.access(called, os.X_OK):
        return shlex.quote(called)
    beside = os.path.join(os.path.dirname(sys.executable), "auditor")
    return shlex.quote(beside)


def _base(variable: str, default: str) -> str:
    named = os.environ.get(variable, "")
    return named if named.startswith("/") else os.path.join(os.path.expanduser("~"), default)
