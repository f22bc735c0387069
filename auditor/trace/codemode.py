"""Code mode: the JavaScript a model writes, read for the tool calls in it.

`tools.exec_command({cmd: "…"})` and `tools.mcp__server__tool({…})` are calls; `text(…)` prints. Values are followed
as far as literals go: concatenation, template literals, variables with one literal value, object shorthand. What
cannot be known stays empty; nothing is executed. Sources: openai/codex, codex-rs/core/src/tools/code_mode/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

SOURCE_BYTES = 512 * 1024
"""JavaScript beyond this is not parsed: no model writes it, a hostile log may."""
_NODES = 200_000
_VALUES = 20_000
"""Expressions evaluated per script, so that variables that double each other end."""
_CHARS = 1 << 20
_SHOWN = 500
"""Calls and prints taken from one script, nodes looked at for each print, elements of a list."""
_TOGETHER = frozenset({"Promise.all", "Promise.allSettled"})
_AROUND = frozenset({"arguments", "await_expression", "parenthesized_expression"})
_PRINTS = frozenset({"text", "notify", "output_text"})
UNKNOWN = "\N{HORIZONTAL ELLIPSIS}"
"""Stands in a string for a part that only running the script could tell."""


@dataclass(frozen=True, slots=True)
class ScriptCall:
    """One `tools.<name>(…)` of a script, in source order."""

    name: str
    arguments: dict[str, object]
    start: int
    end: int


@dataclass(slots=True)
class Script:
    """The calls of a script and, for each printed value, the index of the call it shows (None: unknown)."""

    calls: list[ScriptCall] = field(default_factory=list)
    prints: list[int | None] = field(default_factory=list)


@cache
def _parser() -> Parser:
    import tree_sitter_javascript
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_javascript.language()))


def read(source: str) -> Script:
    """Return the calls of a script; a script that does not parse gives what could be read of it."""
    data = source.encode("utf-8", "replace")
    if len(data) > SOURCE_BYTES or b"tools" not in data:
        return Script()
    reading = _Reading()
    nodes = list(_walk(_parser().parse(data).root_node))
    for node in nodes:
        if node.type == "variable_declarator":
            reading.declare(node)
        elif node.type == "assignment_expression":
            reading.assign(node)
    for node in nodes:
        if node.type == "call_expression":
            reading.called(node)
    return reading.script()


def _walk(root: Node, limit: int = _NODES) -> Iterator[Node]:
    """Yield nodes in source order, iteratively: hostile nesting must not meet Python's recursion limit."""
    stack, seen = [root], 0
    while stack and seen < limit:
        node = stack.pop()
        seen += 1
        yield node
        stack.extend(reversed(node.named_children))


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


class _Reading:
    def __init__(self) -> None:
        self._values: dict[str, Node | None] = {}
        self._calls: list[ScriptCall] = []
        self._starts: dict[int, int] = {}
        self._prints: list[Node | None] = []
        self._budget = _VALUES

    def declare(self, node: Node) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        for one, given in self._bound(name, value):
            self._values[one] = given if one not in self._values else None

    def assign(self, node: Node) -> None:
        left = node.child_by_field_name("left")
        if left is not None and left.type in {"identifier", "array_pattern"}:
            for one, given in self._bound(left, node.child_by_field_name("right")):
                self._values[one] = None if self._values.get(one) is not None else given

    def _bound(self, pattern: Node | None, value: Node | None) -> Iterator[tuple[str, Node | None]]:
        """Names that a pattern binds, each with its value: of `[a, b]` the element of a list that is written out."""
        elements = self._elements(value) if pattern is not None and pattern.type == "array_pattern" else None
        if pattern is None or elements is None:
            yield from ((name, value) for name in _names(pattern))
            return
        for index, part in _parts(pattern):
            known = part.type != "rest_pattern" and index < len(elements)
            yield from ((name, elements[index] if known else None) for name in _names(part))

    def _elements(self, node: Node | None) -> list[Node] | None:
        """The elements of a list in source order, also of one whose promises are awaited together; None if unknown."""
        for _ in range(20):
            if node is None or node.type == "array":
                break
            if node.type == "identifier":
                node = self._values.get(_text(node))
            elif node.type == "call_expression" and _text(node.child_by_field_name("function")) not in _TOGETHER:
                return None
            else:
                inner = node.child_by_field_name("arguments") or node
                node = inner.named_children[0] if inner.named_children and inner.type in _AROUND else None
        parts = [one for _, one in _parts(node)] if node is not None and node.type == "array" else []
        return None if not parts or any(one.type == "spread_element" for one in parts) else parts

    def called(self, node: Node) -> None:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
        name = _tool_name(function)
        if name and len(self._calls) < _SHOWN:
            value = self.value(first) if first is not None else {}
            given = value if isinstance(value, dict) else {"input": value} if isinstance(value, str) else {}
            self._starts[node.start_byte] = len(self._calls)
            self._calls.append(ScriptCall(name, given, node.start_byte, node.end_byte))
        elif len(self._prints) < _SHOWN and _text(function) in _PRINTS:
            self._prints.append(first)

    def script(self) -> Script:
        return Script(self._calls, [self._shown(node) for node in self._prints])

    def _shown(self, node: Node | None) -> int | None:
        """The one call whose value an expression shows: through await, members, JSON.stringify and variables."""
        found: set[int] = set()
        names: set[str] = set()
        stack = [node]
        for _ in range(_SHOWN):
            one = stack.pop() if stack else None
            if one is None:
                continue
            if one.start_byte in self._starts and one.type == "call_expression":
                found.add(self._starts[one.start_byte])
            elif one.type == "identifier" and (name := _text(one)) not in names:
                names.add(name)
                stack.append(self._values.get(name))
            else:
                stack.extend(self._element(one) or reversed([*_children(one, _SHOWN)]))
        return found.pop() if len(found) == 1 else None

    def _element(self, node: Node) -> list[Node]:
        """The element that `list[1]` is, empty if that is unknown."""
        index = self.value(node.child_by_field_name("index")) if node.type == "subscript_expression" else None
        elements = self._elements(node.child_by_field_name("object")) if isinstance(index, int) else None
        return elements[index : index + 1] if elements and isinstance(index, int) and index >= 0 else []

    def value(self, node: Node | None, depth: int = 0) -> Any:
        """The literal value of an expression, `UNKNOWN` text or None where it has none."""
        self._budget -= 1
        if node is None or depth > 150 or self._budget < 0:
            return None
        kind = node.type
        if kind in {"string", "template_string"}:
            return self._string(node, depth)
        if kind == "number":
            return _number(_text(node))
        if kind in {"true", "false"}:
            return kind == "true"
        if kind == "identifier":
            return self.value(self._values.get(_text(node)), depth + 1)
        if kind == "binary_expression":
            return self._joined(node, depth)
        if kind in {"parenthesized_expression", "await_expression", "as_expression"}:
            return self.value(node.named_children[0] if node.named_children else None, depth + 1)
        if kind == "object":
            return self._object(node, depth)
        if kind == "array":
            return [self.value(child, depth + 1) for child in node.named_children]
        if kind == "call_expression":
            return self._method(node, depth)
        return None

    def _string(self, node: Node, depth: int) -> str:
        if node.type == "string" and not node.named_children:
            return ""
        parts = []
        for child in node.named_children:
            if child.type == "escape_sequence":
                parts.append(_unescaped(_text(child)))
            elif child.type == "template_substitution":
                inner = self.value(child.named_children[0], depth + 1) if child.named_children else None
                parts.append(_shown_text(inner))
            else:
                parts.append(_text(child))
        joined = "".join(parts)
        return joined if len(joined) < _CHARS else UNKNOWN

    @staticmethod
    def _raw(template: Node) -> str:
        """A `String.raw` template: escapes stay as written."""
        kinds = {"template_substitution"}
        parts = [UNKNOWN if child.type in kinds else _text(child) for child in template.children[1:-1]]
        return "".join(parts)

    def _joined(self, node: Node, depth: int) -> Any:
        operator = _text(node.child_by_field_name("operator"))
        left = self.value(node.child_by_field_name("left"), depth + 1)
        right = self.value(node.child_by_field_name("right"), depth + 1)
        if operator == "+" and (isinstance(left, str) or isinstance(right, str)):
            joined = _shown_text(left) + _shown_text(right)
            return joined if len(joined) < _CHARS else UNKNOWN
        return left if operator in {"??", "||"} and left is not None else None

    def _object(self, node: Node, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        for child in node.named_children:
            if child.type == "pair":
                key = child.child_by_field_name("key")
                name = self._string(key, depth) if key is not None and key.type == "string" else _text(key)
                found[name] = self.value(child.child_by_field_name("value"), depth + 1)
            elif child.type == "shorthand_property_identifier":
                found[_text(child)] = self.value(self._values.get(_text(child)), depth + 1)
            elif child.type == "spread_element" and child.named_children:
                inner = self.value(child.named_children[0], depth + 1)
                found.update(inner if isinstance(inner, dict) else {})
        return found

    def _method(self, node: Node, depth: int) -> Any:
        """`[…].join(sep)`, `"…".trim()` and `String.raw`-like calls that models use to build commands."""
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if arguments is not None and arguments.type == "template_string":
            return self._raw(arguments) if _text(function) == "String.raw" else None
        if function is None or function.type != "member_expression":
            return None
        method = _text(function.child_by_field_name("property"))
        owner = self.value(function.child_by_field_name("object"), depth + 1)
        if method == "join" and isinstance(owner, list):
            given = arguments.named_children if arguments is not None else []
            separator = self.value(given[0], depth + 1) if given else ","
            joined = _shown_text(separator).join(_shown_text(one) for one in owner)
            return joined if len(joined) < _CHARS else UNKNOWN
        return owner if method in {"trim", "toString", "trimEnd", "trimStart"} and isinstance(owner, str) else None


def _names(pattern: Node | None) -> list[str]:
    """Names a declaration binds: `a`, `{output}`, `[a, b]`."""
    if pattern is None:
        return []
    kinds = {"identifier", "shorthand_property_identifier_pattern"}
    return [_text(node) for node in _walk(pattern) if node.type in kinds]


def _children(node: Node, limit: int) -> Iterator[Node]:
    """The first children of a node; its own list makes all of them each time, however many there are."""
    cursor = node.walk()
    more = cursor.goto_first_child()
    while more and limit:
        limit -= 1
        if cursor.node is not None:
            yield cursor.node
        more = cursor.goto_next_sibling()


def _parts(array: Node) -> Iterator[tuple[int, Node]]:
    """The first elements of an array or its pattern with their index; holes count."""
    index = 0
    for child in _children(array, 2 * _SHOWN):
        if child.type == ",":
            index += 1
        elif child.is_named and child.type != "comment":
            yield index, child


def _tool_name(function: Node | None) -> str:
    """`exec_command` of `tools.exec_command` or `tools["exec_command"]`, else empty."""
    if function is None or function.type not in {"member_expression", "subscript_expression"}:
        return ""
    if _text(function.child_by_field_name("object")) not in {"tools", "globalThis.tools"}:
        return ""
    if function.type == "member_expression":
        return _text(function.child_by_field_name("property"))
    return _text(function.child_by_field_name("index")).strip("\"'`")


def _shown_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else UNKNOWN


def _number(text: str) -> object:
    try:
        return int(text, 0)
    except ValueError:
        return None


_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}


def _unescaped(escape: str) -> str:
    """The character of one JavaScript escape sequence (ECMA-262, 12.9.4)."""
    body = escape[1:]
    if body[:1] in {"u", "x"}:
        try:
            char = int(body[1:].strip("{}"), 16)
        except ValueError:
            return escape
        return chr(char) if char < 0x110000 and not 0xD800 <= char < 0xE000 else "\N{REPLACEMENT CHARACTER}"
    return _SIMPLE.get(body, body)
