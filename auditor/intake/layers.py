"""What stands between stored bytes and text: gzip, zstd, zlib and UTF-16, told by content, read as streams.

Memory is bounded whatever a stream claims (output per call, zstd window), and so is work: `Metered` stops a bomb at the
limits of `Settings`. A stream that ends early or is damaged yields what came before it and then says so.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Callable
from typing import IO, Protocol, cast

from auditor import lazy
from auditor.intake.chunk import BLOCK
from auditor.intake.damage import Damage
from auditor.intake.settings import Settings
from auditor.intake.stored import Stored

_GZIP = b"\x1f\x8b\x08"
_ZSTD = lazy.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
_GIT_OBJECT = lazy.compile(r"/objects/[0-9a-f]{2}/[0-9a-f]{38,62}$")
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_PACKED: tuple[tuple[bytes, str], ...] = (
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"Rar!\x1a\x07", "rar"),
    (b"PACK\x00\x00\x00\x02", "git pack"),
)
_ASCII = lazy.compile(rb"[\t\n\r -~]{8,}")
"""After a byte order mark of UTF-16: a mark that lies."""
_SAMPLE = 512
_INPUT = 64 << 10
_ZSTD_INPUT = 128 << 10
_PIECE = 128 << 10
"""Text per call into a decompressor: what a damaged block takes with it. Also the largest zstd block."""


class Reader(Protocol):
    """A forward reader: up to `size` bytes, `b""` at the end; raises `Damage`."""

    def read(self, size: int) -> bytes: ...


class Ahead:
    """A reader whose first bytes can be looked at."""

    def __init__(self, inner: Reader) -> None:
        self._inner = inner
        self._ahead = inner.read(BLOCK)

    def head(self) -> bytes:
        """Return the first bytes without handing them out."""
        return self._ahead

    def read(self, size: int) -> bytes:
        """See `Reader`."""
        if not self._ahead:
            return self._inner.read(size)
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data


class Gunzip:
    """gzip (RFC 1952) with any number of members, and zlib (RFC 1950)."""

    def __init__(self, inner: Reader, wbits: int) -> None:
        self._inner = inner
        self._wbits = wbits
        self._engine = zlib.decompressobj(wbits)
        self._input = b""
        self._started = False

    def read(self, size: int) -> bytes:
        """See `Reader`."""
        while True:
            if not self._input:
                self._input = self._inner.read(_INPUT)
            if self._engine.eof and not self._next_member():
                return b""
            if not self._input:
                raise Damage("truncated-tail", "the compressed data ends early")
            if data := self._inflate(size):
                return data

    def _inflate(self, size: int) -> bytes:
        try:
            data = self._engine.decompress(self._input, min(size, _PIECE))
        except zlib.error:
            raise Damage("unreadable", "the compressed data is damaged") from None
        self._input = self._engine.unused_data if self._engine.eof else self._engine.unconsumed_tail
        return data

    def _next_member(self) -> bool:
        """Begin the next member, if there is one; zeros after the last are padding."""
        while not (rest := self._input.lstrip(b"\x00")):
            if not (more := self._inner.read(_INPUT)):
                return False
            self._input = more
        self._input = rest
        if self._wbits != GZIP_WBITS or not rest.startswith(_GZIP[: len(rest)]):
            raise Damage("unreadable", "bytes after the compressed data that are none")
        self._engine = zlib.decompressobj(self._wbits)
        return True


GZIP_WBITS = 31
ZLIB_WBITS = 15


class Unzstd:
    """Zstandard (RFC 8878) with any number of frames."""

    def __init__(self, inner: Reader, window_bytes: int) -> None:
        import zstandard

        self._frames = Frames(inner)
        self._error = zstandard.ZstdError
        engine = zstandard.ZstdDecompressor(max_window_size=window_bytes)
        self._stream = engine.stream_reader(
            cast(IO[bytes], self._frames), read_size=_ZSTD_INPUT, read_across_frames=True
        )

    def read(self, size: int) -> bytes:
        """See `Reader`."""
        try:
            data = self._stream.read1(min(size, _PIECE))
        except self._error as problem:
            if "too much memory" in str(problem):
                raise Damage("expansion-limit", "the compressed data wants too large a window") from None
            raise Damage("unreadable", "the compressed data is damaged") from None
        if not data and not self._frames.complete:
            raise Damage("truncated-tail", "the compressed data ends early")
        return data


class Frames:
    """Follows the frame structure of zstd bytes as they pass (RFC 8878, 3.1.1), since the library is silent about a
    stream that ends inside a frame."""

    def __init__(self, inner: Reader) -> None:
        self._inner = inner
        self._buffer = b""
        self._skip = 0
        self._next: Callable[[bytes], int] = self._magic
        self._checksum = False

    @property
    def complete(self) -> bool:
        """Every frame seen so far is whole."""
        return self._next == self._magic and not self._skip and not self._buffer

    def read(self, size: int) -> bytes:
        """Hand bytes on, having looked at them."""
        data = self._inner.read(size)
        self._follow(data)
        return data

    def _follow(self, data: bytes) -> None:
        seen, position = self._buffer + data, 0
        while True:
            step = min(self._skip, len(seen) - position)
            self._skip -= step
            position += step
            used = self._next(seen[position : position + 8]) if position < len(seen) else 0
            if not used:
                break
            position += used
        self._buffer = seen[position:]

    def _magic(self, head: bytes) -> int:
        """Frame header: magic, descriptor, and what the descriptor says follows. Returns bytes used, 0 for too few."""
        if len(head) < 8:
            return 0
        if head[0] >> 4 == 5:  # skippable frame: size in the next four bytes
            self._skip = int.from_bytes(head[4:8], "little")
            return 8
        descriptor = head[4]
        single = descriptor >> 5 & 1
        content = (single, 2, 4, 8)[descriptor >> 6]
        self._checksum = bool(descriptor & 4)
        self._next = self._block
        header = 5 + (not single) + (0, 1, 2, 4)[descriptor & 3] + content
        self._skip = max(0, header - 8)
        return min(header, 8)

    def _block(self, head: bytes) -> int:
        """Block header: last, type, size."""
        if len(head) < 3:
            return 0
        value = int.from_bytes(head[:3], "little")
        self._skip = 1 if value >> 1 & 3 == 1 else value >> 3
        if value & 1:
            self._skip += 4 * self._checksum
            self._next = self._magic
        return 3


class Metered:
    """Makes blocks of the pieces of a stream, and stops one that grows out of proportion to what is stored."""

    def __init__(self, inner: Reader, stored: Stored, settings: Settings) -> None:
        self._inner = inner
        self._stored = stored
        self._settings = settings
        self._size = 0
        self._damage: Damage | None = None

    def read(self, size: int) -> bytes:
        """See `Reader`."""
        if self._damage:
            raise self._damage
        data = self._filled(size)
        self._size += len(data)
        self._damage = self._damage or self._excess()
        return data

    def _excess(self) -> Damage | None:
        """What is wrong with the size of the text so far; the block that went over a limit is still handed out."""
        limits = self._settings
        if self._size > limits.expanded_bytes:
            return Damage("expansion-limit", f"more than {limits.expanded_bytes} bytes of text")
        if self._size > max(limits.ratio_from, limits.ratio * self._stored.size):
            return Damage("expansion-limit", f"more than {limits.ratio} times the stored size")
        return None

    def _filled(self, size: int) -> bytes:
        """Join pieces to a block; what came before damage is handed out first."""
        parts, missing = [], size
        try:
            while missing > 0 and (part := self._inner.read(missing)):
                parts.append(part)
                missing -= len(part)
        except Damage as damage:
            self._damage = damage
            if not parts:
                raise
        return b"".join(parts)


class Transcoded:
    """UTF-16 or UTF-32 as UTF-8; what is none becomes U+FFFD."""

    def __init__(self, inner: Reader, encoding: str) -> None:
        self._inner = inner
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")

    def read(self, size: int) -> bytes:
        """See `Reader`."""
        while data := self._inner.read(max(size // 2, 4)):
            if text := self._decoder.decode(data):
                return text.encode()
        text = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return text.encode()


def peel(stored: Stored, path: str, settings: Settings) -> tuple[Reader, tuple[str, ...]]:
    """Return a reader of the text and the layers taken off, from the outside in (`zstd`, `gzip`, `zlib`, `utf-16`).

    Raises:
        Damage: a compression we do not read, or too many layers.
    """
    reader: Stored | Ahead = stored
    taken: list[str] = []
    while name := _layer(reader.head(), path):
        if len(taken) >= settings.layers:
            raise Damage("expansion-limit", f"more than {settings.layers} layers of compression")
        taken.append(name)
        if name.startswith("utf-"):
            return Transcoded(reader, name), tuple(taken)
        reader = Ahead(Metered(_opened(name, reader, settings), stored, settings))
    return reader, tuple(taken)


def packed(head: bytes) -> str:
    """Return the name of a compression we know and do not read, or an empty text."""
    return next((name for magic, name in _PACKED if head.startswith(magic)), "")


def _opened(name: str, reader: Reader, settings: Settings) -> Reader:
    if name == "zstd":
        return Unzstd(reader, settings.window_bytes)
    return Gunzip(reader, GZIP_WBITS if name == "gzip" else ZLIB_WBITS)


def _layer(head: bytes, path: str) -> str:
    if head.startswith(_GZIP):
        return "gzip"
    if _ZSTD.match(head):
        return "zstd"
    if _GIT_OBJECT.search(path) and len(head) > 1 and head[0] == 0x78 and not int.from_bytes(head[:2], "big") % 31:
        return "zlib"
    return _unicode(head[:_SAMPLE])


def _unicode(head: bytes) -> str:
    """UTF-16/32 by byte order mark, or UTF-16 without one by its zeros (ASCII text has one in every second byte)."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return "" if _ASCII.fullmatch(head[len(mark) :]) else name
    even, odd = head[0::2], head[1::2]
    if len(odd) >= 4 and not even.count(0) and odd.count(0) * 10 >= len(odd) * 9:
        return "utf-16-le"
    if len(odd) >= 4 and not odd.count(0) and even.count(0) * 10 >= len(even) * 9:
        return "utf-16-be"
    return ""
