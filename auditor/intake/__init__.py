"""Where bytes come from: CODEX_HOME map, paths, stdin, git index, SQLite, compressed files."""

from auditor.intake.chunk import BLOCK, LINE_LIMIT, OVERLAP, Chunk
from auditor.intake.discover import discover
from auditor.intake.file import FileSource
from auditor.intake.settings import DEFAULTS, Settings
from auditor.intake.source import Source
from auditor.intake.stdin import StdinSource

__all__ = [
    "BLOCK", "DEFAULTS", "LINE_LIMIT", "OVERLAP",
    "Chunk", "FileSource", "Settings", "Source", "StdinSource", "discover",
]  # fmt: skip
