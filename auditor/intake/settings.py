"""How to read: limits that keep hostile input from costing more than it should, and the digest to take."""

from __future__ import annotations

from typing import NamedTuple

from auditor.intake.digest import Algorithm


class Settings(NamedTuple):
    """The defaults fit every real session seen; a file beyond them is a gap, never a silent cut."""

    digest: Algorithm = "blake3"
    expanded_bytes: int = 16 << 30
    """A compressed file is read up to this much text."""
    ratio: int = 400
    """… and up to this many bytes of text per stored byte, once the text is longer than `ratio_from`."""
    ratio_from: int = 64 << 20
    window_bytes: int = 64 << 20
    """Largest zstd window; the format allows 2 GiB, which would be memory of ours."""
    layers: int = 3
    """Compression within compression."""
    replay_bytes: int = 64 << 20
    """Standard input up to this size can be read a second time (it is kept in memory, never on disk)."""
    busy_milliseconds: int = 5_000
    """How long to wait for a database another program is writing."""


DEFAULTS = Settings()
