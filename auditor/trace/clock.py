"""When things began, as ids and stamps tell it; and the mark by which a prompt is found again elsewhere."""

from __future__ import annotations

import re
from hashlib import blake2b

from auditor import lazy

_UUID7 = lazy.compile(r"^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-")


def born(uuid: str) -> int | None:
    """Unix milliseconds of a UUIDv7 (RFC 9562, 5.7), None for any other id."""
    match = _UUID7.match(uuid)
    return int(match[1] + match[2], 16) if match else None


def seconds(timestamp: str) -> float:
    """Seconds within the day-and-hour-resolved time, enough to compare two times of one burst."""
    match = re.match(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d(?:\.\d{1,9})?)", timestamp)
    if not match:
        return 0.0
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    days = year * 372 + month * 31 + day
    return days * 86400 + hour * 3600 + minute * 60 + float(match[6])


def prompt_digest(prompt: str) -> int:
    """A prompt's hash, the same in every process."""
    return int.from_bytes(blake2b(prompt.strip().encode("utf-8", "replace"), digest_size=8).digest())
