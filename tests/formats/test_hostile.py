# ruff: noqa: E501
"""Work stays linear whatever the bytes: a megabyte of each nuisance, which a quadratic pattern would not survive."""

from __future__ import annotations

import pytest

from auditor.formats import pointer
from auditor.formats.messages import spoken
from auditor.formats.outputs import facts
from auditor.formats.registry import DIALECTS, detect
from auditor.formats.toolcalls import custom, function
from auditor.model import Event

SIZE = 1 << 20
PIECES = [
    b" ", b"\n", b"\t", b"{", b"[", b'"', b"\\", b"'", b")", b"(", b"a", b"\x00", b"\xff", b"{ ", b"{\n", b'{"', b"} ",
    b'"type" : ', b'{"type":', b"[a] ", b"2026-11-20T10:00:00.000Z ", b"[2026-11-20T10:00:00.000Z][1] ", b"</command><result>",
    b"<command>", b"*** Add File: ", b"; ", b"root=JSONRPCRequest(", b"  name: '", b"-> ", b"data: ", b"export A=1\n",
    b"Handler called: call_tool x with {", b"Message from client: {", b" { metadata:", b"\x1b[0m", b"ToolCall: x ",
]  # fmt: skip


def _blobs(piece: bytes) -> list[bytes]:
    body = piece * (SIZE // len(piece))
    return [
        body,
        b"[supergateway] Response: " + body,
        b"[2026-11-23T16:01:52.982Z][776] Local \xe2\x86\x92 Remote message " + body,
        b"                    DEBUG    Handler called: call_tool x with {" + body,
        b"2026-11-20T10:00:00.000Z [neon] [info] Message from client: {" + body,
        b'{"timestamp":"t","type":"response_item","payload":' + body,
        b'{"type":"item.completed","item":' + body,
    ]


@pytest.mark.parametrize("piece", PIECES, ids=range(len(PIECES)))
def test_dialects(piece: bytes) -> None:
    for blob in _blobs(piece):
        detect(blob, "x")
        for dialect in DIALECTS.values():
            assert list(dialect.events(blob))
            dialect.continues(blob)


@pytest.mark.parametrize("piece", PIECES, ids=range(len(PIECES)))
def test_texts_inside_records(piece: bytes) -> None:
    text = (piece * (SIZE // len(piece))).decode("utf-8", "replace")
    spoken("user", f"<user_shell_command><command>{text}", Event("other"))
    for said in (text, f"Exit code: {text}", f"Chunk ID: {text}", f"Script {text}", '{"metadata":' + text):
        facts(said)
    custom("apply_patch", "", f"*** Begin Patch\n{text}")
    function("shell", "", '{"command":' + text)
    function("exec_command", "", "")
    custom("exec", "", text)
    assert isinstance(pointer.locate(b'{"a":' + piece * (SIZE // len(piece)), SIZE // 2, SIZE // 2 + 3), str)
