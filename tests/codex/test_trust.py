"""Codex's hash of a hook. The expected value was seen in the wild, printed by the client itself for this hook."""

from __future__ import annotations

from auditor.codex import trust


def test_digest_is_the_one_codex_makes() -> None:
    handler = {"type": "command", "command": "'/Applications/GWT.app/Contents/MacOS/gwtd' hook event PostToolUse"}
    expected = "sha256:9c3ce103f03f0b27a28bc4a30883f7e98a80b5df566b4572fcbb2955ebf5ba62"
    assert trust.digest("PostToolUse", "*", handler) == expected


def test_standing() -> None:
    name = trust.key("/h/hooks.json", "PreToolUse", 0, 1)
    assert name == "/h/hooks.json:pre_tool_use:0:1"
    assert trust.standing({}, name, "x") == "untrusted"
    assert trust.standing({name: {"trusted_hash": "x"}}, name, "x") == "trusted"
    assert trust.standing({name: {"trusted_hash": "y"}}, name, "x") == "changed"
    assert trust.standing({name: {"trusted_hash": "x", "enabled": False}}, name, "x") == "disabled"
