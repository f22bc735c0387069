"""What the text of a tool output says about its call: exit code, session that keeps running, state.

Six shapes are known (openai/codex, codex-rs/core/src/tools/{mod,context,parallel}.rs and code_mode/mod.rs):
(a) JSON `{"output","metadata":{"exit_code"}}`, (b) `Exit code: N` header, (c) unified exec header with
`Process exited with code N` or `Process running with session ID N`, (d) MCP `Wall time` header, (e) code mode
`Script completed`, (f) bare error texts. Under hooks any text can stand there, so a text without a known header is
reported as such (`known` false) and the trace decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from auditor import lazy
from auditor.formats.envelope import mapping, number, parse, text
from auditor.model import CallStatus

_HEADER_BYTES = 2048
_EXIT = lazy.compile(r"^(?:Exit code: |Process exited with code )(-?\d{1,10})", re.M)
_SANDBOX = lazy.compile(r"^failed in sandbox \S{1,60} with execution error: .{0,200}?exit code: (-?\d{1,10})", re.S)
_RUNNING = lazy.compile(r"^Process running with session ID (\d{1,10})", re.M)
_CELL = lazy.compile(r"^Script running with cell ID (\S{1,80})")
_HEADERS = (
    "Exit code: ",
    "Chunk ID: ",
    "Wall time: ",
    "Process ",
    "Command: ",
    "Total output lines: ",
    "Warning: trunc",
)
_DECLINED = lazy.compile(
    r"(?:rejected|declined|denied) by (?:user|the user|hook)|user (?:cancelled|rejected)"
    r"|(?:Command|Tool call|Prompt|Patch)[^\n]{0,60} blocked by [A-Za-z]{0,40} ?hook",
    re.I,
)
_HOOKED = lazy.compile(r"blocked by [A-Za-z]{0,40} ?hook", re.I)
_ERRORS = (
    "unsupported call: ",
    "unsupported custom tool call: ",
    "command timed out after ",
    "execution error: ",
    "failed to parse function arguments",
    "err: ",
)


class OutputFacts(NamedTuple):
    """What is known from an output text alone."""

    body: str
    """The text of the command itself, header removed."""
    exit_code: int | None = None
    running: str = ""
    """Session number of a process that goes on (`write_stdin` feeds it), else empty."""
    cell: str = ""
    """Cell id of a code-mode script that goes on, else empty."""
    status: CallStatus = ""
    denied_by_hook: bool = False
    """A PreToolUse hook kept the call from running (codex-rs/core/src/hook_runtime.rs; 0.169.0 observed)."""
    known: bool = False
    """False when the text has none of the headers Codex writes: replaced by a hook, an error, or an old MCP result."""


def facts(value: object) -> OutputFacts:
    """Return the facts of `function_call_output.output` in any of its forms: string, array of items, object."""
    if isinstance(value, list):
        return _text_facts("\n".join(content_texts(value)))
    if isinstance(value, dict):
        inner = value.get("content", value.get("output", ""))
        found = facts(inner) if isinstance(inner, str | list) else OutputFacts("")
        return found if value.get("success") is not False else _with_status(found, "failed")
    return _text_facts(value) if isinstance(value, str) else OutputFacts("")


def content_texts(content: list[Any]) -> list[str]:
    """Return the texts of an array of content items (`input_text`, `output_text`, `text`), in order."""
    return [one if isinstance(one, str) else text(one, "text") for one in content]


def result_text(result: Mapping[str, Any]) -> str:
    """Return the text of an MCP result: its content texts, then structuredContent where it says something else."""
    content = result.get("content")
    joined = "\n".join(content_texts(content)) if isinstance(content, list) else ""
    return joined or text(result, "Err", "message")


def _text_facts(raw: str) -> OutputFacts:
    if raw.startswith("{") and '"metadata"' in raw[-400:] + raw[:400]:
        old = _metadata_form(raw)
        if old:
            return old
    if raw.startswith("Script "):
        return _script_facts(raw)
    if raw.startswith(_HEADERS):
        return _header_facts(raw)
    sandboxed = _SANDBOX.match(raw)
    if sandboxed:
        return OutputFacts(raw, int(sandboxed[1]), status="failed", known=True)
    status: CallStatus = "declined" if _DECLINED.search(raw[:400]) else "failed" if raw.startswith(_ERRORS) else ""
    hooked = status == "declined" and _HOOKED.search(raw[:400]) is not None
    return OutputFacts(raw, status=status, denied_by_hook=hooked, known=bool(status))


def _metadata_form(raw: str) -> OutputFacts | None:
    value = parse(raw.encode("utf-8", "replace"))
    code = number(mapping(value, "metadata"), "exit_code")
    return None if code is None else OutputFacts(text(value, "output"), code, status=exit_status(code), known=True)


def _script_facts(raw: str) -> OutputFacts:
    cell = _CELL.match(raw)
    status: CallStatus = "running" if cell else "ok" if raw.startswith("Script completed") else "failed"
    return OutputFacts(_body(raw), cell=cell[1] if cell else "", status=status, known=True)


def _header_facts(raw: str) -> OutputFacts:
    body = _body(raw)
    head = raw[: min(len(raw) - len(body), _HEADER_BYTES)] or raw[:_HEADER_BYTES]
    code, running = _EXIT.search(head), _RUNNING.search(head)
    exit_code = int(code[1]) if code else None
    status: CallStatus = "running" if running else exit_status(exit_code)
    if body.startswith("aborted by user") or "\naborted by user" in head[:200]:
        status = "failed"
    return OutputFacts(body, exit_code, running[1] if running else "", status=status, known=True)


def _body(raw: str) -> str:
    at = raw.find("Output:", 0, _HEADER_BYTES)
    return raw[at + 7 :].removeprefix("\n") if at >= 0 else raw


def exit_status(exit_code: int | None) -> CallStatus:
    """Return `ok`, `failed`, or empty when there is no exit code."""
    return "" if exit_code is None else "ok" if exit_code == 0 else "failed"


def _with_status(found: OutputFacts, status: CallStatus) -> OutputFacts:
    return found._replace(status=status)
