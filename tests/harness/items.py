"""Builders for what the scripted model says: items of the Responses API (OpenAI API reference, `responses` object)."""

from __future__ import annotations

import json
from typing import Any

Item = dict[str, Any]


def tool(name: str, call_id: str, /, **arguments: object) -> Item:
    """Return a function call; `mcp__server__tool` names are split into namespace and name as Codex 0.169 expects."""
    item: Item = {
        "type": "function_call",
        "name": name,
        "arguments": json.dumps(arguments, separators=(",", ":"), ensure_ascii=False),
        "call_id": call_id,
    }
    if name.startswith("mcp__"):
        item["namespace"], item["name"] = name.rsplit("__", 1)
    return item


def neon(name: str, call_id: str, /, **arguments: object) -> Item:
    """Return a call of a tool of the MCP server configured as `neon`."""
    return tool(f"mcp__neon__{name}", call_id, **arguments)


def shell(call_id: str, cmd: str, **arguments: object) -> Item:
    """Return a unified-exec command."""
    return tool("exec_command", call_id, cmd=cmd, **arguments)


def stdin(call_id: str, chars: str = "", **arguments: object) -> Item:
    """Return a `write_stdin` to the newest running command; the model server fills in its session number."""
    call = tool("write_stdin", call_id, chars=chars, **arguments)
    call["arguments"] = '{"session_id":@SESSION@,' + call["arguments"][1:]
    return call


def patch(call_id: str, text: str) -> Item:
    """Return a freeform apply_patch call."""
    return {"type": "custom_tool_call", "name": "apply_patch", "input": text, "call_id": call_id, "status": "completed"}


def code(call_id: str, javascript: str) -> Item:
    """Return a code-mode call (`exec` with JavaScript)."""
    return {"type": "custom_tool_call", "name": "exec", "input": javascript, "call_id": call_id, "status": "completed"}


def say(text: str) -> Item:
    """Return an assistant message."""
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def think(text: str) -> Item:
    """Return a reasoning item with a readable summary."""
    return {"type": "reasoning", "summary": [{"type": "summary_text", "text": text}], "encrypted_content": None}
