"""Words of a command line → options and operands, by what a tool's rule file says about its options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from auditor import lazy
from auditor.trace.rulefiles import ToolRule

_CLUSTER = lazy.compile(r"-[A-Za-z]{2,}")


@dataclass(slots=True)
class Arguments:
    """Options by name, in order, and operands. A switch has the value ""."""

    options: dict[str, list[str]] = field(default_factory=dict)
    operands: list[str] = field(default_factory=list)
    roles: dict[str, list[str]] = field(default_factory=dict)
    """Role of the tool's `[flags]` → values given."""

    def first(self, role: str) -> str:
        """Return the first value given for a role, or empty."""
        return next(iter(self.roles.get(role, ())), "")

    def add(self, tool: ToolRule, name: str, value: str) -> None:
        """Book one option."""
        self.options.setdefault(name, []).append(value)
        role = tool.roles.get(name)
        if role:
            self.roles.setdefault(role, []).append(value)


def read(words: Sequence[str], tool: ToolRule) -> Arguments:
    """Read the words after the program; `--x=v`, `--x v`, `-xv` and joined short switches are understood."""
    found = Arguments()
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word == "--":
            found.operands.extend(words[position:])
            break
        if not word.startswith("-") or len(word) == 1:
            found.operands.append(word)
            continue
        position += _option(found, tool, word, words[position : position + 1])
    return found


def _option(found: Arguments, tool: ToolRule, word: str, following: Sequence[str]) -> int:
    """Book the option(s) of one word; return how many following words it took."""
    name, joined, value = word.partition("=")
    if joined:
        found.add(tool, name, value)
        return 0
    if word in tool.values:
        found.add(tool, word, following[0] if following else "")
        return len(following)
    if tool.clusters and _CLUSTER.match(word) and not word.startswith("--"):
        return _cluster(found, tool, word, following)
    if word[:2] in tool.values and not word.startswith("--") and word not in tool.roles and len(word) > 2:
        found.add(tool, word[:2], word[2:])
        return 0
    found.add(tool, word, "")
    return 0


def _cluster(found: Arguments, tool: ToolRule, word: str, following: Sequence[str]) -> int:
    """`-Atqc SELECT`: switches, the last of which may take the rest or the next word."""
    for index in range(1, len(word)):
        name = f"-{word[index]}"
        if name not in tool.values:
            found.add(tool, name, "")
            continue
        rest = word[index + 1 :]
        found.add(tool, name, rest or (following[0] if following else ""))
        return 0 if rest else len(following)
    return 0
