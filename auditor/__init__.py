"""Audit of what Codex CLI and MCP servers leave on disk: leaked credentials, the step that leaked them, evidence."""

__version__ = "0.1.0"
