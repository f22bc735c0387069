"""Reads a file to be rewritten: what could not be read must not be lost, so it is no end but a refusal."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.errors import Refused
from auditor.intake import Chunk, FileSource
from auditor.intake.text import TORN_LINE


def chunks(source: FileSource) -> Iterator[Chunk]:
    """Yield all chunks of a source.

    Raises:
        Refused: at the end, when not every byte was read (a failing disk, damaged compression, a file that changed).
    """
    yield from source.chunks()
    missing = [gap for gap in source.gaps if gap.detail != TORN_LINE]
    if missing:
        raise Refused(
            f"{source.path}: not read to its end ({missing[0].detail})", "Look at what auditor scan says of it."
        )
