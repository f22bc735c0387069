"""Stream filter, in-place overwriting, SQLite cleaning, MCP proxy, verification."""
