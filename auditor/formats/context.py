"""Settings of the moment: model, approval policy, sandbox, folder, as every dialect spells them.

Source: openai/codex, codex-rs/protocol/src/protocol.rs (TurnContextItem, AskForApproval, SandboxPolicy); until
2025-11-13 the sandbox's discriminator key was `mode`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.formats.envelope import mapping, text

_KEBAB = {
    "dangerFullAccess": "danger-full-access",
    "readOnly": "read-only",
    "workspaceWrite": "workspace-write",
    "externalSandbox": "external-sandbox",
    "onRequest": "on-request",
    "onFailure": "on-failure",
    "unlessTrusted": "untrusted",
}
_PROFILE_SANDBOX = {"disabled": "danger-full-access", "external": "external-sandbox"}


def settings(source: Mapping[str, Any]) -> dict[str, object]:
    """Return what is set: `model`, `approval_policy`, `sandbox`, `network`, `cwd`, `effort`, `profile`; none empty."""
    policy = source.get("sandbox_policy", source.get("sandboxPolicy", source.get("sandbox")))
    found: dict[str, object] = {
        "model": text(source, "model"),
        "model_provider": text(source, "model_provider_id", "model_provider", "modelProvider"),
        "approval_policy": approval(source.get("approval_policy", source.get("approvalPolicy"))),
        "sandbox": sandbox(policy) or _PROFILE_SANDBOX.get(_profile(source), ""),
        "cwd": text(source, "cwd").removeprefix("file://"),
        "effort": text(source, "effort", "reasoning_effort", "reasoningEffort"),
        "profile": _profile(source),
        "reviewer": text(source, "approvals_reviewer", "approvalsReviewer"),
    }
    network = mapping(policy).get("network_access", mapping(policy).get("networkAccess"))
    if isinstance(network, bool):
        found["network"] = network
    return {key: value for key, value in found.items() if value not in ("", None)}


def approval(value: object) -> str:
    """Return an approval policy as one word; a granular policy is `granular`."""
    if isinstance(value, str):
        return _KEBAB.get(value, value)
    return str(next(iter(value))) if isinstance(value, dict) and value else ""


def sandbox(value: object) -> str:
    """Return a sandbox policy as one word (`workspace-write` …)."""
    word = value if isinstance(value, str) else text(value, "type", "mode")
    return _KEBAB.get(word, word)


def _profile(source: Mapping[str, Any]) -> str:
    return text(mapping(source, "permission_profile", "permissionProfile"), "type")
