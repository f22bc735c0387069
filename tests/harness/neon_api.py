"""A stand-in for Neon's REST API on loopback: enough of it for the real CLIs (`neon`, `neonctl`), invented values.

Shapes follow the public OpenAPI description (api-docs.neon.tech); only what the CLIs read is there.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

HOST = "ep-fake-branch-a1b2c3d4.us-east-2.aws.neon.tech"
POOLER = "ep-fake-branch-a1b2c3d4-pooler.us-east-2.aws.neon.tech"
PROJECT, BRANCH, MAIN, ENDPOINT = (
    "fake-meadow-12345678",
    "br-fake-branch-a1b2c3d4",
    "br-fake-root-e5f6a7b8",
    "ep-fake-branch-a1b2c3d4",
)
TIME = "2026-11-20T10:00:00Z"
Answer = dict[str, Any]


class NeonApi:
    """Serve; use as a context manager. A key with `bad` in it is refused."""

    def __init__(self, port: int = 0) -> None:
        self.password = "npg_FakeUnset000"
        self.key = "napi_fakeunset"
        self._http = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._branches = {MAIN: "main", BRANCH: "feature/tags"}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/api/v2"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, body: Answer) -> tuple[int, Answer]:
        """Return status and body for one request."""
        parts = [part for part in path.removeprefix("/api/v2").split("/") if part]
        match parts:
            case ["users", "me"]:
                return 200, {
                    "id": "fake-user",
                    "login": "dev",
                    "email": "dev@fake-shop.dev",
                    "name": "dev",
                    "projects_limit": 10,
                }
            case ["users", "me", "organizations"]:
                return 200, {"organizations": [{"id": "org-fake-river-87654321", "name": "shop"}]}
            case ["api_keys"] if method == "POST":
                return 200, {
                    "id": 4711,
                    "key": self.key,
                    "name": body.get("key_name", ""),
                    "created_at": TIME,
                    "created_by": "fake-user",
                }
            case ["api_keys"]:
                return 200, {
                    "api_keys": [
                        {
                            "id": 4711,
                            "name": "ci",
                            "created_at": TIME,
                            "created_by": {"id": "u", "name": "dev", "image": ""},
                        }
                    ]
                }  # type: ignore[dict-item]
            case ["projects"] if method == "POST":
                return 201, self._created(MAIN, "main") | {"project": self._project()}
            case ["projects"]:
                return 200, {"projects": [self._project()], "pagination": {"cursor": ""}}
            case ["projects", _]:
                return 200, {"project": self._project()}
            case ["projects", _, *rest]:
                return self._in_project(method, rest, body)
        return 404, {"code": "", "message": "not found", "request_id": "fake"}

    def _in_project(self, method: str, rest: list[str], body: Answer) -> tuple[int, Answer]:
        match rest:
            case ["branches"] if method == "POST":
                name = str((body.get("branch") or {}).get("name") or "dev")
                self._branches[BRANCH] = name
                return 201, self._created(BRANCH, name)
            case ["branches"]:
                return 200, {
                    "branches": [self._branch(key, name) for key, name in self._branches.items()],
                    "annotations": {},
                }
            case ["branches", key] if method == "DELETE":
                return 200, {"branch": self._branch(key, self._branches.get(key, "")), "operations": []}
            case ["branches", key]:
                return 200, {
                    "branch": self._branch(key, self._branches.get(key, "")),
                    "annotation": {"object": {}, "value": {}},
                }
            case ["branches", _, "endpoints"] | ["endpoints"]:
                return 200, {"endpoints": [self._endpoint()]}
            case ["branches", _, "databases"]:
                return 200, {"databases": [self._database()]}
            case ["branches", _, "roles"] if method == "POST":
                name = str((body.get("role") or {}).get("name"))
                return 201, {"role": self._role(name) | {"password": self.password}, "operations": []}
            case ["branches", _, "roles"]:
                return 200, {"roles": [self._role("neondb_owner")]}
            case ["branches", _, "roles", _, "reveal_password"]:
                return 200, {"password": self.password}
            case ["branches", _, "roles", name, "reset_password"]:
                return 200, {"role": self._role(name) | {"password": self.password}, "operations": []}
            case ["connection_uri"]:
                return 200, {"uri": self._uri()}
            case ["operations"]:
                return 200, {"operations": [], "pagination": {"cursor": ""}}
        return 404, {"code": "", "message": "not found", "request_id": "fake"}

    def _uri(self) -> str:
        return f"postgresql://neondb_owner:{self.password}@{HOST}/neondb?sslmode=require&channel_binding=require"

    def _created(self, key: str, name: str) -> Answer:
        parameters = {
            "database": "neondb",
            "password": self.password,
            "role": "neondb_owner",
            "host": HOST,
            "pooler_host": POOLER,
        }
        return {
            "branch": self._branch(key, name),
            "endpoints": [self._endpoint()],
            "operations": [],
            "roles": [self._role("neondb_owner") | {"password": self.password}],
            "databases": [self._database()],
            "connection_uris": [{"connection_uri": self._uri(), "connection_parameters": parameters}],
        }

    def _project(self) -> Answer:
        return {"id": PROJECT, "name": "shop", "region_id": "aws-us-east-2", "created_at": TIME, "updated_at": TIME, "pg_version": 17,
                "platform_id": "aws", "proxy_host": "us-east-2.aws.neon.tech", "branch_logical_size_limit": 512, "store_passwords": True,
                "owner_id": "fake-user", "creation_source": "neonctl", "provisioner": "k8s-neonvm", "history_retention_seconds": 86400}  # fmt: skip

    def _branch(self, key: str, name: str) -> Answer:
        return {"id": key, "project_id": PROJECT, "name": name, "current_state": "ready", "default": key == MAIN, "primary": key == MAIN,
                "protected": False, "created_at": TIME, "updated_at": TIME, "parent_id": None if key == MAIN else MAIN,
                "creation_source": "neonctl", "cpu_used_sec": 0, "logical_size": 1}  # fmt: skip

    def _endpoint(self) -> Answer:
        return {"id": ENDPOINT, "host": HOST, "type": "read_write", "branch_id": BRANCH, "project_id": PROJECT, "created_at": TIME,
                "region_id": "aws-us-east-2", "current_state": "active", "pooler_enabled": False, "pooler_mode": "transaction"}  # fmt: skip

    def _database(self) -> Answer:
        return {
            "id": 1,
            "branch_id": BRANCH,
            "name": "neondb",
            "owner_name": "neondb_owner",
            "created_at": TIME,
            "updated_at": TIME,
        }

    def _role(self, name: str) -> Answer:
        return {"branch_id": BRANCH, "name": name, "protected": False, "created_at": TIME, "updated_at": TIME}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                pass

            def _handle(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, body = 401, {"code": "", "message": "supplied credentials do not pass authentication"}
                if "bad" not in (self.headers.get("authorization") or "bad"):
                    status, body = api.answer(self.command, urlsplit(self.path).path, json.loads(raw or b"{}"))
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _handle

        return Handler
