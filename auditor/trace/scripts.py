"""Named scripts (npm, make, just, task): what `npm run migrate` or `make migrate` really runs.

The text comes from what the session showed of the file, else from what the program echoed before it ran the script.
Programs of the project itself (`go run ./cmd/migrate`) are known by the library that their shown source migrates with.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache

from auditor.trace.rulefiles import ToolRule, step_rules
from auditor.trace.shell import SimpleCommand

MAX_TEXT = 128 * 1024
MAX_MENTION = 8 * 1024
MAX_SOURCE = 16 * 1024
MAX_UNREAD = 16
MAX_PROGRAMS = 10_000
"""Texts kept unread of one program, and programs; beyond, they are read at once, so that memory stays bounded."""
_RUNNERS = {"npm", "pnpm", "yarn", "bun"}
_MAKERS = {"make", "gmake", "just", "task", "mage", "invoke", "rake"}
_SOURCE = re.compile(r"[\w./@-]+\.(?:go|py|[cm]?[jt]s|rb)(?![\w/])")
_INTERPRETERS = {"python", "node", "tsx", "ts-node", "ruby", "deno", "bun"}
_FILES = re.compile(r"package\.json|[Mm]akefile|[Jj]ustfile|Taskfile")
_SCRIPTS = re.compile(r'"scripts"\s*:\s*\{([^{}]*)\}')
_PAIR = re.compile(r'"([^"\\]{1,128})"\s*:\s*"((?:[^"\\]|\\.){0,4096})"')
_TARGET = re.compile(r"^([A-Za-z0-9_.-]+)[^:=\n]*:(?!=)[^\n]*\n((?:[ \t]+[^\n]*\n?)+)", re.MULTILINE)
_BANNER = re.compile(r"^> (?!.*@\d)(.+)$", re.MULTILINE)
_MARK = re.compile(r"^\+", re.MULTILINE)


class Scripts:
    """Script texts by name, learned while a session is read."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._programs: dict[str, ToolRule] = {}
        self._unread: dict[str, list[tuple[str, ...]]] = {}
        """Program → texts shown of its source since anybody asked what it is; most programs nobody runs."""

    def learn(self, mention: str, texts: Iterable[str]) -> None:
        """Take in texts that may show a file of scripts; `mention` is the command or paths they belong to."""
        self._sources(mention, texts)
        if not _FILES.search(mention):
            return
        for text in texts:
            self._read(_MARK.sub("", text[:MAX_TEXT]))

    def _sources(self, mention: str, texts: Iterable[str]) -> None:
        """Programs whose source the session shows: what they import tells what they migrate with."""
        paths = _SOURCE.findall(mention[:MAX_MENTION])
        if not paths:
            return
        shown = tuple(text for text in texts if text)
        for path in dict.fromkeys(map(posixpath.normpath, paths)):
            self._show(path, shown)
            if path.endswith(".go"):
                self._show(posixpath.dirname(path) or ".", shown)

    def _show(self, path: str, shown: tuple[str, ...]) -> None:
        unread = self._unread.setdefault(path, [])
        unread.append(shown)
        if len(unread) == MAX_UNREAD or len(self._unread) > MAX_PROGRAMS:
            self._program(path)

    def library_of(self, command: SimpleCommand) -> ToolRule | None:
        """Return the tool that a program uses as a library, where the session showed the program's source."""
        if not command.argv:
            return None
        given = command.argv[0] if "go run" in command.wrappers else ""
        if command.program in _INTERPRETERS:
            given = next((word for word in command.argv[1:] if not word.startswith("-")), "")
        return self._program(posixpath.normpath(given)) if given else None

    def _program(self, path: str) -> ToolRule | None:
        """The tool of a program by the latest text that tells one; each text is read once."""
        unread = self._unread.pop(path, [])
        tool = next((tool for shown in reversed(unread) if (tool := _library_in(shown)) is not None), None)
        if tool is not None:
            self._programs[path] = tool
        return self._programs.get(path)

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


@lru_cache(maxsize=1)
def _libraries() -> tuple[tuple[ToolRule, str], ...]:
    return tuple((tool, text) for tool in step_rules().tools for text in tool.source)


def _library_in(shown: Iterable[str]) -> ToolRule | None:
    texts = [text[:MAX_SOURCE] for text in shown]
    return next((tool for tool, sign in _libraries() if any(sign in text for text in texts)), None)


def named(command: SimpleCommand) -> str:
    """Return `npm:<script>` or `make:<target>` of a command that runs a script by its name, or empty."""
    words = [word for word in command.argv[1:] if not word.startswith("-") and "=" not in word]
    if command.program in _RUNNERS and words:
        words = words[1:] if words[0] in {"run", "run-script"} else words
        return f"npm:{words[0]}" if words else ""
    if command.program in _MAKERS and words:
        return f"make:{words[0]}"
    return ""


def _echoed(name: str, output: str) -> str:
    """npm prints `> script text` after its banner, make prints each line of the recipe before running it."""
    head = output[:4096]
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
