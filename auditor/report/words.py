"""How the closed lists of the document read to people. Words that would decide compliance are not among them."""

from __future__ import annotations

from collections.abc import Mapping

SEVERITIES = ("critical", "high", "medium", "low", "info")
"""Worst first."""

CAUSES: Mapping[str, str] = {
    "tool-output": "printed by a command",
    "tool-result": "returned by a tool",
    "command-literal": "written on a command line",
    "tool-argument": "sent to a tool",
    "prompt": "typed into a prompt",
    "assistant-text": "written by the model",
    "file-change": "in a change of a file",
    "environment": "read from the environment",
    "configuration": "read from configuration",
    "copied-history": "copied from an earlier session",
    "unknown": "cause unknown",
}
SPREAD: Mapping[str, str] = {
    "command": "used in a command",
    "mcp-argument": "sent to an MCP server",
    "file": "written to a file",
    "commit": "committed",
    "message": "repeated in a message",
    "prompt": "repeated in a prompt",
    "sub-agent": "handed to a sub-agent",
    "session": "carried into another session",
    "output": "printed again",
}
GAPS: Mapping[str, str] = {
    "excluded-by-config": "excluded by configuration",
    "ignored-file": "ignored file",
    "binary": "binary content",
    "too-large": "larger than the limit",
    "unreadable": "could not be read",
    "permission": "permission denied",
    "vanished": "not there",
    "changed-during-scan": "changed during the scan",
    "decode-depth-limit": "nested deeper than the decode limit",
    "expansion-limit": "expands beyond the limit",
    "time-limit": "took longer than the limit",
    "unsupported-compression": "compression not supported",
    "truncated-tail": "last line cut off",
    "unknown-format": "unknown format",
    "not-a-file": "not a regular file",
    "symlink-loop": "symbolic link loop",
    "nothing-to-scan": "nothing to scan",
    "worker-failed": "a worker failed",
    "hook-failed": "a hook failed",
    "missing-session": "session named but not found",
}
CONTROL_STATUS: Mapping[str, str] = {
    "indicator-found": "indicator found",
    "no-indicator-in-scope": "no indicator found in scope",
    "evidence": "evidence of operation",
    "assessment-required": "assessment required",
}
FRAMEWORKS: Mapping[str, str] = {
    "soc2": "SOC 2",
    "iso27001": "ISO/IEC 27001",
    "pci-dss": "PCI DSS",
    "nist-800-53": "NIST SP 800-53",
    "nist-csf": "NIST CSF",
    "cis": "CIS Controls",
    "hipaa": "HIPAA Security Rule",
    "gdpr": "GDPR",
    "nis2": "NIS2",
    "dora": "DORA",
    "cwe": "CWE",
    "owasp-llm": "OWASP LLM Top 10",
    "owasp-mcp": "OWASP MCP Top 10",
    "owasp-nhi": "OWASP NHI Top 10",
    "owasp-agentic": "OWASP Agentic Top 10",
    "owasp-asvs": "OWASP ASVS",
    "attack": "MITRE ATT&CK",
    "agent-migration": "Agent migration workflow",
}


def framework(name: str) -> str:
    """Return the name people know a framework by."""
    return FRAMEWORKS.get(name, name)


def count(number: int, singular: str, plural: str = "") -> str:
    """Return `1 file`, `2 files`, `12,000 records`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def size(octets: int) -> str:
    """Return a size in decimal units (`4.2 MB`), exact below 1000 bytes."""
    if octets < 1000:
        return count(octets, "byte")
    amount, unit, units = octets / 1000, "kB", ["MB", "GB", "TB"]
    while amount >= 999.95 and units:
        amount, unit = amount / 1000, units.pop(0)
    return f"{amount:.1f} {unit}"


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units: `3 d 4 h`, `12 min 5 s`, `0 s`."""
    left, shown = int(seconds), []
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        number, left = divmod(left, length)
        if number:
            shown.append(f"{number} {unit}")
    return " ".join(shown[:2]) or "0 s"


def joined(items: list[str], limit: int = 0) -> str:
    """Return `a, b and c`, or `a, b and 4 more` beyond `limit`."""
    if limit and len(items) > limit:
        return f"{', '.join(items[:limit])} and {len(items) - limit} more"
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
