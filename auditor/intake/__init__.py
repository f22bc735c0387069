"""Where bytes come from: CODEX_HOME map, paths, stdin, git index, SQLite, compressed files."""
