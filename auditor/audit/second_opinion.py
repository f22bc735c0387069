"""What a report says of detect-secrets when it was asked too; see `auditor.detect.secrets_bridge`."""

from __future__ import annotations

from auditor.detect import secrets_bridge
from auditor.detect.secrets_bridge import PluginRule
from auditor.document import Document, RuleDict


def titles() -> dict[str, str]:
    """Return the titles of its plugins by rule id."""
    return {rule.id: rule.title for rule in secrets_bridge.RULES}


def add(document: Document) -> None:
    """Name detect-secrets among the packs, and its plugins among the rules."""
    pack = {"id": secrets_bridge.PACK, "version": secrets_bridge.version(), "digest": secrets_bridge.digest()}
    document["rule_packs"].append({**pack, "rules": len(secrets_bridge.RULES)})  # type: ignore[typeddict-item]
    document["rules"] += [_plugin(rule) for rule in secrets_bridge.RULES]


def _plugin(rule: PluginRule) -> RuleDict:
    return {
        "id": rule.id,
        "pack": secrets_bridge.PACK,
        "title": rule.title,
        "kind": rule.kind,
        "description": f"detect-secrets' plugin {rule.plugin}, without its filters and verification.",
        "severity": "medium",
        "confidence": rule.confidence,
        "static": True,
        "privileged": False,
        "cwe": [532],
        "playbook": "",
    }
