"""Sessions written by hand and audited by the real pipeline, for tests of steps, runs, origin, spread and checks."""

from __future__ import annotations

import json
from pathlib import Path

from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.document import Check, Document, Incident, StepDict
from tests.trace.sources import jsonl
from tests.trace.test_sessions import OWN, TURN, Tape, header

KEY = b"k" * 32
HOST = "ep-fake-tree-a1b2c3d4.us-east-2.aws.neon.tech"
MAIN = "ep-fake-root-e5f6a7b8.us-east-2.aws.neon.tech"
BRANCH, PROJECT = "br-fake-tree-a1b2c3d4", "fake-river-12345678"
PASSWORD, OTHER, ROLE = "npg_FakeQ7wLmZ2x", "npg_FakeT4vRk9Yc", "kWq7FakeZt41vBn9"


def url(password: str = PASSWORD, host: str = HOST) -> str:
    """A connection URL with an invented password."""
    return f"postgresql://neondb_owner:{password}@{host}/neondb?sslmode=require"


URI = f"Connection string details:\nURI: {url()}\nProject ID: {PROJECT}\nDatabase: neondb\nBranch ID: {BRANCH}\n"
CREATED = (
    f"Branch created successfully.\nProject ID: {PROJECT}\nBranch ID: {BRANCH}\nBranch name: tags\n"
    "Parent branch: br-fake-root-e5f6a7b8"
)


def applied(*versions: str, secret: str = "", at: str = "") -> str:
    """What Atlas prints when it applies; `secret` stands in the migration `at`."""
    parts = [f"Migrating to version {versions[-1]} ({len(versions)} migrations in total):\n"]
    for version in versions:
        sql = f"CREATE ROLE reporting LOGIN PASSWORD '{secret}';" if version == at else "CREATE TABLE t (id int);"
        parts.append(f"\n  -- migrating version {version}\n    -> {sql}\n  -- ok (1.2ms)\n")
    return "".join(parts) + f"\n  -------------------------\n  -- 3ms\n  -- {len(versions)} migrations\n"


class Story(Tape):
    """A paginated session in one turn."""

    def __init__(
        self, session: str = OWN, policy: str = "on-request", sandbox: str = "workspace-write", **meta: object
    ) -> None:
        super().__init__(session, history_mode="paginated", originator="codex_exec", **meta)
        self.id = session
        self.event(type="task_started", turn_id=TURN)
        self.add("turn_context", {"turn_id": TURN, "approval_policy": policy, "sandbox_policy": {"type": sandbox}})

    def sh(self, call_id: str, cmd: str, text: str = "", code: int = 0) -> Story:
        self.call(call_id, cmd)
        self.done(call_id, cmd, text, code)
        self.output(call_id, header(code, text))
        self.asked()
        return self

    def mcp(self, call_id: str, tool: str, text: str = "", server: str = "neon", **arguments: object) -> Story:
        self.item(
            type="function_call",
            name=tool,
            namespace=f"mcp__{server}",
            arguments=json.dumps(arguments),
            call_id=call_id,
        )
        item = {
            "type": "McpToolCall", "id": call_id, "server": server, "tool": tool, "arguments": arguments,
            "status": "completed", "result": {"content": [{"type": "text", "text": text}]},
        }  # fmt: skip
        self.event(type="item_completed", thread_id=self.id, turn_id=TURN, item=item)
        self.output(call_id, f"Wall time: 0.1 seconds\nOutput:\n{text}")
        self.asked()
        return self

    def patch(self, call_id: str, path: str, *lines: str) -> Story:
        body = "\n".join(f"+{line}" for line in lines)
        text = f"*** Begin Patch\n*** Add File: {path}\n{body}\n*** End Patch\n"
        self.item(type="custom_tool_call", status="completed", call_id=call_id, name="apply_patch", input=text)
        self.item(
            type="custom_tool_call_output", call_id=call_id, output="Success. Updated the following files:\nA " + path
        )
        self.asked()
        return self

    def says(self, text: str, role: str = "assistant") -> Story:
        kind = "output_text" if role == "assistant" else "input_text"
        self.item(type="message", role=role, content=[{"type": kind, "text": text}])
        return self

    def asked(self) -> int:
        """The answer of one model request is booked."""
        return self.event(type="token_count", info={"last_token_usage": {"total_tokens": 1}})

    def file(self, folder: Path) -> Path:
        path = folder / f"rollout-2026-11-23T10-00-00-{self.id}.jsonl"
        path.write_bytes(jsonl(*self.records))
        return path


def told(folder: Path, *stories: Story, every: bool = True) -> Document:
    """Audit stories; `every`: trace them without finds too."""
    paths = [str(story.file(folder)) for story in stories]
    return audit(ScanRequest(paths=paths, key=KEY, every_session=every))


def incident(document: Document, step: str) -> Incident:
    """The only incident whose origin is in a call."""
    steps = {one["id"]: one for one in document["steps"]}
    found = [
        one for one in document["incidents"] if (steps.get(one["origin"]["step"]) or {"call_id": ""})["call_id"] == step
    ]
    assert len(found) == 1, [(one["kind"], one["origin"]["step"]) for one in document["incidents"]]
    return found[0]


def step(document: Document, name: str) -> StepDict:
    """A step by the end of its id."""
    return next(one for one in document["steps"] if one["id"].endswith(f"/{name}"))


def checks(document: Document) -> dict[str, str]:
    """Check id → status; a violated answer beats others of the same check."""
    rank = {"violated": 0, "followed": 1, "not-applicable": 2}
    found: dict[str, Check] = {}
    for check in sorted(document["checks"], key=lambda one: rank[one["status"]]):
        found.setdefault(check["id"], check)
    return {name: check["status"] for name, check in found.items()}


def spread(one: Incident) -> list[tuple[str, str, str]]:
    """Kind, call and detail of each entry."""
    return [(item["kind"], item["step"].partition("/")[2], item["detail"]) for item in one["spread"]]
