"""What Codex trusts: its hash of a hook, and what a configuration says about it.

Codex runs a hook of the user or of a project only after somebody reviewed it; the review is kept as a hash over event,
matcher and handler, serialised as JSON with sorted keys (openai/codex, codex-rs/hooks/src/engine/discovery.rs and
codex-rs/config/src/fingerprint.rs). A changed handler or a moved group is skipped in silence, so `doctor` looks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

Standing = Literal["trusted", "changed", "untrusted", "disabled"]

_DEFAULT_TIMEOUT = 600
_WITHOUT_MATCHER = frozenset({"user_prompt_submit", "stop"})


def snake(event: str) -> str:
    """Return an event's name as trust keys spell it: `PreToolUse` → `pre_tool_use`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in event).lstrip("_")


def key(source: str, event: str, group: int, handler: int) -> str:
    """Return the name of a hook's entry in `[hooks.state]`."""
    return f"{source}:{snake(event)}:{group}:{handler}"


def digest(event: str, matcher: str | None, handler: Mapping[str, Any]) -> str:
    """Return Codex's hash of a command hook: `sha256:<hex>`."""
    normal: dict[str, Any] = {
        "type": "command",
        "command": handler.get("command", ""),
        "timeout": max(1, int(handler.get("timeout", _DEFAULT_TIMEOUT))),
        "async": bool(handler.get("async", False)),
    }
    if handler.get("statusMessage") is not None:
        normal["statusMessage"] = handler["statusMessage"]
    identity: dict[str, Any] = {"event_name": snake(event), "hooks": [normal]}
    if matcher is not None and snake(event) not in _WITHOUT_MATCHER:
        identity["matcher"] = matcher
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def standing(state: Mapping[str, Any], name: str, expected: str) -> Standing:
    """Return what `[hooks.state]` says of one hook."""
    entry = state.get(name)
    if not isinstance(entry, dict):
        return "untrusted"
    if entry.get("enabled") is False:
        return "disabled"
    trusted = entry.get("trusted_hash")
    return "untrusted" if trusted is None else "trusted" if trusted == expected else "changed"
