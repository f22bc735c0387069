"""The MCP proxy over stdio: sits between a client and a server command and redacts what the server says.

One JSON-RPC message is one line (MCP specification, transports, stdio), so each line is filtered and passed on as it
comes: ids, progress, cancellation and binary content stay untouched. The server's stderr is filtered too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from auditor.errors import UsageProblem
from auditor.redact.pump import READ_SIZE, Filter, pump, write_all
from auditor.redact.vault import Vault

GRACE_SECONDS = 5.0
"""After the client went away: how long the server may take to end by itself (MCP specification, shutdown)."""


def serve(command: Sequence[str], make_filter: Callable[[Vault | None], Filter], vault: Vault | None = None) -> int:
    """Run an MCP server command behind the filter until client or server ends; return the server's exit code.

    `make_filter` gets the vault for the protocol and none for stderr, whose markers no client sends back.

    Raises:
        UsageProblem: the command cannot be started.
    """
    try:
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as problem:
        reason = os.strerror(problem.errno or 0).lower()
        raise UsageProblem(f"the server's command could not be started ({reason})") from None
    assert server.stdout
    assert server.stderr
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: server.send_signal(number))
    outputs = [
        _thread(_pump, server.stdout.fileno(), 1, make_filter(vault)),
        _thread(_pump, server.stderr.fileno(), 2, make_filter(None)),
    ]
    _thread(_requests, 0, server, vault)
    code = server.wait()
    for thread in outputs:
        thread.join(GRACE_SECONDS)
    return 128 - code if code < 0 else code


def _thread(target: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def _pump(source: int, target: int, filtered: Filter) -> None:
    with suppress(BrokenPipeError):  # the client is gone; `_requests` ends the server
        pump(source, target, filtered)


def _requests(source: int, server: subprocess.Popen[bytes], vault: Vault | None) -> None:
    """Client to server, values put back; at its end the server is asked to end: stdin closed, TERM, KILL."""
    assert server.stdin
    with suppress(BrokenPipeError):
        _pass_on(source, server.stdin.fileno(), vault)
    with suppress(BrokenPipeError):
        server.stdin.close()
    for end in (server.terminate, server.kill):
        with suppress(subprocess.TimeoutExpired):
            server.wait(GRACE_SECONDS)
            return
        end()


def _pass_on(source: int, target: int, vault: Vault | None) -> None:
    rest = b""
    while data := os.read(source, READ_SIZE):
        if vault is None:
            write_all(target, data)
            continue
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            write_all(target, vault.restore(line + b"\n"))
    write_all(target, rest)
