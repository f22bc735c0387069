"""Sessions, turns, calls, shell commands, migration steps, runs, origin and spread."""
