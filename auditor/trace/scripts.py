"""Named scripts (npm, make, just, task): what `npm run migrate` or `make migrate` really runs.

The text comes from what the session showed of the file, else from what the program echoed before it ran the script.
Programs of the project itself (`go run ./cmd/migrate`) are known by the library that their shown source migrates with.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from auditor import lazy
from auditor.trace.recipes import Recipes
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
_SOURCE = lazy.compile(r"[\w./@-]+\.(?:go|py|[cm]?[jt]s|rb)(?![\w/])")
_INTERPRETERS = {"python", "node", "tsx", "ts-node", "ruby", "deno", "bun"}
_FILES = ("package.json", "akefile", "ustfile", "Taskfile")
_SCRIPTS = lazy.compile(r'"scripts"\s*:\s*\{([^{}]*)\}')
_PAIR = lazy.compile(r'"([^"\\]{1,128})"\s*:\s*"((?:[^"\\]|\\.){0,4096})"')
_VALUED = frozenset(
    {
        "-C", "-f", "-F", "-I", "-d", "-t", "-w", "--prefix", "--filter", "--dir", "--directory", "--cwd", "--file",
        "--workspace", "--makefile", "--justfile", "--working-directory", "--taskfile",
    }
)  # fmt: skip
"""Options of these programs that take a value."""
_BANNER = lazy.compile(r"^> (?!.*@\d)(.+)$", re.MULTILINE)
_MARK = lazy.compile(r"^\+", re.MULTILINE)


class Scripts:
    """Script texts by name, learned while a session is read."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._recipes = Recipes()
        self._programs: dict[str, ToolRule] = {}
        self._unread: dict[str, list[tuple[str, ...]]] = {}
        """Program → texts shown of its source since anybody asked what it is; most programs nobody runs."""

    def learn(self, mention: str, texts: Iterable[str]) -> None:
        """Take in texts that may show a file of scripts; `mention` is the command or paths they belong to."""
        self._sources(mention, texts)
        if not any(name in mention for name in _FILES):
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
                self._texts[name] = _unescaped(value)
        self._recipes.read(text)

    def text_of(self, command: SimpleCommand, output: str) -> str:
        """Return the shell text that a command runs by name, or empty when it runs none or it is not known."""
        names = named(command)
        if not names:
            return ""
        if command.program in _RUNNERS:
            return self._package(names[0]) or _banner(names[0], output)
        targets = names if command.program != "just" else names[:1]
        texts = [self._recipes.text(target, names[1:]) for target in targets]
        return "\n".join(text for text in texts if text) or _first_line(output)

    def _package(self, name: str) -> str:
        """A script of package.json with what runs before and after it."""
        if name not in self._texts:
            return ""
        return "\n".join(self._texts[one] for one in (f"pre{name}", name, f"post{name}") if one in self._texts)


@lru_cache(maxsize=1)
def _libraries() -> tuple[tuple[ToolRule, str], ...]:
    return tuple((tool, text) for tool in step_rules().tools for text in tool.source)


def _library_in(shown: Iterable[str]) -> ToolRule | None:
    texts = [text[:MAX_SOURCE] for text in shown]
    return next((tool for tool, sign in _libraries() if any(sign in text for text in texts)), None)


def named(command: SimpleCommand) -> list[str]:
    """Return the names that a command runs scripts or recipes by (of `just`, with its arguments); none otherwise."""
    if command.program not in _RUNNERS | _MAKERS:
        return []
    words = list(_operands(command.argv[1:]))
    if command.program in _RUNNERS:
        words = words[2:] if words[:1] == ["workspace"] else words
        words = words[1:] if words[:1] in (["run"], ["run-script"]) else words
    return words


def _operands(words: Sequence[str]) -> Iterator[str]:
    """Words that are no option, no value of one, no assignment and no number of jobs."""
    skip = False
    for word in words:
        if word == "--":
            return
        if not skip and not word.startswith("-") and "=" not in word and not word.isdigit():
            yield word
        skip = word in _VALUED


def _banner(name: str, output: str) -> str:
    """npm prints `> script text` after its banner."""
    return next((line for line in _BANNER.findall(output[:4096]) if line.strip() != name), "")


def _first_line(output: str) -> str:
    """make prints each line of the recipe before running it."""
    return next((line for line in output[:4096].splitlines() if line.strip()), "")


def _unescaped(text: str) -> str:
    try:
        value = json.loads(f'"{text}"')
    except ValueError:
        return text
    return str(value)
