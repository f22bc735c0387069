"""A scripted model on loopback that speaks enough of the Responses API for the real Codex CLI.

Each POST to `/responses` is answered with the next unused turn of the script: a list of items, or a dict
`{"items": [...], "when": "text", "unless": "text", "tokens": n}` whose `when` must stand in the request and `unless` must
not (so that parent and sub-agent requests can be told apart) and whose `tokens` is the input usage reported (drives
automatic compaction).
When the script is used up the model says "Done.". Requests are kept for assertions; nothing is written to disk.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import zstandard

from tests.harness.items import Item, say

Turn = list[Item] | dict[str, Any]
_RUNNING = re.compile(r"session ID (\d+)")


class ModelServer:
    """Serve a script; use as a context manager. `port` 0 takes a free one."""

    def __init__(self, port: int = 0) -> None:
        self.turns: list[Turn] = []
        self.requests: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._served = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def script(self, turns: list[Turn]) -> None:
        """Replace what is left of the script."""
        with self._lock:
            self.turns = list(turns)

    def answer(self, request: str) -> bytes:
        """Return the event stream for one request body."""
        with self._lock:
            turn = self._next(request)
            self._served += 1
            number = self._served
        items, tokens = (turn["items"], turn.get("tokens", 100)) if isinstance(turn, dict) else (turn, 100)
        running = _RUNNING.findall(request)
        text = json.dumps(items).replace("@SESSION@", running[-1] if running else "0")
        return _stream(f"resp_{number:04d}", json.loads(text), tokens)

    def _next(self, request: str) -> Turn:
        for index, turn in enumerate(self.turns):
            if not isinstance(turn, dict) or _fits(turn, request):
                return self.turns.pop(index)
        return [say("Done.")]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                self._send(200, "application/json", b'{"models":[],"data":[]}')

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if self.headers.get("content-encoding") == "zstd":
                    body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
                if not self.path.endswith("/responses"):
                    self._send(404, "application/json", b"{}")
                    return
                server.requests.append(json.loads(body))
                self._send(200, "text/event-stream", server.answer(body.decode()))

            def _send(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", content_type)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


def _fits(turn: dict[str, Any], request: str) -> bool:
    unless = turn.get("unless")
    return turn.get("when", "") in request and not (unless and unless in request)


def _stream(response: str, items: list[Item], tokens: int) -> bytes:
    events: list[dict[str, Any]] = [{"type": "response.created", "response": {"id": response}}]
    for index, item in enumerate(items):
        item.setdefault("id", f"item_{response[5:]}_{index}")
        for kind in ("response.output_item.added", "response.output_item.done"):
            event = {"type": kind, "output_index": index, "item": item}
            events.append(event)
    usage = {
        "input_tokens": tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens + 20,
    }
    events.append({"type": "response.completed", "response": {"id": response, "usage": usage}})
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()
