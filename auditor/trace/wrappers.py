"""Programs that start other programs: `sudo env A=1 npx atlas …` is `atlas …` with A set. Data: `rules/wrappers.toml`.

Unwrapping keeps the place of the whole command for evidence, records assignments and variable files on the way, and
stops after `MAX_DEPTH` layers, so that no command line costs more than a few passes over its words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from auditor import lazy
from auditor.safe import shipped, toml
from auditor.trace import powershell, shell
from auditor.trace.shell import SimpleCommand, program_name

MAX_DEPTH = 8
_ASSIGNMENT = lazy.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.S)
_CLUSTER = lazy.compile(r"-[A-Za-z]*c")

Known = Callable[[str], str]
"""Program or container image → id of the tool that a step rule knows it as, or empty."""


@dataclass(frozen=True, slots=True)
class Wrapper:
    """One table of `rules/wrappers.toml`; the file explains the fields."""

    words: tuple[frozenset[str], ...]
    values: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    operands: int = 0
    dashes: bool = False
    known: bool = False
    assignments: bool = False
    assign: frozenset[str] = frozenset()
    env_files: frozenset[str] = frozenset()
    script: frozenset[str] = frozenset()
    rest: bool = False
    line: bool = False
    image: bool = False
    path: bool = False


@dataclass(slots=True)
class _Peeled:
    """What is left of a command line, and what its wrapper said."""

    argv: tuple[str, ...]
    assignments: list[tuple[str, str]]
    env_files: list[str]
    script: str = ""
    operands: tuple[str, ...] = ()


def unwrap(command: SimpleCommand, known: Known) -> tuple[SimpleCommand, ...]:
    """Return the commands that really run; the command itself when no wrapper stands before it."""
    return tuple(_unwrap(command, known, 0))


def _unwrap(command: SimpleCommand, known: Known, depth: int) -> Iterator[SimpleCommand]:
    step = _once(command, known) if depth < MAX_DEPTH and command.argv else None
    if step is None:
        yield command
        return
    for inner in step:
        yield from _unwrap(inner, known, depth + 1)


def _once(command: SimpleCommand, known: Known) -> tuple[SimpleCommand, ...] | None:
    """Take one wrapper off; None when there is none."""
    if command.variables and (respelled := powershell.respelled(command)):
        return respelled
    if command.program in powershell.PROGRAMS:
        return powershell.statements(command)
    for wrapper in wrappers().get(command.program, ()):
        rest = _after_words(command.argv, wrapper)
        if rest is None:
            continue
        peeled = _peel(rest, wrapper)
        found = _inner(command, wrapper, peeled, known)
        if found is not None:
            return found
    return None


def _inner(command: SimpleCommand, wrapper: Wrapper, peeled: _Peeled, known: Known) -> tuple[SimpleCommand, ...] | None:
    outer = replace(
        command,
        assignments=(*command.assignments, *peeled.assignments),
        env_files=(*command.env_files, *peeled.env_files),
        wrappers=(*command.wrappers, _shown_name(command, wrapper)),
    )
    if peeled.script:
        return _reparsed(outer, peeled.script)
    argv = peeled.argv
    if wrapper.image and peeled.operands:
        tool = known(_image_name(peeled.operands[-1]))
        argv = (tool, *argv) if tool and (not argv or known(program_name(argv[0])) != tool) else argv
    if wrapper.path and argv:
        argv = (_package(argv[0]), *argv[1:])
    if not argv or (wrapper.known and not known(program_name(argv[0]))) or (wrapper.path and not known(argv[0])):
        return None
    return (replace(outer, argv=argv),)


def _shown_name(command: SimpleCommand, wrapper: Wrapper) -> str:
    given = [next(word for word in command.argv[1:] if word in words) for words in wrapper.words[1:]]
    return " ".join([command.program, *given])


def _after_words(argv: Sequence[str], wrapper: Wrapper) -> tuple[str, ...] | None:
    """The words after the wrapper's own, which may be split by global options; None when it is another command."""
    position = 1
    for word in wrapper.words[1:]:
        while position < len(argv) and argv[position].startswith("-") and argv[position] not in word:
            position += 2 if argv[position] in wrapper.before else 1
        if position >= len(argv) or argv[position] not in word:
            return None
        position += 1
    return tuple(argv[position:])


def _peel(words: Sequence[str], wrapper: Wrapper) -> _Peeled:
    """Walk over options, operands and assignments of a wrapper."""
    peeled = _Peeled((), [], [])
    if wrapper.dashes:
        peeled.argv = tuple(words[words.index("--") + 1 :]) if "--" in words else ()
        return peeled
    position = 0
    while position < len(words) and not _complete(peeled, wrapper):
        word = words[position]
        if _is_script(word, wrapper):
            peeled.script = " ".join(words[position + 1 : position + 2])
            return peeled
        taken = _own(words, position, wrapper, peeled)
        position += taken
        if not taken or word == "--":
            break
    peeled.argv = tuple(words[position:])
    if wrapper.rest or (wrapper.line and len(peeled.argv) == 1):
        peeled.script, peeled.argv = " ".join(peeled.argv), ()
    return peeled


def _complete(peeled: _Peeled, wrapper: Wrapper) -> bool:
    """Whether every operand was read, and no option with a script may follow."""
    return bool(peeled.operands) and len(peeled.operands) == wrapper.operands and not wrapper.script


def _own(words: Sequence[str], position: int, wrapper: Wrapper, peeled: _Peeled) -> int:
    """Read what belongs to the wrapper; return how many words it takes, none where the inner command begins."""
    word = words[position]
    if word == "--":
        return 1
    if word.startswith("-") and len(word) > 1:
        return _option(words, position, wrapper, peeled)
    if wrapper.assignments and word.startswith(("$(", "`")):
        return 1  # `env $(cat .env) alembic …`: its words are assignments
    if wrapper.assignments and (assigned := _ASSIGNMENT.fullmatch(word)):
        peeled.assignments.append((assigned[1], assigned[2]))
        return 1
    if len(peeled.operands) < wrapper.operands:
        peeled.operands += (word,)
        return 1
    return 0


def _option(words: Sequence[str], position: int, wrapper: Wrapper, peeled: _Peeled) -> int:
    """Read one option; return how many words it takes."""
    name, joined, value = words[position].partition("=")
    taken = 1
    if not joined and name in wrapper.values:
        value = words[position + 1] if position + 1 < len(words) else ""
        taken = 2
    if name in wrapper.env_files and value:
        peeled.env_files.append(value)
    elif name in wrapper.assign and (assigned := _ASSIGNMENT.fullmatch(value)):
        peeled.assignments.append((assigned[1], assigned[2]))
    return taken


def _is_script(word: str, wrapper: Wrapper) -> bool:
    return word in wrapper.script or ("c" in wrapper.script and _CLUSTER.fullmatch(word) is not None)


def _reparsed(outer: SimpleCommand, script: str) -> tuple[SimpleCommand, ...]:
    """The commands of a script argument, in the surroundings of the command that runs it."""
    return tuple(
        replace(
            inner,
            assignments=(*outer.assignments, *inner.assignments),
            redirects=(*inner.redirects, *outer.redirects),
            stdin=inner.stdin or outer.stdin,
            start=outer.start,
            end=outer.end,
            captured=outer.captured or inner.captured,
            piped=outer.piped or inner.piped,
            joined=inner.joined if number else outer.joined,
            wrappers=(*outer.wrappers, *inner.wrappers),
            env_files=(*outer.env_files, *inner.env_files),
        )
        for number, inner in enumerate(shell.parse(script).commands)
    )


def _image_name(image: str) -> str:
    """`registry/name:tag@digest` → `registry/name`."""
    return re.sub(r"(:[\w.-]+)?(@sha256:[0-9a-f]+)?$", "", image)


def _package(path: str) -> str:
    """The npm package or linked program that a script file belongs to."""
    match = re.search(r"node_modules/(?:\.bin/)?((?:@[\w.-]+/)?[\w.-]+)", path)
    return match[1] if match else path


@lru_cache(maxsize=1)
def wrappers() -> Mapping[str, tuple[Wrapper, ...]]:
    """Return the wrappers by first word, the longest beginning first."""
    tables = toml.parsed("wrappers", (shipped.root() / "wrappers.toml").read_bytes())["wrapper"]
    index: dict[str, list[Wrapper]] = {}
    for wrapper in sorted((_wrapper(table) for table in tables), key=lambda one: -len(one.words)):
        for word in wrapper.words[0]:
            index.setdefault(word, []).append(wrapper)
    return {word: tuple(found) for word, found in index.items()}


def _wrapper(table: Mapping[str, Any]) -> Wrapper:
    fields: dict[str, Any] = {
        key: frozenset(value) if isinstance(value, list) else value for key, value in table.items()
    }
    fields["words"] = tuple(frozenset(word.split("|")) for word in table["words"])
    return Wrapper(**fields)
