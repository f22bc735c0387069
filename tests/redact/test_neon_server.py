"""Neon's own MCP server (npm) behind the proxy, asked by the official SDK's client; only the cloud is a stand-in."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.harness.neon_api import neon_api
from tests.redact.mcp_server import URL, VALUE

KEY = "napi_fake7h2k9d4m1q8w5e6r3t0y2u7i9o1p4a6s8d3f5g7h9j2k4l6z8x1c3v5"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def server(npm: Callable[[str], Path], program: Callable[[str], Path]) -> list[str]:
    package = npm("neon-mcp") / "node_modules/@neondatabase/mcp-server-neon"
    return [str(program("node")), str(package / "dist/index.js"), "start", KEY]


async def _talk(command: list[str], environment: dict[str, str], errors: Path) -> tuple[list[str], str, str]:
    words = ["-m", "auditor", "mcp", "--vault", "--", *command]
    parameters = StdioServerParameters(command=sys.executable, args=words, env=environment)
    with errors.open("w") as log:
        async with stdio_client(parameters, errlog=log) as streams, ClientSession(*streams) as session:
            await session.initialize()
            tools = [tool.name for tool in (await session.list_tools()).tools]
            where = {"projectId": "shop-1", "branchId": "br-1", "databaseName": "shop", "roleName": "app"}
            asked: Any = await session.call_tool("get_connection_string", {"params": where})
            text = asked.content[0].text
            secret = text.split("app:")[1].split("@")[0]
            named = {"projectId": "shop-1", "branchName": f"with {secret}"}
            made: Any = await session.call_tool("create_branch", {"params": named})
            return tools, text, made.content[0].text


def test_a_connection_string_is_held_back_and_put_back(
    server: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with neon_api(tmp_path, URL) as api:
        environment = {**os.environ, **api.environment, "PYTHONPATH": str(ROOT)}
        talk = _talk(server, environment, tmp_path / "stderr")
        tools, text, made = asyncio.run(asyncio.wait_for(talk, 90))
    assert {"get_connection_string", "create_branch", "run_sql"} <= set(tools)
    assert "postgresql://app:[REDACTED:" in text
    assert VALUE not in text + made + (tmp_path / "stderr").read_text()
    (sent,) = [body for method, _path, body in api.requests if method == "POST"]
    assert json.loads(sent)["branch"]["name"] == f"with {VALUE}"
