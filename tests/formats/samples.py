# ruff: noqa: E501
"""One tiny sample of every dialect and generation, by hand; every value is invented."""

from __future__ import annotations

import json

URL = "postgresql://app:npg_FakeSample01@ep-fake-1.us-east-2.aws.neon.tech/shop"


def _lines(*records: object) -> bytes:
    return b"".join(json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in records)


def _rollout(*lines: tuple[str, object], **extra: object) -> bytes:
    stamp = "2026-11-23T10:00:00.000Z"
    return _lines(*({"timestamp": stamp, **extra, "type": kind, "payload": payload} for kind, payload in lines))


CALL = {"type": "function_call", "name": "shell", "arguments": '{"command":["bash","-lc","cat .env"]}', "call_id": "c1"}
OUTPUT = {
    "type": "function_call_output",
    "call_id": "c1",
    "output": json.dumps({"output": URL, "metadata": {"exit_code": 0}}),
}

SAMPLES: dict[str, tuple[str, bytes]] = {
    "g0": ("codex-g0", json.dumps({"session": {"timestamp": "2025-05-10T09:00:00.000Z", "id": "5973b6c0-94b8-487b-a530-2aeb6098ae0e", "instructions": ""}, "items": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}, CALL, OUTPUT]}, indent=2).encode()),
    "g1": ("codex-g1", _lines({"id": "5973b6c0-94b8-487b-a530-2aeb6098ae0e", "timestamp": "2025-08-20T09:00:00.000Z", "instructions": None}, {"record_type": "state"}, CALL, OUTPUT)),
    "g1 without its head line": ("codex-g1", _lines({"record_type": "state"}, CALL, OUTPUT)),
    "g2": ("codex-rollout", _rollout(("session_meta", {"id": "s", "cli_version": "0.40.0"}), ("response_item", CALL), ("response_item", OUTPUT))),
    "g3": ("codex-rollout", _rollout(("session_meta", {"id": "s", "history_mode": "paginated"}), ordinal=0)),
    "g3 torn head": ("codex-rollout", b'{"timestamp":"2026-11-23T10:00:00.000Z","ordinal":7,"type":"event_msg","payload":{"type":"item_comp'),
    "exec": ("codex-exec", _lines({"type": "thread.started", "thread_id": "t1"}, {"type": "turn.started"})),
    "exec with stderr before": ("codex-exec", b"2026-11-23T10:00:00.000000Z ERROR codex_core::x: boom\n" + _lines({"type": "turn.started"})),
    "exec old": ("codex-exec", _lines({"model": "m", "workdir": "/w", "sandbox": "read-only", "approval": "never"}, {"id": "0", "msg": {"type": "task_started"}})),
    "app-server": ("codex-app-server", _lines({"method": "thread/started", "params": {"thread": {"id": "t1"}}}, {"method": "item/completed", "params": {"threadId": "t1", "turnId": "u1", "item": {"type": "commandExecution", "id": "c1", "command": "ls"}}})),
    "mcp server mode": ("codex-app-server", _lines({"jsonrpc": "2.0", "method": "codex/event", "params": {"conversationId": "t1", "msg": {"type": "agent_message", "message": "hi"}}})),
    "hook": ("codex-hook", _lines({"session_id": "s", "turn_id": "t", "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_use_id": "c1"})),
    "notify": ("codex-hook", _lines({"type": "agent-turn-complete", "thread-id": "s", "turn-id": "t", "last-assistant-message": "ok"})),
    "history": ("codex-history", _lines({"session_id": "s", "ts": 1795446942, "text": f"use {URL}"})),
    "session index": ("codex-session-index", _lines({"id": "s", "thread_name": "tags", "updated_at": "2026-11-23T10:00:00Z"})),
    "shell snapshot": ("shell-snapshot", b"# Snapshot file\nunalias -a\nexport A=1\nexport DATABASE_URL=\"" + URL.encode() + b"\"\n"),
    "codex config": ("codex-config", b'model = "gpt-5"\n\n[mcp_servers.neon]\nurl = "https://mcp.fake-shop.dev/mcp"\n'),
    "exports only": ("shell-snapshot", b'declare -x A="1"\ndeclare -x B="2"\ndeclare -x DATABASE_URL="' + URL.encode() + b'"\n'),
    "tui log": ("codex-log", b'2026-11-23T10:00:00.000000Z  INFO session{thread_id=0198a1b2-c3d4-7e5f-8a9b-000000000001}: codex_core: ToolCall: exec_command {"cmd":"cat .env"}\n'),
    "tui recording": ("codex-tui-recording", _lines({"ts": "2026-11-23T10:00:00.000Z", "dir": "to_tui", "kind": "codex_event", "payload": {"id": "0", "msg": {"type": "agent_message", "message": "hi"}}})),
    "claude desktop server": ("mcp-host-log", b'2026-11-20T10:00:00.000Z [neon] [info] Initializing server... { metadata: undefined }\n2026-11-20T10:00:01.000Z [neon] [info] Message from client: {"method":"tools/call","params":{"name":"run_sql","arguments":{}},"jsonrpc":"2.0","id":5} { metadata: undefined }\n'),
    "claude desktop merged": ("mcp-host-log", b'2026-11-20T10:00:01.000Z [info] [neon] Message from server: {"jsonrpc":"2.0","id":5,"result":{"content":[]}}\n'),
    "claude desktop 2024": ("mcp-host-log", b"2024-12-01T10:00:00.000Z [info] Attempting to connect to MCP server neon...\n"),
    "claude code": ("mcp-host-log", _lines({"debug": "Successfully connected (transport: stdio) in 12ms", "timestamp": "2026-11-20T10:00:00.000Z", "sessionId": "s", "cwd": "/w"})),
    "cursor": ("mcp-host-log", b"2026-11-20 10:00:00.000 [info] a602: Starting new stdio process with command: npx -y x start y\n2026-11-20 10:00:01.000 [info] a602: Handling CreateClient action\n"),
    "vs code": ("mcp-host-log", b'2026-11-20 10:00:00.000 [info] Connection state: Running\n2026-11-20 10:00:01.000 [trace] [editor -> server] {"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"run_sql","arguments":{}}}\n'),
    "jsonrpc lines": ("jsonrpc", _lines({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "run_sql", "arguments": {}}}, {"jsonrpc": "2.0", "id": 1, "result": {"content": []}})),
    "jsonrpc pretty": ("jsonrpc", json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, indent=2).encode() + b"\n"),
    "jsonrpc batch": ("jsonrpc", _lines([{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, {"jsonrpc": "2.0", "id": 2, "method": "ping"}])),
    "jsonrpc arrows": ("jsonrpc", b'-> {"jsonrpc": "2.0", "id": 0, "method": "initialize"}\n<- {"result": {}, "jsonrpc": "2.0", "id": 0}\n'),
    "sse": ("jsonrpc", b'HTTP/1.1 200 OK\ncontent-type: text/event-stream\n\nevent: message\ndata: {"jsonrpc":"2.0","id":1,"result":{"content":[]}}\n\n'),
    "mcp-remote": ("mcp-bridge-log", b'[776] Using automatically selected callback port: 1\n[2026-11-23T16:01:47.363Z][776] Using transport strategy: http-first\n'),
    "mcp-proxy": ("mcp-bridge-log", b"[D 2026-11-23 16:02:19,391.391 mcp_proxy.__main__] Starting\n[I 2026-11-23 16:02:19,434.434 httpx] HTTP Request: POST x\n"),
    "supergateway": ("mcp-bridge-log", b"[supergateway] Starting...\n[supergateway]   - Headers: {}\n"),
    "python sdk": ("mcp-bridge-log", b"StreamableHTTP session manager started\nProcessing request of type CallToolRequest\n"),
    "fastmcp": ("mcp-bridge-log", b"[11/23/26 15:49:35] INFO     Starting MCP server 'neon' with transport 'http'\n"),
    "inspector": ("mcp-bridge-log", b'Query parameters: {"command":"npx"}\nSTDIO transport: command=npx, args=-y\n'),
    "sqlite": ("sqlite", b"SQLite format 3\x00" + bytes(84)),
    "empty": ("plain", b""),
    "prose": ("plain", b"mcp-remote and supergateway print headers; see [supergateway] in the docs.\n"),
    "dotenv": ("plain", b"DATABASE_URL=" + URL.encode() + b"\nA=1\n"),
    "json": ("plain", b'{"scripts":{"migrate":"drizzle-kit migrate"}}\n'),
    "other tracing log": ("plain", b"2026-11-23T10:00:00.000000Z  INFO hyper::client: connected\n"),
    "binary": ("plain", bytes(range(256))),
}  # fmt: skip
