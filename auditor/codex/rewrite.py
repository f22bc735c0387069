"""Rewrites a shell command so that it runs under `auditor run`: the only way that keeps a value off disk entirely.

Seen with Codex 0.169: a PreToolUse `updatedInput` that filters the output keeps the value from model, rollout,
database and `exec --json` alike, while a PostToolUse block leaves the raw output on disk. The original text travels as
one quoted word, so heredocs, comments, several lines and background jobs mean what they meant. Standard library only:
hot path.
"""

from __future__ import annotations

import shlex

from auditor import lazy

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

_QUIET = frozenset({"cd", "pushd", "export", "unset", "source", ".", "set", "umask", "ulimit", "true", ":"})
"""May stand before a program that talks: they print nothing that needs the filter."""

_PARTS = lazy.compile(r"&&|\|\||[;&\n|]")
_ASSIGNED = lazy.compile(r"(?:[A-Za-z_]\w{0,99}=\S{0,999}\s{1,9}){0,9}")
_PREFIXES = frozenset({"sudo", "env", "exec", "command", "nohup", "time", "("})
_SHORT = 1 << 16
"""Longer texts are scripts, not somebody's editor session."""

_LONGEST = 128 << 10
"""Linux takes no argument longer than this (MAX_ARG_STRLEN, execve(2)), and quoting makes a text longer."""


def wrapped(command: str, program: str) -> str:
    """Return the command to run instead, or the command itself where wrapping would do harm.

    Args:
        command: what the model asked for; any shell text.
        program: how to call us, a quoted shell word (stable across versions).
    """
    harmful = unwrapped(command, program) != command or is_interactive(command) or "\0" in command
    if harmful or not command.strip():
        return command
    changed = f"{_prefix(program)}{shlex.quote(command)}"
    return changed if len(changed.encode("utf-8", "surrogatepass")) < _LONGEST else command


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
    """Tell whether a command is there to talk with a person at a terminal.

    Its last program decides, and everything before it must print nothing: what prints is filtered, and then its talk
    with a person goes through a terminal of ours.
    """
    if len(command) > _SHORT or "<<" in command:
        return False
    parts, joints = _PARTS.split(command.strip()), _PARTS.findall(command.strip())
    while joints and not parts[-1].strip():
        parts.pop()
        joints.pop()
    quiet = all(_program(part)[0] in _QUIET for part in parts[:-1])
    return quiet and "|" not in joints and _talks(*_program(parts[-1]))


def _program(part: str) -> tuple[str, str]:
    """Name and arguments of a simple command, behind assignments and `sudo` and the like."""
    words = part[_assigned(part) :].split(None, 1)
    while words and words[0] in _PREFIXES:
        rest = words[1] if len(words) > 1 else ""
        words = rest[_assigned(rest) :].split(None, 1)
    name = words[0].rpartition("/")[2].lstrip("(") if words else ""
    return name, words[1].strip(" \t)") if len(words) > 1 else ""


def _assigned(text: str) -> int:
    match = _ASSIGNED.match(text.lstrip())
    return len(text) - len(text.lstrip()) + (match.end() if match else 0)


def _talks(name: str, rest: str) -> bool:
    if name == "ssh":
        return len(rest.split()) < 2
    return name in INTERACTIVE or (name in _TALKERS and not rest)
