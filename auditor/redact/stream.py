"""The stream filter: bytes in, bytes out, credentials cut.

A line leaves as soon as its newline (or carriage return) arrives; a line that never ends passes through with bounded
hold-back. Bytes outside the cut spans are never changed. What arrives in one read is judged in one pass, and how the
input was split makes no difference to what is cut: plain lines that left are looked at again with the ones that follow,
a line that ends inside a credential waits for the next one, and a text in pieces (`deltas`) for its next blank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from auditor import lazy
from auditor.detect.engine import Engine
from auditor.formats.dialect import OPAQUE
from auditor.model import Match
from auditor.redact.cuts import HOLD, MOST, Cutter, grows, spliced
from auditor.redact.deltas import Deltas
from auditor.secret import Secret

LIMIT = 1 << 20
"""An unfinished line longer than this starts to leave."""

CONTEXT = 4 << 10
"""Bytes of an unfinished line that already left and are still looked at: the key before a value."""

REACH = 8 << 10
"""Bytes of plain lines that left and are still looked at when something in them could begin a credential: as far as a
rule reaches behind its anchor."""

_NEIGHBOUR = 512
"""The same for lines with nothing in them: a guard may stand on two lines."""

WRAPPED = 40
"""A line shorter than this was not broken for its length (as in `auditor.detect.extract`)."""

LONG_WORD = 512
"""So many bytes of a line's last word are looked at."""

_PROMPT_ENDS = (b": ", b"? ", b"> ", b"$ ", b"# ", b":", b"?", b"]", b")")
_RECORD = lazy.compile(rb'[ \t]{0,64}(?:\{[ \t]{0,8}"|\[[ \t]{0,8}[{"\[])')
"""How a line of JSON begins: no credential reaches from one record into another."""


class Redactor:
    """Cuts credentials out of a byte stream, however it is split into chunks.

    >>> from auditor.detect.rules import load
    >>> redactor = Redactor(Engine(load()), key=b"k" * 32)
    >>> out = redactor.feed(b"DATABASE_URL=postgresql://app:npg_FakeQ7w8e9r0@ep-fake-1.us-east-2.aws.neon.tech/shop\\n")
    >>> out.startswith(b"DATABASE_URL=postgresql://app:[REDACTED:") and b"npg_" not in out
    True
    >>> redactor.flush()
    b''
    """

    def __init__(
        self,
        engine: Engine,
        key: bytes,
        *,
        strict: bool = False,
        opaque_keys: frozenset[bytes] = OPAQUE,
        learned: Iterable[tuple[str, Secret]] = (),
        most: int = MOST,
        on_cut: Callable[[str, bytes], None] | None = None,
    ) -> None:
        """Make a filter.

        Args:
            engine: the detector; not shared with other threads.
            key: fingerprint key (32 bytes); the same value gets the same marker under the same key.
            strict: cut whole credentials (the URL with host and user), not only their secret part.
            opaque_keys: JSON keys whose strings rules do not look into (ciphertext, inline media).
            learned: kinds and values known beforehand (a first pass over files).
            most: values remembered at most; above it the memory starts anew.
            on_cut: called once per marker with it and the value as it was written in the text (percent-encoded
                inside a URL, but free of JSON escapes and base64).
        """
        self._cutter = Cutter(
            engine, key, strict=strict, opaque_keys=opaque_keys, learned=learned, most=most, on_cut=on_cut
        )
        self.cuts, self.redact = self._cutter.cuts, self._cutter.redact
        self._deltas = Deltas(self._cutter)
        self._text = b""
        """What may still decide about bytes to come: plain lines that left, lines held, an unfinished line."""
        self._left = 0
        """So many bytes of it left already."""

    def feed(self, data: bytes) -> bytes:
        """Take bytes; return what may leave: all whole lines, and the start of a line over `LIMIT`."""
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        if not end:
            self._text += data
            return self._overlong()
        whole = end == len(data) and not self._text
        block = data if whole else b"".join((self._text, memoryview(data)[:end]))
        rest = data[end:]
        out = self._separated(block) if self._deltas.concern(block) else self._judged(block)
        self._text += rest
        return out + self._overlong() if rest else out

    def idle(self) -> bytes:
        """Nothing came for a while: return held lines, and an unfinished line that is plainly a prompt."""
        end = max(self._text.rfind(b"\n"), self._text.rfind(b"\r")) + 1
        if end > self._left:
            rest = self._text[end:]
            out = self._judged(self._text[:end], hold=False)
            self._text += rest
            return out
        waiting = self._text[self._left :]
        if not waiting.endswith(_PROMPT_ENDS) or not self._cutter.engine.clean(self._text[end:]):
            return b""
        self._left = len(self._text)
        return waiting

    def flush(self) -> bytes:
        """Input ended: return the rest."""
        out = self._deltas.release() + self._judged(self._text, hold=False)
        self._text, self._left = b"", 0
        return out

    def _separated(self, block: bytes) -> bytes:
        """Records that bring a text in pieces are joined with those before and after; the rest is judged as ever."""
        fresh, self._text = block[self._left :], block[: self._left]
        out: list[bytes] = []
        for run, delta in self._deltas.separate(fresh):
            out += (self._deltas.ended(run), self._judged(self._text + run)) if run else ()
            out += (self._deltas.take(delta),) if delta else ()
        return b"".join(out)

    def _judged(self, block: bytes, *, hold: bool = True) -> bytes:
        """Whole lines, of which `_left` bytes left before; what must wait or be remembered becomes `_text`."""
        matches = self._cutter.matches(block)
        border = self._held(block, matches) if hold else len(block)
        cuts = self._cutter.cuts(block, [match for match in matches if match.secret_start < border])
        out = spliced(block, cuts, self._left, border)
        keep = self._remembered(block, border)
        self._text, self._left = block[keep:], border - keep
        return out

    def _held(self, block: bytes, matches: list[Match]) -> int:
        """Where the lines begin that wait for what follows: the last ones, if a credential may go on behind them."""
        since = matches[-1].secret_start if grows(block, matches) else self._unfinished(block, matches)
        begin = max(self._left, block.rfind(b"\n", 0, since) + 1)
        return begin if since < len(block) <= begin + HOLD else len(block)

    def _unfinished(self, block: bytes, matches: list[Match]) -> int:
        """Where the last word of a long plain line begins if it could be the start of a credential, since terminals and
        tables break lines inside of words; else the block's end."""
        end = len(block)
        line = _last_line(block, end)
        if end - line < WRAPPED or _RECORD.match(block, line):
            return end
        word = block[max(line, self._left, end - LONG_WORD) :].rsplit(None, 1)[-1:]
        start = block.rfind(word[0]) if word else end
        judged = bool(matches) and matches[-1].end > start
        return end if judged or not word or self._cutter.engine.clean(word[0]) else start

    def _remembered(self, block: bytes, border: int) -> int:
        """From where on lines that leave now are looked at again with the next ones."""
        if _RECORD.match(block, _last_line(block, border)):
            return border
        far = _line_within(block, border, REACH)
        return _line_within(block, border, _NEIGHBOUR) if self._cutter.engine.clean(block[far:border]) else far

    def _overlong(self) -> bytes:
        """An unfinished line's start leaves when it is too long, but for what a credential could still grow from."""
        if len(self._text) - self._left <= LIMIT:
            return b""
        border = len(self._text) - HOLD
        cuts = self._cutter.cuts(self._text)
        for cut in cuts:
            if cut.start < border < cut.end:
                border = cut.start
        out = spliced(self._text, cuts, self._left, border)
        keep = max(0, border - CONTEXT)
        self._text, self._left = self._text[keep:], border - keep
        return out


def _last_line(text: bytes, end: int) -> int:
    """The start of the last line before `end`, whether its newline came or not."""
    return text.rfind(b"\n", 0, max(0, end - 1)) + 1


def _line_within(text: bytes, end: int, reach: int) -> int:
    """The start of the first line that begins at most `reach` bytes before `end`; `end` if none does."""
    return 0 if end <= reach else text.find(b"\n", end - reach - 1, max(0, end - 1)) + 1 or end
