"""The first bytes and the side files of SQLite (SQLite documentation, "Database File Format" 1.3 and "WAL-mode File
Format")."""

from __future__ import annotations

DATABASE = b"SQLite format 3\x00"
MERGED = ("-wal", "-shm")
"""Side files read together with the database. A `-journal` holds old pages and is read on its own."""
