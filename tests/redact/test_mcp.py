"""The MCP proxy between a real client and real servers of the official SDK, over stdio and streamable HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.redact.mcp_server import IMAGE, VALUE

SERVER = Path(__file__).with_name("mcp_server.py")
MARKER = re.compile(r"\[REDACTED:[a-z-]+:[0-9a-f]{4}\]")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@asynccontextmanager
async def _session(tmp_path: Path, *arguments: str) -> AsyncIterator[ClientSession]:
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "PYTHONPATH": str(ROOT)}
    words = ["-m", "auditor", "mcp", *arguments]
    parameters = StdioServerParameters(command=sys.executable, args=words, env=environment)
    with (tmp_path / "stderr").open("w") as errors:
        async with stdio_client(parameters, errlog=errors) as streams, ClientSession(*streams) as session:
            await session.initialize()
            yield session


STDIO = ("--", sys.executable, str(SERVER))


def _run(tmp_path: Path, work: Callable[[ClientSession], Awaitable[None]], *arguments: str) -> None:
    async def main() -> None:
        async with _session(tmp_path, *(arguments or STDIO)) as session:
            await work(session)

    asyncio.run(asyncio.wait_for(main(), 90))


async def _text(session: ClientSession, name: str, **arguments: Any) -> str:
    result: Any = await session.call_tool(name, arguments)
    text: str = result.content[0].text
    return text


def test_results_errors_and_stderr_are_filtered(tmp_path: Path) -> None:
    async def work(session: ClientSession) -> None:
        text = await _text(session, "connection_string")
        assert MARKER.search(text)
        assert text.startswith("postgresql://app:[")
        result: Any = await session.call_tool("fail", {})
        assert result.is_error
        assert VALUE not in result.content[0].text

    _run(tmp_path, work)
    errors = (tmp_path / "stderr").read_text()
    assert "listening with postgresql://app:[REDACTED:" in errors
    assert VALUE not in errors


def test_progress_arrives_filtered(tmp_path: Path) -> None:
    told: list[tuple[float, str | None]] = []

    async def work(session: ClientSession) -> None:
        async def progress(done: float, _total: float | None, message: str | None) -> None:
            told.append((done, message))

        await session.call_tool("work", {}, progress_callback=progress)

    _run(tmp_path, work)
    assert [done for done, _message in told] == [1, 3]
    assert "[REDACTED:" in str(told[0][1])
    assert VALUE not in str(told)


def test_a_cancelled_call_ends_and_the_session_goes_on(tmp_path: Path) -> None:
    async def work(session: ClientSession) -> None:
        with pytest.raises(MCPError):
            await session.call_tool("forever", {}, read_timeout_seconds=1.0)
        assert await _text(session, "connect", url="x") == "connected: False"

    _run(tmp_path, work)


def test_binary_content_is_untouched(tmp_path: Path) -> None:
    async def work(session: ClientSession) -> None:
        result: Any = await session.call_tool("picture", {})
        assert base64.b64decode(result.content[0].data) == IMAGE

    _run(tmp_path, work)


def test_a_result_of_20_megabytes_keeps_its_odd_id(tmp_path: Path) -> None:
    """Lines written by hand: the SDK's own client takes minutes over a line that long."""
    command = [sys.executable, "-m", "auditor", "mcp", *STDIO]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as proxy:
        assert proxy.stdin
        assert proxy.stdout

        def send(**message: Any) -> None:
            assert proxy.stdin
            proxy.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            proxy.stdin.flush()

        client = {"name": "test", "version": "1"}
        parameters = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
        send(id="first/\u00e9", method="initialize", params=parameters)
        assert json.loads(proxy.stdout.readline())["id"] == "first/\u00e9"
        send(method="notifications/initialized")
        send(id=2**53 - 1, method="tools/call", params={"name": "large", "arguments": {"megabytes": 20}})
        answer = json.loads(proxy.stdout.readline())
        proxy.stdin.close()
    assert answer["id"] == 2**53 - 1
    text = answer["result"]["content"][0]["text"]
    assert len(text) > 20 << 20
    assert VALUE not in text
    assert text.endswith("@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop")


@pytest.mark.parametrize("vault", [True, False])
def test_the_vault_puts_the_value_back(tmp_path: Path, vault: bool) -> None:
    async def work(session: ClientSession) -> None:
        masked = await _text(session, "connection_string")
        assert VALUE not in masked
        assert await _text(session, "connect", url=masked) == f"connected: {vault}"

    _run(tmp_path, work, *(["--vault"] if vault else []), *STDIO)


@pytest.fixture
def http_server() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(SERVER), str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
        process.terminate()


def test_http_servers_are_filtered_too(tmp_path: Path, http_server: str) -> None:
    async def work(session: ClientSession) -> None:
        masked = await _text(session, "connection_string")
        assert VALUE not in masked
        assert await _text(session, "connect", url=masked) == "connected: True"
        assert VALUE not in await _text(session, "large", megabytes=2)

    _run(tmp_path, work, "--vault", "--url", http_server)


def test_the_token_comes_from_the_named_variable(tmp_path: Path) -> None:
    missing = subprocess.run(
        [sys.executable, "-m", "auditor", "mcp", "--url", "http://127.0.0.1:1/mcp", "--token-env", "NO_SUCH_TOKEN"],
        capture_output=True,
        check=False,
    )
    assert missing.returncode == 2
    assert b"NO_SUCH" not in missing.stdout


def test_bearer_header_is_sent_and_shown_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_TOKEN", "Fake-token-1a2b3c4d5e")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        command = [sys.executable, "-m", "auditor", "mcp", "--url", url, "--token-env", "LAB_TOKEN"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as proxy:
            assert proxy.stdin
            proxy.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
            proxy.stdin.flush()
            listener.settimeout(30)
            connection, _address = listener.accept()
            request = connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            connection.close()
            assert proxy.stdout
            answer = proxy.stdout.readline()
            out, errors = proxy.communicate(timeout=30)
    assert b"authorization: bearer fake-token-1a2b3c4d5e" in request.lower()
    assert b'"id":1' in answer
    assert b"Fake-token" not in answer + out + errors


def test_a_server_that_cannot_be_started_is_a_usage_error() -> None:
    command = [sys.executable, "-m", "auditor", "mcp", "--", "no-such-server-anywhere"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"could not be started (no such file or directory)" in done.stderr
