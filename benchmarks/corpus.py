"""Generates Codex rollouts that look like real ones in size and shape, with a few planted credentials.

Line sizes follow measured sessions (median about 1.6 kB, 99 % under 20 kB, longest about 0.5 MB); text is code, prose,
command output and opaque base64, full of words such as `token`, `password` and `secret` in harmless places.
Deterministic for a seed. All credentials are invented.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path

_PROSE = (
    "The migration adds a tags column to posts. Run the linter before the apply step.",
    "Postgres keeps the old row versions until vacuum, so the table grows while the backfill runs.",
    "I will add an index and check the plan; the key of the join is the author's id.",
)
_LOADED = (
    "The access token is read from the environment; never print the password. Each secret belongs in the vault.",
    "    if not secret_name.startswith('db-'): raise KeyError(secret_name)",
    "    authorization = headers.get('Authorization', '')",
    "API key rotation is due in March. See https://www.postgresql.org/docs/17/ddl.html for details.",
)
LOADED_SHARE = 1 / 100
"""Share of lines with words that credentials stand beside: ten times that of public sessions."""
_CODE = (
    "    token_count = usage.get('total_tokens', 0)",
    "export const DATABASE_URL = requireEnv('DATABASE_URL');",
    "SELECT id, title, created_at FROM posts WHERE author_id = $1 ORDER BY created_at DESC LIMIT 20;",
    "ALTER TABLE posts ADD COLUMN tags text[] NOT NULL DEFAULT '{}';",
    "    -> CREATE INDEX posts_tags_idx ON posts USING gin (tags);",
    "src/components/Button.tsx:41:  <Button onClick={() => setOpen(true)} />",
    "npm warn deprecated inflight@1.0.6: This module is not supported, and leaks memory.",
    "-- migrating version 20260811120322",
)
_NEAR = (
    "def connect(url: str, *, password: str | None = None) -> Connection:",
    "const client = new Client({ host, user, password: process.env.PGPASSWORD });",
    "DATABASE_URL=postgres://user:password@localhost:5432/app",
    'curl -H "Authorization: Bearer $TOKEN" https://api.example.com/v1/items',
    "PGPASSWORD=${PGPASSWORD:?} psql -h localhost",
)
NEAR_SHARE = 1 / 5_000
"""Share of lines that look like a credential and are none: about three in a megabyte, as in real public sessions."""
PLANTS = (
    "postgresql://shop_app:npg_Fake{n:08d}Ab@ep-fake-{n:06d}-a1b2c3d4.us-east-2.aws.neon.tech/shop?sslmode=require",
    "Authorization: Bearer Fake{n:08d}tokenQ7w8e9r0t1y2u3i4o5p6",
    "NEON_API_KEY=napi_fake{n:08d}k3j4h5g6f7d8s9a0q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6",
)


class Generator:
    """Writes rollouts of about `size` bytes; one credential per `every` bytes, none for 0."""

    def __init__(self, seed: int = 7, every: int = 5_000_000) -> None:
        self._random = random.Random(seed)
        self._every = every
        self._since = 0
        self._pool = [self._text(size) for size in (300, 700, 1_200, 2_500, 6_000) for _ in range(200)]
        self.planted: list[str] = []

    def _text(self, size: int) -> str:
        lines: list[str] = []
        length = 0
        while length < size:
            line = self._random.choice(self._kind(self._random.random()))
            line = f"{line} {self._random.getrandbits(40):010x}"
            lines.append(line)
            length += len(line)
        return "\n".join(lines)

    @staticmethod
    def _kind(chance: float) -> tuple[str, ...]:
        if chance < NEAR_SHARE:
            return _NEAR
        if chance < NEAR_SHARE + LOADED_SHARE:
            return _LOADED
        return _CODE if chance < 0.75 else _PROSE

    def lines(self, size: int) -> Iterator[bytes]:
        """Yield whole rollout lines, about `size` bytes in all."""
        session = f"0198a1b2-c3d4-7e5f-8a9b-{self._random.getrandbits(48):012x}"
        meta = {"id": session, "cwd": "/home/dev/shop", "cli_version": "0.169.0", "originator": "codex_exec"}
        done = 0
        for number, payload in enumerate(self._payloads(meta)):
            line = self._line(number, payload)
            done += len(line)
            yield line
            if done >= size:
                return

    def _line(self, number: int, payload: tuple[str, dict[str, object]]) -> bytes:
        kind, body = payload
        minute, second = divmod(number % 3600, 60)
        stamp = f"2026-11-20T10:{minute:02d}:{second:02d}.000Z"
        record = {"timestamp": stamp, "ordinal": number, "type": kind, "payload": body}
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def _payloads(self, meta: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
        yield "session_meta", meta
        turn = 0
        while True:
            turn += 1
            call = f"call_{self._random.getrandbits(64):016x}"
            yield "response_item", {"type": "reasoning", "summary": [], "encrypted_content": self._pick_opaque()}
            arguments = json.dumps({"cmd": f"sed -n '1,200p' src/file_{turn}.py", "workdir": "/home/dev/shop"})
            body = {"type": "function_call", "name": "exec_command", "arguments": arguments, "call_id": call}
            yield "response_item", body
            output = self._output()
            yield "response_item", {"type": "function_call_output", "call_id": call, "output": output}
            yield "event_msg", {"type": "token_count", "info": {"total_token_usage": {"input_tokens": turn * 900}}}
            if turn % 5 == 0:
                text = self._random.choice(self._pool)
                content = [{"type": "output_text", "text": text}]
                yield "response_item", {"type": "message", "role": "assistant", "content": content}

    def _pick_opaque(self) -> str:
        return base64.b64encode(self._random.randbytes(self._random.choice((900, 1_800, 4_000)))).decode()

    def _output(self) -> str:
        body = self._random.choice(self._pool)
        if self._random.random() < 0.01:
            body = "\n".join(self._random.choice(self._pool) for _ in range(self._random.randint(10, 200)))
        self._since += len(body) + 2_500
        if self._every and self._since > self._every:
            self._since = 0
            body += "\n" + self._plant() + "\n"
        head = "Chunk ID: 51d89f\nWall time: 0.0123 seconds\nProcess exited with code 0\nOutput:\n"
        return head + body

    def _plant(self) -> str:
        text = self._random.choice(PLANTS).format(n=len(self.planted) + 1)
        self.planted.append(text)
        return text


def write(folder: Path, *, total: int, files: int, every: int = 5_000_000, seed: int = 7) -> Generator:
    """Write `files` rollouts of `total` bytes together below `folder`; return the generator with what it planted."""
    generator = Generator(seed, every)
    for number in range(files):
        path = folder / f"sessions/2026/11/{number % 28 + 1:02d}/rollout-2026-11-20T10-00-00-{number:06d}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(generator.lines(total // files))
    return generator
