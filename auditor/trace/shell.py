"""Shell text → simple commands: argv, assignments, redirections and here-documents, in the order they run.

tree-sitter-bash reads the text, so broken syntax still yields what can be understood and never an exception.
Work is linear in the text: the grammar is quadratic in long pipelines and redirection chains (measured: 32 KB of
`a|` take 8 s), so only the head of a text up to `MAX_BYTES` and `MAX_OPERATORS` is parsed, with at most `WORK`; what
was left out is reported by `Script.clipped`. No clock is asked: a text is read the same way on every machine. Offsets
are bytes of the UTF-8 text given to `parse`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count, islice
from typing import TYPE_CHECKING

from auditor import lazy

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_BYTES = 32 * 1024
WORK = 4000
"""Units of work for one text: a hundred operations of the parser, or one piece of text that it fetches (looking ahead
for a `]` from every `a[` fetches without end). 32 KB of ordinary commands need some 350, hostile ones stop after 0.2 s.
"""
_PIECE = 4096
MAX_OPERATORS = 128
MAX_COMMANDS = 512
_OPERATOR = lazy.compile(rb"[|<>()]")
MAX_DOCUMENTS = 16
_HEREDOC = lazy.compile(rb"<<-?[ \t]*['\"\\]?([A-Za-z_][A-Za-z0-9_]{0,63})['\"]?")
_PRINTABLE = bytes(byte if byte >= 32 or byte in b"\t\n" else 32 for byte in range(256))
"""Control characters make the grammar's recovery quadratic; to a shell they are not syntax either."""
_COMMANDS = {"command", "declaration_command", "unset_command", "test_command"}
_SCOPES = {"command_substitution", "process_substitution"}
_REDIRECTS = {"file_redirect", "heredoc_redirect", "herestring_redirect"}
_ESCAPE = lazy.compile(r"\\(.)", re.S)
_DOUBLE_ESCAPE = lazy.compile(r'\\([$`"\\\n])')
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "e": "\x1b", "a": "\a", "0": "\0"}
_VARIABLE = lazy.compile(r"\$(?:\{[#!]?)?([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Redirect:
    """`operator` as written (`>`, `>>`, `<`, `2>&1` as `>&`), `target` a file name or descriptor."""

    operator: str
    target: str


@dataclass(frozen=True, slots=True)
class SimpleCommand:
    """One command as the shell would start it. Words are unquoted; expansions stay as written (`$X`, `$(…)`)."""

    argv: tuple[str, ...]
    assignments: tuple[tuple[str, str], ...] = ()
    redirects: tuple[Redirect, ...] = ()
    stdin: str = ""
    """Text of a here-document or here-string."""
    variables: frozenset[str] = frozenset()
    """Names of variables it expands."""
    start: int = 0
    end: int = 0
    captured: bool = False
    """Its output goes into a substitution, not to the terminal."""
    piped: bool = False
    """Its output goes into the next command of a pipeline."""
    joined: str = ""
    """The operator before it: `&&`, `||`, `|`, `;` or empty for the first."""
    wrappers: tuple[str, ...] = ()
    """Programs that started it: `bash`, `sudo`, `npx`, `docker exec` … outermost first."""
    env_files: tuple[str, ...] = ()
    """Files of variables that a wrapper loads (`--env-file`)."""

    @property
    def program(self) -> str:
        """Base name of the program, without version or extension: `npx drizzle-kit@1` is `drizzle-kit`."""
        return program_name(self.argv[0]) if self.argv else ""

    def silent(self) -> bool:
        """Tell whether its standard output cannot reach the terminal."""
        return self.captured or any(_hides(redirect) for redirect in self.redirects)


@dataclass(frozen=True, slots=True)
class Script:
    """The simple commands of one text. `broken`: there were syntax errors; `clipped`: only its head was read."""

    commands: tuple[SimpleCommand, ...] = field(default=())
    broken: bool = False
    clipped: bool = False


@lru_cache(maxsize=8192)
def program_name(word: str) -> str:
    """Return a program's plain name: `/usr/bin/python3.11` → `python`, `goose/v3/cmd/goose@latest` → `goose`."""
    if word.startswith("@"):  # a scoped npm package is its own name
        scope, _, rest = word[1:].partition("/")
        return f"@{scope}/{rest.partition('@')[0]}".lower()
    name = word.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].partition("@")[0].lower()
    name = name.removesuffix(".exe").removesuffix(".cmd")
    return "python" if re.fullmatch(r"python[\d.]*|py|pypy3?", name) else name


def variables_in(text: str) -> frozenset[str]:
    """Return the names of shell variables that a text expands."""
    return frozenset(_VARIABLE.findall(text)) if "$" in text else frozenset()


@lru_cache(maxsize=2048)
def parse(text: str) -> Script:
    """Return the simple commands of a shell text, inner commands of substitutions before the outer one."""
    source = text.encode("utf-8", "surrogatepass")
    documents = _documents(source)
    head = _head(_blanked(source, documents.values()))
    root = _tree(head)
    if root is None:
        return Script(broken=True, clipped=True)
    commands = tuple(islice(_Reader(source, documents).read(root), MAX_COMMANDS))
    return Script(commands, root.has_error, len(head) < len(source) or len(commands) == MAX_COMMANDS)


def _tree(source: bytes) -> Node | None:
    """Parse with at most `WORK`; looking ahead and error recovery can cost more than linear time on hostile text."""
    parser = _parser()
    work = count()

    def fetch(offset: int, _: object) -> bytes:
        next(work)
        return source[offset : offset + _PIECE]

    try:
        tree = parser.parse(fetch, progress_callback=lambda *_: next(work) >= WORK)
    except ValueError:
        parser.reset()
        return None
    return tree.root_node


def _documents(source: bytes) -> dict[int, tuple[int, int]]:
    """Spans of here-document bodies by where their `<<` stands; at most `MAX_DOCUMENTS`, so that work stays linear."""
    found: dict[int, tuple[int, int]] = {}
    done = 0
    for match in islice(_HEREDOC.finditer(source), MAX_DOCUMENTS):
        begin = max(source.find(b"\n", match.end()) + 1, done)
        if match.start() < done or not begin:
            continue
        end = re.compile(rb"^[ \t]*" + match[1] + rb"[ \t]*$", re.M).search(source, begin)
        if end:
            found[match.start()] = (begin, end.start())
            done = end.start() if source.find(b"<<", match.end(), begin) < 0 else 0
    return found


def _blanked(source: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """Here-documents hold other languages, whose operators are not the shell's; substitutions in them are rare."""
    blank = bytearray(source)
    for begin, end in spans:
        blank[begin:end] = b" " * max(end - begin - 1, 0) + b"\n" * (end > begin)
    return bytes(blank.translate(_PRINTABLE))


@lru_cache(maxsize=1)
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def _head(source: bytes) -> bytes:
    """The part that may be parsed in linear time."""
    limit = min(len(source), MAX_BYTES)
    for number, match in enumerate(_OPERATOR.finditer(source, 0, limit)):
        if number == MAX_OPERATORS:
            limit = match.start()
            break
    return source[:limit]


def _hides(redirect: Redirect) -> bool:
    return redirect.operator in {">", ">>", "&>", "&>>", ">|"} and not redirect.target.startswith("/dev/std")


class _Reader:
    """Walks a tree without recursion: hostile nesting must not end the interpreter's stack."""

    def __init__(self, source: bytes, documents: Mapping[int, tuple[int, int]]) -> None:
        self._source = source
        self._documents = documents

    def read(self, root: Node) -> Iterator[SimpleCommand]:
        joined = ""
        stack: list[tuple[Node, bool, bool, bool]] = [(root, False, False, False)]
        while stack:
            node, captured, piped, leaving = stack.pop()
            if leaving:
                command = self._command(node, captured, piped)
                if command is not None:
                    yield replace(command, joined=joined)
                    joined = ";"
                continue
            kind = node.type
            if kind in {"&&", "||", "|", "|&"}:
                joined = kind
                continue
            if kind in _COMMANDS or (kind == "variable_assignment" and not _owned(node)):
                stack.append((node, captured, piped, True))
            inside = captured or kind in _SCOPES
            children = node.children
            feeds = _feeders(node) if kind == "pipeline" else frozenset()
            stack.extend((child, inside, piped or child.id in feeds, False) for child in reversed(children))

    def _command(self, node: Node, captured: bool, piped: bool) -> SimpleCommand | None:
        words: list[str] = []
        assignments: list[tuple[str, str]] = []
        redirects: list[Redirect] = []
        stdin = ""
        own = _flat(node.children)
        parts = [node] if node.type == "variable_assignment" else [*own, *_outer_redirects(node)]
        for child in parts:
            kind = child.type
            if kind == "variable_assignment":
                assignments.append(self._assignment(child))
            elif kind in _REDIRECTS:
                redirect, text = self._redirect(child)
                redirects.append(redirect)
                stdin = stdin or text
            elif kind not in {"comment", ";", "\n"}:
                words.append(self.word(child))
        if not words and not assignments:
            return None
        return SimpleCommand(
            tuple(words),
            tuple(assignments),
            tuple(redirects),
            stdin,
            self._variables(node),
            node.start_byte,
            node.end_byte,
            captured,
            piped,
        )

    def _variables(self, node: Node) -> frozenset[str]:
        """Names expanded in the words of a command; nothing expands inside single quotes."""
        parts = [
            leaf for child in node.children for leaf in (child.children if child.type == "concatenation" else [child])
        ]
        quiet = {"raw_string", "heredoc_body"}
        return frozenset().union(*(variables_in(self._text(part)) for part in parts if part.type not in quiet))

    def _assignment(self, node: Node) -> tuple[str, str]:
        name = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        return (self._text(name) if name else "", self.word(value) if value else "")

    def _redirect(self, node: Node) -> tuple[Redirect, str]:
        operator = next((self._text(child) for child in node.children if not child.is_named), "<<")
        if node.type == "file_redirect":
            target = node.child_by_field_name("destination")
            descriptor = node.child_by_field_name("descriptor")
            prefix = self._text(descriptor) if descriptor else ""
            return Redirect(("" if prefix == "1" else prefix) + operator, self.word(target) if target else ""), ""
        if node.type == "herestring_redirect":
            text = "".join(self.word(child) for child in node.named_children)
            return Redirect("<<<", ""), text
        begin, end = self._documents.get(node.start_byte, (0, 0))
        return Redirect("<<", ""), self._source[begin:end].decode("utf-8", "replace")

    def word(self, node: Node) -> str:
        """Unquote one word; nesting beyond concatenated strings stays as written."""
        if node.type == "concatenation":
            return "".join(self._plain(child) for child in node.children)
        if node.type == "command_name":
            return "".join(self._word_once(child) for child in node.children)
        return self._plain(node)

    def _word_once(self, node: Node) -> str:
        return (
            "".join(self._plain(child) for child in node.children) if node.type == "concatenation" else self.word(node)
        )

    def _plain(self, node: Node) -> str:
        text = self._text(node)
        kind = node.type
        if kind == "raw_string":
            return text[1:-1] if text.endswith("'") and len(text) > 1 else text[1:]
        if kind == "string":
            body = text[1:-1] if len(text) > 1 and text.endswith('"') else text[1:]
            return _DOUBLE_ESCAPE.sub(lambda match: "" if match[1] == "\n" else match[1], body)
        if kind == "ansi_c_string":
            return _ESCAPE.sub(lambda match: _ANSI.get(match[1], match[1]), text[2:].removesuffix("'"))
        if kind == "word":
            return _ESCAPE.sub(lambda match: "" if match[1] == "\n" else match[1], text)
        return text

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _joined(node: Node) -> list[Node]:
    """The pieces of a word: `a"b"'c'` has three."""
    return node.children if node.type == "concatenation" else [node]


def _owned(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type in _COMMANDS


def _feeders(pipeline: Node) -> frozenset[int]:
    """Ids of the stages whose output the next stage reads."""
    return frozenset(child.id for child in pipeline.named_children[:-1])


def _outer_redirects(node: Node) -> list[Node]:
    """Redirections that the grammar hangs above: `a && b > f` belongs to `b`, `a <<E` to `a`, `{ …; } > f` to all."""
    found: list[Node] = []
    here, parent = node, node.parent
    for _ in range(4):
        if parent is None:
            break
        if parent.type == "redirected_statement":
            found.extend(_flat([child for child in parent.children if child.type in _REDIRECTS]))
        elif parent.type in {"list", "pipeline"}:
            if parent.named_children[-1].id != here.id:
                break
        elif parent.type not in {"compound_statement", "subshell", "negated_command"}:
            break
        here, parent = parent, parent.parent
    return found


def _flat(nodes: list[Node]) -> list[Node]:
    """Nodes with the redirections that follow a here-document's opening (`cat <<E > f`), which the grammar nests."""
    nested = [child for node in nodes if node.type == "heredoc_redirect" for child in node.children]
    return [*nodes, *(child for child in nested if child.type in _REDIRECTS)]
