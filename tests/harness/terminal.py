"""Drive Codex's full-screen interface through a pseudo-terminal: what it leaves behind differs from `codex exec`.

Only the TUI writes `history.jsonl` and `logs_2.sqlite`. The terminal answers the questions the interface asks at its
start (cursor position, device attributes; ECMA-48 and xterm control sequences) and types like a person.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from typing import Self

from tests.harness.codex import Workshop

_ASKED = re.compile(rb"\x1b\[6n|\x1b\[c|\x1b\[>0?q|\x1b\[\?u|\x1b\](1[01]);\?(?:\x1b\\|\x07)")


class Terminal:
    """A running `codex` in a terminal of 100 columns; use as a context manager."""

    def __init__(self, shop: Workshop, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        env = {**shop.environment(), "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            [str(shop.cli), *arguments], cwd=shop.project, env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            close_fds=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)
        self.screen = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)

    def until(self, done: Callable[[], bool], seconds: float = 20) -> bool:
        """Let the interface run until the condition holds; return whether it did."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            self._pump()
            if done():
                return True
        return done()

    def type(self, text: str) -> None:
        """Type a text, then Enter (apart, so that it isn't taken for a paste)."""
        os.write(self.master, text.encode())
        self.until(lambda: False, 0.6)
        os.write(self.master, b"\r")

    def press(self, keys: bytes) -> None:
        """Send raw keys."""
        os.write(self.master, keys)

    def _pump(self) -> None:
        ready, _, _ = select.select([self.master], [], [], 0.05)
        if not ready:
            return
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the other end is closed
            return
        self.screen += data
        for asked in _ASKED.finditer(data):
            os.write(self.master, _answer(asked.group(0)))


def _answer(question: bytes) -> bytes:
    if question == b"\x1b[6n":
        return b"\x1b[1;1R"
    if question == b"\x1b[c":
        return b"\x1b[?62;22c"
    if question.startswith(b"\x1b]"):
        return question.split(b";")[0] + b";rgb:0000/0000/0000\x1b\\"
    return b""
