"""Real programs for tests and fixtures: the Codex CLI on a scripted model, PostgreSQL, npm and Go tools, stand-ins.

Nothing here reaches the network except `installs`, and that only when it is run as a program.
"""
