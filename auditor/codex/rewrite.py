"""Rewrites a shell command so that it runs under `auditor run`: the only way that keeps a value off disk entirely.

Seen with Codex 0.169: a PreToolUse `updatedInput` that filters the output keeps the value from model, rollout,
database and `exec --json` alike, while a PostToolUse block leaves the raw output on disk. The original text travels as
one quoted word, so heredocs, comments, several lines and background jobs mean what they meant. Standard library only:
hot path.
"""

from __future__ import annotations

import re
import shlex

INTERACTIVE = frozenset(
    {
        "vi",
        "vim",
        "nvim",
        "nano",
        "emacs",
        "less",
        "more",
        "most",
        "top",
        "htop",
        "watch",
        "ssh",
        "mosh",
        "telnet",
        "ftp",
        "sftp",
        "screen",
        "tmux",
        "man",
        "fzf",
        "gdb",
        "lldb",
    }
)
"""Programs that draw on a terminal or talk with a person: filtered they would be useless."""

_TALKERS = frozenset(
    {
        "bash",
        "sh",
        "zsh",
        "dash",
        "ksh",
        "fish",
        "python",
        "python3",
        "ipython",
        "node",
        "irb",
        "pry",
        "psql",
        "sqlite3",
        "mysql",
    }
)
"""Interactive only without arguments that give them something to run."""

_WORD = re.compile(
    r"(?:^|[;&|(]\s{0,9}|\n\s{0,9})(?:[A-Za-z_]\w{0,99}=\S{0,999}\s{1,9}){0,9}"
    r"(?:(?:sudo|env|exec|command|nohup|time)\s{1,9}){0,4}([^\s;&|()<>]{1,999})([^;&|\n]*)"
)
_SHORT = 1 << 16
"""Longer texts are scripts, not somebody's editor session."""


def wrapped(command: str, program: str) -> str:
    """Return the command to run instead, or the command itself where wrapping would do harm.

    Args:
        command: what the model asked for; any shell text.
        program: how to call us, a quoted shell word (stable across versions).
    """
    harmful = unwrapped(command, program) != command or is_interactive(command) or "\0" in command
    if harmful or not command.strip():
        return command
    return f"{_prefix(program)}{shlex.quote(command)}"


def unwrapped(command: str, program: str) -> str:
    """Return what a command that runs under us as a whole is to run; any other command as it is."""
    prefix = _prefix(program)
    if not command.startswith(prefix):
        return command
    try:
        words = shlex.split(command[len(prefix) :])
    except ValueError:
        return command
    whole = len(words) == 1 and shlex.quote(words[0]) == command[len(prefix) :]
    return words[0] if whole else command


def _prefix(program: str) -> str:
    return f'{program} run --shell "$0" -c '


def is_interactive(command: str) -> bool:
    """Tell whether some program of a command needs a person at a terminal."""
    if len(command) > _SHORT:
        return False
    return any(_talks(command, match) for match in _WORD.finditer(command.strip()))


def _talks(command: str, match: re.Match[str]) -> bool:
    name, rest = match[1].rpartition("/")[2], match[2].strip(" \t)")
    if name in INTERACTIVE and not (name == "ssh" and len(rest.split()) > 1):
        return not _piped(command, match.start(1))
    return name in _TALKERS and not rest and not _piped(command, match.start(1))


def _piped(command: str, at: int) -> bool:
    """A shell or pager that reads a pipe talks with nobody."""
    before = command.strip()[:at].rstrip()
    return before.endswith("|") and not before.endswith("||")
