# ruff: noqa: E501
"""Transcripts of everything that is no rollout: older generations, streams, MCP logs, databases, small files."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from auditor.formats.registry import detect
from auditor.trace.sessions import Transcript, read
from tests.formats.samples import SAMPLES, URL
from tests.trace.sources import Block, Text, jsonl


def transcript(data: bytes, name: str = "x.log") -> Transcript:
    return read(Text(data, name), detect(data, name))


def test_g0_is_one_record_with_positions_by_pointer() -> None:
    found = transcript(SAMPLES["g0"][1], "rollout.json")
    assert found.calls[0].command == "cat .env"
    assert found.calls[0].exit_code == 0
    line = 1 + SAMPLES["g0"][1].split(URL.encode())[0].count(b"\n")
    position = found.position(line)
    assert (position.session, position.call_id, position.role) == ("5973b6c0-94b8-487b-a530-2aeb6098ae0e", "c1", "tool")
    compact = transcript(json.dumps(json.loads(SAMPLES["g0"][1])).encode(), "rollout.json")
    assert compact.position(1, "/items/2/output").call_id == "c1"
    assert compact.position(1, "/items/0/content/0/text").role == "user"


def test_g1_lines_have_no_time_of_their_own() -> None:
    found = transcript(SAMPLES["g1"][1])
    position = found.position(4, "/output")
    assert (position.call_id, position.timestamp, position.session[:4]) == ("c1", "", "5973")
    assert found.session.started == "2025-08-20T09:00:00.000Z"


def test_exec_stream_with_stderr_mixed_in() -> None:
    command = "/bin/bash -lc 'cat .env'"
    data = jsonl(
        {"type": "thread.started", "thread_id": "t1"},
        {"type": "turn.started"},
        {"type": "item.started", "item": {"id": "item_0", "type": "command_execution", "command": command, "aggregated_output": "", "exit_code": None, "status": "in_progress"}},
    ) + b"2026-11-23T10:00:00.000000Z ERROR codex_core::tools::router: error=x\n" + jsonl(
        {"type": "item.completed", "item": {"id": "item_0", "type": "command_execution", "command": command, "aggregated_output": URL, "exit_code": 0, "status": "completed"}},
        {"type": "turn.completed", "usage": {}},
    )  # fmt: skip
    found = transcript(data)
    (call,) = found.calls
    assert (call.id, call.command, call.exit_code, call.status, call.output) == ("t1/item_0", "cat .env", 0, "ok", URL)
    assert found.position(5, "/item/aggregated_output").role == "tool"
    assert found.position(5, "/item/command").role == "assistant"
    assert found.position(4).turn == "turn-1"
    assert found.turns[0].status == "ok"


def test_exec_stream_resumed_in_one_capture_counts_ids_anew() -> None:
    item = {"id": "item_0", "type": "command_execution", "command": "a", "status": "completed", "exit_code": 0}
    once = [{"type": "thread.started", "thread_id": "t1"}, {"type": "item.completed", "item": item}]
    assert [call.id for call in transcript(jsonl(*once, *once)).calls] == ["t1/item_0", "t1/item_0#2"]


def test_old_exec_stream() -> None:
    begin = {"type": "exec_command_begin", "call_id": "c1", "command": ["bash", "-lc", "env"], "cwd": "/w"}
    end = {"type": "exec_command_end", "call_id": "c1", "stdout": URL, "stderr": "", "exit_code": 0}
    data = jsonl(
        {"id": "0", "msg": {"type": "session_configured", "session_id": "s1", "model": "m"}},
        {"id": "0", "msg": begin},
        {"id": "0", "msg": end},
    )
    found = transcript(data)
    (call,) = found.calls
    assert (call.id, call.command, call.exit_code, call.output, found.session.model) == ("s1/c1", "env", 0, URL, "m")


def test_app_server_threads_are_kept_apart() -> None:
    def item(thread: str, call: str) -> dict[str, object]:
        inner = {
            "type": "commandExecution",
            "id": call,
            "command": "ls",
            "aggregatedOutput": "x",
            "exitCode": 0,
            "status": "completed",
        }
        return {"method": "item/completed", "params": {"threadId": thread, "turnId": f"u-{thread}", "item": inner}}

    found = transcript(
        jsonl({"method": "thread/started", "params": {"thread": {"id": "a"}}}, item("a", "c1"), item("b", "c1"))
    )
    assert [call.id for call in found.calls] == ["a/c1", "b/c1"]
    assert found.position(3, "/params/item/aggregatedOutput").session == "b"
    assert found.position(3).turn == "u-b"


def test_hook_payloads_pair_by_tool_use() -> None:
    common = {
        "session_id": "s",
        "turn_id": "t",
        "cwd": "/w",
        "tool_name": "Bash",
        "tool_input": {"command": "cat .env"},
        "tool_use_id": "c1",
    }
    found = transcript(
        jsonl(
            {**common, "hook_event_name": "PreToolUse"},
            {**common, "hook_event_name": "PostToolUse", "tool_response": URL},
        )
    )
    (call,) = found.calls
    assert (call.id, call.tool, call.status, call.output) == ("s/c1", "shell", "ok", URL)
    assert found.position(2, "/tool_response").call_id == "c1"


def test_history_prompts_belong_to_their_sessions() -> None:
    found = transcript(
        jsonl(*({"session_id": name, "ts": 1795446942, "text": URL} for name in ("a", "b"))), "history.jsonl"
    )
    position = found.position(2, "/text")
    assert (position.session, position.role, position.timestamp) == ("b", "user", "2026-11-23T15:15:42Z")


def test_shell_snapshot_belongs_to_the_thread_of_its_name() -> None:
    found = transcript(SAMPLES["shell snapshot"][1], "/h/shell_snapshots/0198a1b2-c3d4-7e5f-8a9b-000000000001.17.sh")
    position = found.position(4)
    assert (position.session, position.role) == ("0198a1b2-c3d4-7e5f-8a9b-000000000001", "environment")


def test_plain_text_belongs_to_no_session() -> None:
    assert transcript(SAMPLES["dotenv"][1], ".env").position(1).session == ""


def test_tool_call_lines_of_a_log_are_requests_of_their_thread() -> None:
    found = transcript(SAMPLES["tui log"][1])
    (call,) = found.calls
    assert (call.session, call.tool, call.command) == ("0198a1b2-c3d4-7e5f-8a9b-000000000001", "shell", "cat .env")


CLAUDE = (
    b"2026-11-20T10:00:00.000Z [neon] [info] Initializing server... { metadata: undefined }\n"
    b"2026-11-20T10:00:00.001Z [neon] [info] Using MCP server command: npx with args and path: {\n"
    b"  metadata: {\n    args: [ '-y', 'start', 'napi_fakekey' ],\n  }\n}\n"
    b'2026-11-20T10:00:00.100Z [neon] [info] Message from client: {"method":"initialize","params":{"clientInfo":{"name":"claude-ai"}},"jsonrpc":"2.0","id":0} { metadata: undefined }\n'
    b'2026-11-20T10:00:01.000Z [neon] [info] Message from client: {"method":"tools/call","params":{"name":"run_sql","arguments":{"sql":"select 1"}},"jsonrpc":"2.0","id":5} { metadata: undefined }\n'
    b"connecting to postgresql://app:npg_FakeStderr1@h/db\n"
    b'2026-11-20T10:00:02.000Z [neon] [info] Message from server: {"jsonrpc":"2.0","id":5,"result":{"content":[{"type":"text","text":"ok"}]}} { metadata: undefined }\n'
    b"after the answer\n"
    b"2026-11-20T10:05:00.000Z [neon] [info] Initializing server... { metadata: undefined }\n"
    b'2026-11-20T10:05:01.000Z [neon] [info] Message from client: {"method":"tools/call","params":{"name":"list_projects","arguments":{}},"jsonrpc":"2.0","id":5} { metadata: undefined }\n'
)


def test_claude_desktop_connections_requests_and_stderr() -> None:
    found = transcript(CLAUDE, "mcp-server-neon.log")
    first, second = "mcp:neon@2026-11-20T10:00:00.100Z", "mcp:neon@2026-11-20T10:05:00.000Z"
    calls = {call.id: call for call in found.calls}
    assert set(calls) == {f"{first}/0", f"{first}/5", f"{second}/5"}
    call = calls[f"{first}/5"]
    assert (call.tool, call.server, call.name, call.status, call.output) == ("mcp", "neon", "run_sql", "ok", "ok")
    assert (call.started, call.ended) == ("2026-11-20T10:00:01.000Z", "2026-11-20T10:00:02.000Z")
    assert found.position(8, "/params/arguments/sql").role == "assistant"
    assert found.position(9).step == call.id
    assert found.position(9).role == "log"
    assert found.position(10, "/result/content/0/text").step == call.id
    assert found.position(11).step == ""
    assert found.position(4).session == first
    assert found.position(13).session == second


def test_both_bracket_orders_tell_the_same_session() -> None:
    line = b'2026-11-20T10:00:01.000Z [neon] [info] Message from client: {"method":"initialize","params":{},"jsonrpc":"2.0","id":0}'
    swapped = line.replace(b"[neon] [info]", b"[info] [neon]")
    one, two = transcript(line + b" { metadata: undefined }\n"), transcript(swapped + b"\n")
    assert one.calls[0].id == two.calls[0].id


@pytest.mark.parametrize("metadata", [b"", b" { metadata: undefined }", b" { metadata: {\n    a: 1,\n  }\n}"])
def test_tails_behind_the_message_are_not_the_message(metadata: bytes) -> None:
    line = b'2026-11-20T10:00:01.000Z [neon] [info] Message from client: {"method":"tools/call","params":{"name":"x","arguments":{"a":" { metadata: q"}},"jsonrpc":"2.0","id":5}'
    found = transcript(line + metadata + b"\n")
    assert found.calls[0].arguments == {"a": " { metadata: q"}


def test_short_messages_without_bodies() -> None:
    data = b'2026-11-20T10:00:01.000Z [neon] [info] Message from client: method="tools/call" id=5 params\n'
    assert transcript(data).calls[0].call_id == "5"


def test_vs_code_directions() -> None:
    data = (
        b"2026-11-20 10:00:00.000 [info] Connection state: Running\n"
        b'2026-11-20 10:00:01.000 [trace] [editor -> server] {"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"run_sql","arguments":{}}}\n'
        b"2026-11-20 10:00:01.500 [warning] [server stderr] connecting\n"
        b'2026-11-20 10:00:02.000 [trace] [server -> editor] {"jsonrpc":"2.0","id":3,"result":{"content":[],"isError":true}}\n'
    )
    found = transcript(data)
    (call,) = found.calls
    assert (call.name, call.status) == ("run_sql", "failed")
    assert found.position(3).step == call.id


def test_claude_code_lines_belong_to_their_session() -> None:
    data = jsonl(
        {"error": "Server stderr: " + URL, "timestamp": "2026-11-20T10:00:00.000Z", "sessionId": "s9", "cwd": "/w"}
    )
    assert transcript(data).position(1, "/error").session == "mcp:s9"


def test_batches_have_positions_by_pointer() -> None:
    asked = [
        {"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": {"name": f"t{n}", "arguments": {}}}
        for n in (1, 2)
    ]
    answered = [{"jsonrpc": "2.0", "id": n, "result": {"content": [{"type": "text", "text": str(n)}]}} for n in (2, 1)]
    found = transcript(jsonl(asked, answered))
    assert [(call.name, call.output) for call in found.calls] == [("t1", "1"), ("t2", "2")]
    assert found.position(2, "/0/result/content/0/text").call_id == "2"
    assert found.position(2, "/1/result/content/0/text").call_id == "1"


def test_pretty_batches_have_positions_by_line() -> None:
    asked = [
        {"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": {"name": f"t{n}", "arguments": {"a": n}}}
        for n in (1, 2)
    ]
    text = json.dumps(asked, indent=2)
    found = transcript(text.encode())
    lines = text.splitlines()
    assert found.position(lines.index('        "a": 1') + 1).call_id == "1"
    assert found.position(lines.index('        "a": 2') + 1).call_id == "2"


def test_sse_and_notifications_fall_into_the_call_in_flight() -> None:
    data = (
        b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"run_sql","arguments":{}}}\n\nHTTP/1.1 200 OK\n\nevent: message\n'
        b'data: {"method":"notifications/message","params":{"level":"info","data":"connecting"},"jsonrpc":"2.0"}\n\n'
        b'event: message\ndata: {"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"x"}],"isError":true}}\n'
    )
    found = transcript(data)
    assert found.position(6, "/params/data").call_id == "2"
    assert found.calls[0].status == "failed"


def test_requests_of_the_server_have_ids_of_their_own() -> None:
    data = (
        b'-> {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{}}}\n'
        b'<- {"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{}}\n'
        b'-> {"jsonrpc":"2.0","id":1,"result":{"role":"assistant"}}\n'
        b'<- {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"done"}]}}\n'
    )
    calls = {call.call_id: call for call in transcript(data).calls}
    assert set(calls) == {"1", "srv-1"}
    assert (calls["1"].output, calls["1"].name) == ("done", "a")


BRIDGES = {
    "supergateway": b"[supergateway] Starting...\n[supergateway] Stdio \xe2\x86\x92 Streamable HTTP: {\n  jsonrpc: '2.0',\n  id: 7,\n  method: 'tools/call',\n  params: {\n    name: 'get_connection_string',\n    arguments: {\n      projectId: 'p-1',\n      branchId: 'br-1'\n    }\n  }\n}\n[supergateway] Response: {\n  jsonrpc: '2.0',\n  id: 7,\n  result: {\n    content: [ [Object] ],\n    isError: false\n  }\n}\n",
    "mcp-remote": '[776] Using transport strategy: http-first\n[2026-11-23T16:01:52.982Z][776] Local → Remote message {\n  method: \'tools/call\',\n  id: 7,\n  params: \'{"name":"get_connection_string","arguments":{"projectId":"p-1","branchId":"br-1"}}\'\n}\n[2026-11-23T16:01:52.990Z][776] Remote → Local message {\n  method: undefined,\n  id: 7,\n  result: \'result-present\',\n  error: undefined\n}\n'.encode(),
    "mcp-remote debug file": '[2026-11-23T16:01:52.900Z][776] Using transport strategy: http-first\n[2026-11-23T16:01:52.982Z][776] Local → Remote message {"method":"tools/call","id":7,"params":"{\\"name\\":\\"get_connection_string\\",\\"arguments\\":{\\"projectId\\":\\"p-1\\",\\"branchId\\":\\"br-1\\"}}"}\n[2026-11-23T16:01:52.990Z][776] Remote → Local message {"id":7,"result":"result-present"}\n'.encode(),
    "mcp-proxy": b"[D 2026-11-23 16:02:19,434.434 mcp.client.streamable_http] Sending client message: root=JSONRPCRequest(method='tools/call', params={'name': 'get_connection_string', 'arguments': {'projectId': 'p-1', 'branchId': 'br-1'}}, jsonrpc='2.0', id=7)\n[D 2026-11-23 16:02:19,440.440 mcp.client.streamable_http] SSE message: root=JSONRPCResponse(jsonrpc='2.0', id=7, result={'content': [{'type': 'text', 'text': 'URI: x'}]})\n",
    "json lines on stdout": b'[supergateway] Starting...\n[supergateway]   - Headers: {}\n{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"get_connection_string","arguments":{"projectId":"p-1","branchId":"br-1"}}}\n{"jsonrpc":"2.0","id":7,"result":{"content":[]}}\n',
}


@pytest.mark.parametrize("name", BRIDGES)
def test_bridges(name: str) -> None:
    data = BRIDGES[name]
    assert detect(data, "x").name == "mcp-bridge-log"
    (call,) = transcript(data).calls
    assert (call.call_id, call.name, call.status) == ("7", "get_connection_string", "ok")
    assert call.arguments == {"projectId": "p-1", "branchId": "br-1"}


def test_fastmcp_handler_lines_are_calls_and_what_follows_is_in_flight() -> None:
    data = (
        b"[11/23/26 15:49:35] INFO     Starting MCP server 'neon' with transport 'http'      transport.py:358\n"
        b"[11/23/26 15:49:38] DEBUG    [neon] Handler called: call_tool run_sql with {'projectId':         mcp_operations.py:243\n"
        b"                             'p-1', 'sql': \"ALTER ROLE app PASSWORD 'npg_FakeRich01'\"}\n"
        b"                    DEBUG    Sending INFO to client: connecting\n"
    )
    found = transcript(data)
    (call,) = found.calls
    assert (call.name, call.arguments) == (
        "run_sql",
        {"projectId": "p-1", "sql": "ALTER ROLE app PASSWORD 'npg_FakeRich01'"},
    )
    assert found.position(3).step == call.id
    assert found.position(4).step == call.id


def test_sse_chunks_as_python_bytes() -> None:
    data = (
        b"StreamableHTTP session manager started\nProcessing request of type CallToolRequest\n"
        b'chunk: b\'event: message\\r\\ndata: {"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"a\\\\nb"}]}}\\r\\n\\r\\n\'\n'
    )
    found = transcript(data)
    assert found.calls[0].output == "a\nb"
    assert found.position(3).call_id == "7"


@dataclass(frozen=True)
class Database:
    """Cells as intake gives them: text of one row after the other."""

    cells: tuple[tuple[str, str], ...]
    path: str = "thread_history_1.sqlite"

    def chunks(self) -> list[Block]:
        return [Block(text.encode(), 0, 0, cell=cell) for cell, text in self.cells]


def test_database_cells_know_their_thread() -> None:
    item = {
        "type": "commandExecution",
        "id": "c1",
        "command": "/bin/bash -lc 'cat .env'",
        "status": "completed",
        "aggregatedOutput": URL,
        "exitCode": 0,
    }
    log = 'ToolCall: exec_command {"cmd":"env"}'
    cells = (
        ("thread_items[rowid=1].thread_id", "s1"), ("thread_items[rowid=1].turn_id", "t1"),
        ("thread_items[rowid=1].item_json", json.dumps(item)), ("logs[rowid=1].feedback_log_body", log),
        ("logs[rowid=1].thread_id", "s2"), ("threads[rowid=4].id", "s3"), ("threads[rowid=4].first_user_message", URL),
    )  # fmt: skip
    found = read(Database(cells), detect(b"SQLite format 3\x00", "x"))
    position = found.position(0, "thread_items[rowid=1].item_json#/aggregatedOutput")
    assert (position.session, position.turn, position.call_id, position.role) == ("s1", "t1", "c1", "tool")
    position = found.position(0, "logs[rowid=1].feedback_log_body")
    assert (position.session, position.role) == ("s2", "assistant")
    position = found.position(0, "threads[rowid=4].first_user_message")
    assert (position.session, position.role) == ("s3", "user")
    assert [call.command for call in found.calls] == ["cat .env", "env"]
