"""The dialects there are, and which one speaks from a source's first bytes.

Order is precedence where two are equally sure. A new dialect is one module and one line here.
"""

from __future__ import annotations

from auditor.formats.app_server import AppServer
from auditor.formats.bridges import Bridge
from auditor.formats.codex_config import CodexConfig
from auditor.formats.codex_exec import CodexExec
from auditor.formats.codex_g0 import CodexG0
from auditor.formats.codex_g1 import CodexG1
from auditor.formats.codex_history import History
from auditor.formats.codex_login import CodexLogin
from auditor.formats.codex_rollout import CodexRollout
from auditor.formats.dialect import Dialect
from auditor.formats.hook_payload import HookPayload
from auditor.formats.jsonrpc import JsonRpc
from auditor.formats.mcp_host_log import McpHostLog
from auditor.formats.plain import Plain
from auditor.formats.session_index import SessionIndex
from auditor.formats.shell_snapshot import ShellSnapshot
from auditor.formats.sqlite_cells import SqliteCells
from auditor.formats.tui_log import TuiLog
from auditor.formats.tui_recording import TuiRecording

HEAD_BYTES = 65536
"""How much of a source's start `detect` looks at; more is ignored."""

SURE = 0.95
"""No dialect after one that is so sure is asked."""

_ALL: tuple[Dialect, ...] = (
    SqliteCells(),
    CodexRollout(),
    CodexExec(),
    CodexG0(),
    CodexG1(),
    History(),
    SessionIndex(),
    TuiRecording(),
    HookPayload(),
    AppServer(),
    McpHostLog(),
    Bridge(),
    JsonRpc(),
    TuiLog(),
    ShellSnapshot(),
    CodexConfig(),
    CodexLogin(),
    Plain(),
)

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in _ALL}


def detect(head: bytes, name: str) -> Dialect:
    """Return the dialect of a source from its first bytes; `name` (path) only breaks ties. Never raises."""
    start = head[:HEAD_BYTES]
    best, most = _ALL[-1], 0.0
    for dialect in _ALL:
        likely = dialect.recognises(start, name)
        if likely > most:
            best, most = dialect, likely
        if most >= SURE:
            break
    return best
