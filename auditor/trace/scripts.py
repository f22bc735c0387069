"""Named scripts (npm, make, just, task, go): what `npm run migrate` or `go run ./cmd/migrate` really runs.

The text comes from what the session showed of the file, else from what the program echoed before it ran the script.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from auditor.trace.shell import SimpleCommand

MAX_TEXT = 128 * 1024
_RUNNERS = {"npm", "pnpm", "yarn", "bun"}
_MAKERS = {"make", "gmake", "just", "task", "mage", "invoke", "rake"}
_FILES = re.compile(r"package\.json|[Mm]akefile|[Jj]ustfile|Taskfile|\.go\b")
_GO_FILE = re.compile(r"([\w./-]{1,256})/[\w-]{1,64}\.go\b")
_GO_MIGRATES = (
    (re.compile(r'"gorm\.io/gorm"'), re.compile(r"\bAutoMigrate\("), "gorm-automigrate"),
    (re.compile(r'/ent"'), re.compile(r"\bSchema\.Create\("), "ent-create"),
)
"""What a Go program imports, what it calls, and the name that the rules give to running it."""
_SCRIPTS = re.compile(r'"scripts"\s*:\s*\{([^{}]*)\}')
_PAIR = re.compile(r'"([^"\\]{1,128})"\s*:\s*"((?:[^"\\]|\\.){0,4096})"')
_TARGET = re.compile(r"^([A-Za-z0-9_.-]+)[^:=\n]*:(?!=)[^\n]*\n((?:[ \t]+[^\n]*\n?)+)", re.MULTILINE)
_BANNER = re.compile(r"^> (?!.*@\d)(.+)$", re.MULTILINE)
_MARK = re.compile(r"^\+", re.MULTILINE)


class Scripts:
    """Script texts by name, learned while a session is read."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def learn(self, mention: str, texts: Iterable[str]) -> None:
        """Take in texts that may show a file of scripts; `mention` is the command or paths they belong to."""
        if not _FILES.search(mention):
            return
        for text in texts:
            self._read(_MARK.sub("", text[:MAX_TEXT]))
            self._read_go(mention, text[:MAX_TEXT])

    def _read_go(self, mention: str, text: str) -> None:
        for library, migrates, name in _GO_MIGRATES:
            if "package main" in text and library.search(text) and migrates.search(text):
                for folder in _GO_FILE.findall(mention[:MAX_TEXT]):
                    self._texts[f"go:{_package(folder)}"] = name

    def _read(self, text: str) -> None:
        for block in _SCRIPTS.finditer(text):
            for name, value in _PAIR.findall(block[1]):
                self._texts[f"npm:{name}"] = _unescaped(value)
        for target, recipe in _TARGET.findall(text):
            lines = [line.strip().lstrip("@-") for line in recipe.splitlines()]
            self._texts[f"make:{target}"] = "\n".join(line for line in lines if line).replace("$$", "$")

    def text_of(self, command: SimpleCommand, output: str) -> str:
        """Return the shell text that a command runs by name, or empty when it runs none or it is not known."""
        name = named(command)
        if not name:
            return ""
        return self._texts.get(name) or _echoed(name, output)


def named(command: SimpleCommand) -> str:
    """Return `npm:<script>`, `make:<target>` or `go:<package>` of a command that runs a script by name, or empty."""
    words = [word for word in command.argv[1:] if not word.startswith("-") and "=" not in word]
    if command.program in _RUNNERS and words:
        words = words[1:] if words[0] in {"run", "run-script"} else words
        return f"npm:{words[0]}" if words else ""
    if command.program == "go" and words[:1] == ["run"] and len(words) > 1:
        return f"go:{_package(words[1])}"
    if command.program in _MAKERS and words:
        return f"make:{words[0]}"
    return ""


def _package(path: str) -> str:
    folder = path.rpartition("/")[0] if path.endswith(".go") else path
    return folder.removeprefix("./").rstrip("/")


def _echoed(name: str, output: str) -> str:
    """npm prints `> script text` after its banner, make prints each line of the recipe before running it."""
    head = output[:4096]
    if name.startswith("go:"):
        return ""
    if name.startswith("npm:"):
        lines = [line for line in _BANNER.findall(head) if line.strip() != name[4:]]
        return lines[0] if lines else ""
    return next((line for line in head.splitlines() if line.strip()), "")


def _unescaped(text: str) -> str:
    try:
        value = json.loads(f'"{text}"')
    except ValueError:
        return text
    return str(value)
