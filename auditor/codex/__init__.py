"""Codex hooks: events, guard, install, doctor."""
