"""A quick "there is nothing in it": the prefilter's compiled database alone, without the rest of the detector.

Loading the detector costs a tenth of a second and more; most texts hold nothing that looks like a credential, and the
compiled database can say so by itself. Whatever is unclear (no cache, another version) is "not clean": then the
detector is asked. The prefilter never loses a match (see tests/detect/test_prefilter.py), so neither does this.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hyperscan


def clean(data: bytes) -> bool:
    """Tell whether nothing in the bytes can be a credential; False when that is not known."""
    if not data:
        return True
    database = _database()
    if database is None:
        return False
    hits: list[int] = []

    def note(*_event: object) -> bool:
        hits.append(1)
        return True  # one is enough

    database.scan(data, match_event_handler=note)
    return not hits


@cache
def _database() -> hyperscan.Database | None:
    return None


def remember() -> None:
    """Keep the compiled database where the next hook finds it."""
