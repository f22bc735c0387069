"""Patches in the form Codex's `apply_patch` takes: which files a patch touches, and patches inside shell scripts.

Grammar: openai/codex, codex-rs/apply-patch/src/parser.rs (`*** Begin Patch`, `*** Add File:`, `*** Update File:`,
`*** Delete File:`, `*** Move to:`). Read leniently: a torn patch still names the files it got to.
"""

from __future__ import annotations

import re

from auditor import lazy

_FILE = lazy.compile(r"^\*\*\* (Add|Update|Delete) File: ([^\n]{1,4096})$", re.M)
_MOVE = lazy.compile(r"^\*\*\* Move to: ([^\n]{1,4096})$", re.M)
_CALL = lazy.compile(r"(?:^|[\s;&|(])(?:apply_patch|applypatch|git apply)\b")
_BEGIN = "*** Begin Patch"
_END = "*** End Patch"
_KINDS = {"Add": "add", "Update": "update", "Delete": "delete"}


def changes(patch: str) -> dict[str, str]:
    """Return path → `add`, `update` or `delete`; the target of a move is an `add`."""
    if "*** " not in patch:
        return {}
    found = {match[2].strip(): _KINDS[match[1]] for match in _FILE.finditer(patch)}
    return found | {match[1].strip(): "add" for match in _MOVE.finditer(patch)}


def in_script(script: str) -> str:
    """Return the patch text that a shell script feeds to `apply_patch`, or the empty string.

    Anything else the script does is given up: Codex itself only intercepts scripts that are one `cd` and the patch
    (codex-rs/apply-patch/src/invocation.rs), so a script of several commands with a patch inside stays a script.
    """
    start = script.find(_BEGIN)
    if start < 0 or not (call := _CALL.search(script, 0, start)):
        return ""
    before = script[: call.start()].strip().rstrip("&; \n")
    if before and not re.fullmatch(r"cd\s+\S{1,4096}(?:\s*&&)?", before):
        return ""
    end = script.find(_END, start)
    return script[start:] if end < 0 else script[start : end + len(_END)]
