"""Texts that a client gets in pieces: one record brings `postgresql://app:npg_Fa`, the next one `ke…@host`.

Records of one text are held until it reaches a blank with nothing suspicious before it, or a line's end; then they are
judged joined, and leave in order with their own pieces cut. At most a line of a text waits. Another record ends a text
by naming its item, or, where texts have no names, by being no piece of it.

Shapes: notifications of Codex's app-server (`item/agentMessage/delta`, `item/commandExecution/outputDelta`, in base64
`command/exec/outputDelta` …; see `codex app-server generate-json-schema`), the older `*_delta` events of `codex exec
--json` and `codex mcp-server` (codex-rs/protocol/src/protocol.rs), recordings of the interface, which wrap them
(codex-rs/tui/src/session_log.rs), and the `response.*.delta` events of the model API.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import hyperscan

from auditor import lazy
from auditor.decode import escapes
from auditor.decode.layer import literal_pattern
from auditor.detect.compiled import database
from auditor.redact.cuts import HOLD, Cut, Cutter, grows

MOST_TEXTS = 64
"""Texts in pieces at a time; above it the oldest leaves as it is."""
CONTEXT = 4 << 10
"""Bytes of a text that already left and are still looked at."""

NEEDLE = b'elta"'
"""Ends the kind of every such record. One literal alone is what Hyperscan finds fastest."""
_BODY = lazy.compile(rb'"(delta|deltaBase64|chunk)"[ \t]*:[ \t]*"((?:[^"\\]|\\.)*+)"')
_NAMES = ("id", "index", "stream", "handle", "type", "role")
"""Ends of members that tell texts apart; others (sequence numbers, padding) change from piece to piece."""
_ITEMS = ("itemid", "callid", "processid", "processhandle")
"""Members that name what a text belongs to."""
_DENSE = frozenset({"deltaBase64", "chunk"})

Key = tuple[tuple[str, str], ...]


class Delta(NamedTuple):
    """A record with a piece of a text; `line[start:end]` is the body of its JSON string."""

    line: bytes
    start: int
    end: int
    key: Key
    text: bytes
    dense: bool
    """The string is base64."""

    def __repr__(self) -> str:
        return f"Delta({self.start}:{self.end})"

    def raw(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of the piece stands in the line; of base64 all that holds it."""
        if self.dense:
            return self.start, self.end
        offsets = escapes.decode(self.line, self.start, self.end).map
        return offsets.start(start), offsets.end(end)

    def without(self, cuts: list[Cut], at: int, first: int) -> bytes:
        """Return the line with its part of the cuts made.

        The piece stands `at` this offset of the joined text, of which bytes before `first` already left. A cut over
        several pieces leaves its marker in the first of them.
        """
        mine = [cut for cut in cuts if cut.start < at + len(self.text) and at < cut.end]
        if not mine:
            return self.line
        spans = [(max(0, cut.start - at), min(len(self.text), cut.end - at)) for cut in mine]
        texts = [cut.text if max(first, cut.start) >= at else b"" for cut in mine]
        if self.dense:
            body = base64.b64encode(_replaced(self.text, spans, texts))
            return self.line[: self.start] + body + self.line[self.end :]
        return _replaced(self.line, [self.raw(start, end) for start, end in spans], texts)


class _Joined:
    """A text so far: what left of it, and the records that wait."""

    __slots__ = ("context", "waiting")

    def __init__(self) -> None:
        self.context = b""
        self.waiting: list[Delta] = []

    @property
    def text(self) -> bytes:
        return b"".join((self.context, *(one.text for one in self.waiting)))


class Deltas:
    """Joins pieces. Not shared between threads."""

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._texts: dict[Key, _Joined] = {}

    def concern(self, block: bytes) -> bool:
        """Return whether a block may hold pieces, or end a text that is open."""
        if self._texts:
            return True
        found: list[int] = []
        _needle().scan(block, match_event_handler=lambda *_: found.append(1))
        return bool(found)

    def separate(self, block: bytes) -> Iterator[tuple[bytes, Delta | None]]:
        """Yield whole lines in order: runs of ordinary ones, each with the record with a piece that follows it."""
        run: list[bytes] = []
        for line in block.splitlines(keepends=True):
            delta = parse(line)
            if delta is None:
                run.append(line)
                continue
            yield b"".join(run), delta
            run = []
        yield b"".join(run), None

    def take(self, delta: Delta) -> bytes:
        """Take a record with a piece; return what may leave."""
        if delta.key not in self._texts and len(self._texts) >= MOST_TEXTS:
            oldest = next(iter(self._texts))
            return self._end(oldest) + self.take(delta)
        joined = self._texts.setdefault(delta.key, _Joined())
        joined.waiting.append(delta)
        text = joined.text
        return b"" if self._unsure(text) and len(text) - len(joined.context) <= HOLD else self._leave(joined)

    def ended(self, run: bytes) -> bytes:
        """Return what waited for texts that other records end."""
        return b"".join(self._end(key) for key in list(self._texts) if names(run, key))

    def release(self) -> bytes:
        """Return all that waits."""
        return b"".join(self._end(key) for key in list(self._texts))

    def _end(self, key: Key) -> bytes:
        return self._leave(self._texts.pop(key))

    def _unsure(self, text: bytes) -> bool:
        """Whether the next piece could complete a credential that begins in what waits."""
        line = text[text.rfind(b"\n") + 1 :]
        if line:
            return not (line[-1:].isspace() and self._cutter.engine.clean(line))
        return grows(text, self._cutter.matches(text))

    def _leave(self, joined: _Joined) -> bytes:
        text, first, out = joined.text, len(joined.context), []
        cuts, at = self._cutter.cuts(text), first
        for delta in joined.waiting:
            out.append(self._cutter.redact(delta.without(cuts, at, first)))
            at += len(delta.text)
        joined.context, joined.waiting = text[-CONTEXT:], []
        return b"".join(out)


def parse(line: bytes) -> Delta | None:
    """Return the piece of a text that a record brings, if it is such a record."""
    if NEEDLE not in line:
        return None
    import orjson  # slow to import, and few streams have such records

    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    kind, holder = _holder(record)
    if not kind.endswith("elta"):
        return None
    for match in _BODY.finditer(line):
        name = match[1].decode()
        if holder.get(name) == orjson.loads(b'"%b"' % match[2]):
            return _delta(line, match, kind, holder, dense=name in _DENSE)
    return None


def _holder(record: object) -> tuple[str, Mapping[str, Any]]:
    """The kind of a record, and the object that holds its piece. Answers to requests are never held: clients wait."""
    if not isinstance(record, dict):
        return "", {}
    inner = record.get("params") if "method" in record and "id" not in record else record
    inner = record.get("payload") if "dir" in record else inner
    holder = inner if isinstance(inner, dict) else {}
    if isinstance(holder.get("msg"), dict):
        holder = holder["msg"]
    kind = holder.get("type", record.get("method"))
    return (kind, holder) if isinstance(kind, str) else ("", {})


def _delta(line: bytes, body: re.Match[bytes], kind: str, holder: Mapping[str, Any], *, dense: bool) -> Delta | None:
    start, end = body.span(2)
    try:
        text = base64.b64decode(body[2], validate=True) if dense else escapes.decode(line, start, end).data
    except binascii.Error:
        return None
    named = ((name, value) for name, value in holder.items() if name.lower().endswith(_NAMES))
    key = tuple(sorted((name, str(value)) for name, value in named if isinstance(value, str | int)))
    return Delta(line, start, end, (("", kind), *key), text, dense)


def names(run: bytes, key: Key) -> bool:
    """Return whether other records end a text: they name its item, or it has none. Blank lines are no records."""
    items = [value.encode() for name, value in key if name.lower().replace("_", "") in _ITEMS]
    return any(item in run for item in items) if items else not run.isspace()


def _replaced(text: bytes, spans: list[tuple[int, int]], texts: list[bytes]) -> bytes:
    parts: list[bytes] = []
    at = 0
    for (low, high), new in zip(spans, texts, strict=True):
        parts += (text[at:low], new)
        at = high
    return b"".join((*parts, text[at:]))


@cache
def _needle() -> hyperscan.Database:
    return database([literal_pattern(NEEDLE)])
