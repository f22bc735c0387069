"""An MCP server for the proxy's tests, built with the official SDK: leaks in every kind of answer."""

from __future__ import annotations

import base64
import sys

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ImageContent

VALUE = "npg_FakeQ7w8e9r0t1"
URL = f"postgresql://app:{VALUE}@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop"
IMAGE = bytes(range(256)) * 64
server = MCPServer("leaky")


@server.tool()
def connection_string() -> str:
    return URL


@server.tool()
def connect(url: str) -> str:
    """Tell whether the real value arrived, without quoting it."""
    return f"connected: {url == URL}"


@server.tool()
def fail() -> str:
    raise ValueError(f"could not connect to {URL}")


@server.tool()
async def work(ctx: Context) -> str:
    await ctx.report_progress(1, 3, f"dialing {URL}")
    await ctx.report_progress(3, 3, "done")
    return "worked"


@server.tool()
async def forever() -> str:
    print("started", file=sys.stderr, flush=True)
    await anyio.sleep(600)
    return "never"


@server.tool()
def picture() -> ImageContent:
    return ImageContent(type="image", data=base64.b64encode(IMAGE).decode(), mime_type="image/png")


@server.tool(structured_output=False)
def large(megabytes: int) -> str:
    return ("clean words and numbers 123 " * 37_450)[: 1 << 20] * megabytes + URL


if __name__ == "__main__":
    print(f"listening with {URL}", file=sys.stderr, flush=True)
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
