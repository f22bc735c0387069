"""The MCP proxy for a streamable HTTP server: the client speaks stdio to us, we speak HTTP to the server.

The HTTP side is the MCP SDK's own transport (sessions, SSE, resumption, protocol headers), so that only whole JSON-RPC
messages are handled here. Errors of the connection are told by type, never by text, which may quote headers.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import anyio
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter

from auditor.redact.pump import READ_SIZE, Filter, guarded, write_all
from auditor.redact.vault import Vault

_CLOSED = (anyio.ClosedResourceError, anyio.BrokenResourceError)


def serve(url: str, token: str, filtered: Filter, vault: Vault | None = None) -> int:
    """Connect stdin and stdout to an MCP server at `url` until the client ends; return 0, or 1 if the server ended.

    Args:
        url: endpoint of the server.
        token: bearer token (RFC 6750 section 2.1), or empty.
        filtered: what the server's messages pass.
        vault: puts values back into the client's arguments.
    """
    try:
        return asyncio.run(_serve(url, token, filtered, vault))
    except (Exception, ExceptionGroup) as problem:
        sys.stderr.write(f"auditor mcp: the connection failed ({type(problem).__name__})\n")
        return 1


async def _serve(url: str, token: str, filtered: Filter, vault: Vault | None) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        create_mcp_http_client(headers=headers) as client,
        streamable_http_client(url, http_client=client, max_sse_event_size=None) as (read, write),
    ):
        answers = asyncio.create_task(_answers(read, filtered))
        requests = asyncio.create_task(_requests(write, vault))
        done, rest = await asyncio.wait({answers, requests}, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*done)
        return 0 if requests in done else 1


async def _answers(read: Any, filtered: Filter) -> None:
    async for item in read:
        if isinstance(item, Exception):
            sys.stderr.write(f"auditor mcp: a message could not be read ({type(item).__name__})\n")
            continue
        line = item.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
        write_all(1, guarded(lambda line=line: filtered.feed(line), len(line)))  # type: ignore[misc]


async def _requests(write: Any, vault: Vault | None) -> None:
    async for line in _lines():
        restored = vault.restore(line) if vault else line
        try:
            message = jsonrpc_message_adapter.validate_json(restored, by_name=False)
        except ValueError:
            sys.stderr.write(f"auditor mcp: {len(line)} bytes from the client are no JSON-RPC message\n")
            continue
        with suppress(*_CLOSED):
            await write.send(SessionMessage(message))


async def _lines() -> AsyncIterator[bytes]:
    """Lines of stdin, read by a thread that does not keep the process alive."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[bytes]()
    threading.Thread(target=_read, args=(loop, queue), daemon=True).start()
    while line := await queue.get():
        if line.strip():
            yield line


def _read(loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[bytes]) -> None:
    rest: list[bytes] = []
    with suppress(RuntimeError):  # the loop ended first
        while data := os.read(0, READ_SIZE):
            *lines, last = data.split(b"\n")
            for line in lines:
                loop.call_soon_threadsafe(queue.put_nowait, b"".join((*rest, line, b"\n")))
                rest = []
            rest.append(last)
        loop.call_soon_threadsafe(queue.put_nowait, b"")
