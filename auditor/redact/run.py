"""`auditor run -- COMMAND`: a command whose output passes the filter before anybody sees it.

Kept as if the filter were not there: exit status, signals, the order of stdout and stderr where both go to one place,
a terminal where there was one, and background jobs that outlive the command.
"""

from __future__ import annotations

import errno
import os
import pty
import selectors
import signal
import subprocess
import sys
import termios
import tty
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

from auditor.redact.pump import IDLE_SECONDS, READ_SIZE, Filter, guarded, write_all

LINGER_SECONDS = 0.2
"""After the command ended: how long a background job may stay silent before a child goes on filtering for it."""

_Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None

_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT)


class _Channel:
    """One stream of the command: read here, filter, write there. (`dataclasses` costs a command's start too much.)"""

    __slots__ = ("filtered", "fresh", "source", "target")

    def __init__(self, source: int, target: int, filtered: Filter) -> None:
        self.source, self.target, self.filtered = source, target, filtered
        self.fresh = False  # whether bytes came since the last pause


def run(command: Sequence[str], make_filter: Callable[[], Filter]) -> int:
    """Run a command filtered; return its exit code (128 + n when killed by signal n, 127 when not found)."""
    try:
        child, channels = _start(command, make_filter)
    except OSError as problem:
        reason = os.strerror(problem.errno or 0).lower()
        sys.stderr.write(f"auditor run: the command could not be started ({reason})\n")
        return 126 if problem.errno == errno.EACCES else 127
    previous = _forward_signals(child)
    try:
        _relay(child, channels)
    except BrokenPipeError:  # our reader went away: so does the command's, it gets its own SIGPIPE
        for channel in channels:
            os.close(channel.source)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    code = child.wait()
    return 128 - code if code < 0 else code


def _start(command: Sequence[str], make_filter: Callable[[], Filter]) -> tuple[subprocess.Popen[bytes], list[_Channel]]:
    if os.isatty(1):
        return _start_terminal(command, make_filter)
    out_read, out_write = os.pipe()
    channels = [_Channel(out_read, 1, make_filter())]
    err_write = out_write
    if not _same_target(1, 2):
        err_read, err_write = os.pipe()
        channels.append(_Channel(err_read, 2, make_filter()))
    try:
        child = subprocess.Popen(command, stdout=out_write, stderr=err_write)
    finally:
        for descriptor in {out_write, err_write}:
            os.close(descriptor)
    return child, channels


def _start_terminal(
    command: Sequence[str], make_filter: Callable[[], Filter]
) -> tuple[subprocess.Popen[bytes], list[_Channel]]:
    """The command keeps a terminal for its output; its input stays ours."""
    master, slave = pty.openpty()
    with suppress(termios.error):
        termios.tcsetwinsize(slave, termios.tcgetwinsize(1))
        tty.setraw(slave, termios.TCSANOW)  # our own terminal translates newlines; twice would be wrong
    try:
        child = subprocess.Popen(command, stdout=slave, stderr=slave if os.isatty(2) else None)
    finally:
        os.close(slave)
    return child, [_Channel(master, 1, make_filter())]


def _same_target(first: int, second: int) -> bool:
    """Two descriptors of one pipe or file share a channel, so that the order of their bytes is kept."""
    try:
        one, other = os.fstat(first), os.fstat(second)
    except OSError:
        return False
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _forward_signals(child: subprocess.Popen[bytes]) -> dict[int, _Handler]:
    """Pass signals on to the command; the terminal sends SIGINT to both of us, so we only outlive it."""

    def forward(number: int, _frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            child.send_signal(number)

    previous: dict[int, _Handler] = {number: signal.signal(number, forward) for number in _FORWARDED}
    previous[signal.SIGINT] = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    return previous


def _relay(child: subprocess.Popen[bytes], channels: Sequence[_Channel]) -> None:
    """Move output until it ends; when only a background job holds it open, leave that to a child of ours."""
    silent, ours = 0.0, True
    with selectors.DefaultSelector() as selector:
        for channel in channels:
            selector.register(channel.source, selectors.EVENT_READ, channel)
        while selector.get_map():
            events = selector.select(IDLE_SECONDS)
            for key, _mask in events:
                if not _move(key.data):
                    selector.unregister(key.fd)
            if events:
                silent = 0.0
                continue
            _pause([key.data for key in selector.get_map().values()])
            silent += IDLE_SECONDS
            if ours and silent >= LINGER_SECONDS and child.poll() is not None:
                if _hand_over():
                    return
                ours = False


def _hand_over() -> bool:
    """Return True in the parent, which ends; the forked child goes on filtering the background job's output."""
    if os.fork():
        return True
    os.setsid()
    return False


def _move(channel: _Channel) -> bool:
    """Move one read's worth; False at the end of the stream."""
    try:
        data = os.read(channel.source, READ_SIZE)
    except OSError as problem:
        if problem.errno != errno.EIO:  # a terminal whose other side closed
            raise
        data = b""
    step = (lambda: channel.filtered.feed(data)) if data else channel.filtered.flush
    write_all(channel.target, guarded(step, len(data)))
    channel.fresh = bool(data)
    return bool(data)


def _pause(channels: Sequence[_Channel]) -> None:
    for channel in channels:
        if channel.fresh:
            write_all(channel.target, guarded(channel.filtered.idle, 0))
            channel.fresh = False
