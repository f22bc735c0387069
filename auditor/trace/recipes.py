"""Recipes of makefiles, justfiles and Taskfiles: the shell text that a target runs, its prerequisites first.

Only what a call needs is understood: variables with plain values, parameters with defaults, prerequisites. All of it is
bounded, since a file of recipes is audited text: a variable that names itself twice must not grow without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor import lazy

MAX_TEXT = 16 * 1024
"""Characters that one target may expand to."""
MAX_DEPTH = 4
_VARIABLE = lazy.compile(r"^(?:export[ ]+)?([A-Za-z_]\w{0,63})[ \t]*(?:[:?+]{0,2}=)[ \t]*([^\n]{0,1024})$", re.M)
_TARGET = lazy.compile(
    r"^@?([A-Za-z0-9_.-]{1,64})((?:[ \t]+[+*$]?[A-Za-z_][\w.-]{0,63}(?:=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s:\"']*))?){0,16})"
    r"[ \t]*:(?!=)([^\n]{0,512})\n((?:[ \t]+[^\n]*\n?)+)",
    re.M,
)
_PARAMETER = lazy.compile(r"[+*$]?([A-Za-z_][\w-]*)(?:=(?:\"([^\"]*)\"|'([^']*)'|(\S*)))?")
_TASK = lazy.compile(
    r"^(?P<dent>[ \t]+)(?P<name>[\w:.-]{1,64}):[ \t]*\n(?P<body>(?:(?P=dent)[ \t]+[^\n]*\n?|[ \t]*\n)+)", re.M
)
_COMMAND = lazy.compile(r"^[ \t]*(?:-[ \t]+(?:cmd:[ \t]*)?|cmd:[ \t]*)(?!task:|cmds:)([^\n]+)$", re.M)
_REFERENCE = lazy.compile(r"\$[({]([A-Za-z_]\w*)[)}]")
_ARGUMENT = lazy.compile(r"\{\{[ ]*([A-Za-z_][\w-]*)[ ]*\}\}")


@dataclass(frozen=True, slots=True)
class _Recipe:
    text: str
    needs: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


class Recipes:
    """Recipes by the name of their target; a later text replaces an earlier one."""

    def __init__(self) -> None:
        self._recipes: dict[str, _Recipe] = {}
        self._variables: dict[str, str] = {}

    def read(self, text: str) -> None:
        """Take in the text of one file."""
        self._variables.update((name, value.strip()) for name, value in _VARIABLE.findall(text))
        for name, parameters, needs, lines in _TARGET.findall(text):
            given = tuple((one[0], one[1] or one[2] or one[3]) for one in _PARAMETER.findall(parameters))
            wanted = tuple(re.findall(r"[A-Za-z0-9_.-]+", needs.partition("#")[0].replace("&&", " ")))
            self._recipes[name] = _Recipe("\n".join(_lines(lines)), wanted, given)
        if "tasks:" in text:
            for found in _TASK.finditer(text):
                if commands := _COMMAND.findall(found["body"]):
                    self._recipes[found["name"]] = _Recipe("\n".join(_lines("\n".join(commands))))

    def text(self, target: str, arguments: Sequence[str] = ()) -> str:
        """Return the shell text that a target runs, empty when it was never shown."""
        return "\n".join(self._texts(target, arguments, set()))[:MAX_TEXT]

    def _texts(self, target: str, arguments: Sequence[str], done: set[str]) -> Iterator[str]:
        recipe = self._recipes.get(target)
        if recipe is None or target in done or len(done) > MAX_DEPTH * MAX_DEPTH:
            return
        done.add(target)
        for need in recipe.needs:
            yield from self._texts(need, (), done)
        given = dict(recipe.parameters)
        given |= {name: value for (name, _), value in zip(recipe.parameters, arguments, strict=False)}
        text = _ARGUMENT.sub(lambda found: given.get(found[1], found[0]), recipe.text)
        yield self._expanded(text)

    def _expanded(self, text: str) -> str:
        """Make's variables by their values; what the file does not set comes from the environment, as in a shell."""
        for _ in range(MAX_DEPTH):
            wider = _REFERENCE.sub(lambda found: self._variables.get(found[1], found[0]), text)
            if wider == text or len(wider) > MAX_TEXT:
                break
            text = wider
        return _REFERENCE.sub(r"${\1}", text).replace("$$", "$")


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if bare := line.strip().lstrip("@-+").strip():
            yield bare
