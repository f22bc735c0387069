"""What to audit and how: the values a scan is made from. Nothing here touches a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from auditor.audit.examine import Label
from auditor.compliance.enrich import NOTHING_DECLARED
from auditor.compliance.settings import Settings
from auditor.model import Confidence, Gap
from auditor.secret import Secret

if TYPE_CHECKING:
    from auditor.evidence.suppressions import Acceptance


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """One audit. Empty `paths` means the whole CODEX_HOME."""

    paths: Sequence[str] = ()
    codex_home: Path | None = None
    rules: Sequence[Path] = ()
    """User rule packs beside the shipped ones."""
    key: bytes = field(default=b"", repr=False)
    """Fingerprint key, 32 bytes."""
    jobs: int = 1
    confidence: Confidence = "medium"
    since: datetime | None = None
    until: datetime | None = None
    session: str = ""
    every_session: bool = False
    """Trace sessions without finds too: their steps and checks are wanted."""
    digest: Literal["blake3", "sha256"] = "blake3"
    declarations: Settings = NOTHING_DECLARED
    """What the operator declares: environments, regulated scope, frameworks, rotations."""
    exceptions: Sequence[Acceptance] = ()
    """Suppressions and baseline entries."""
    label: Label | None = None
    """See `auditor.audit.examine.Label`; what it says reaches `observe` of `audit`, nothing else."""
    detect_secrets: bool = False
    """Ask detect-secrets' plugins too; see `auditor.detect.secrets_bridge`."""
    configuration: Mapping[str, Path] = field(default_factory=dict)
    """Option → file the operator named; their digests go into `run.custody`."""
    title: str = ""
    scope: str = ""
    generated: str = ""
    """RFC 3339 time for `run.generated`; everything else is content."""
    gaps: Sequence[Gap] = ()
    """Gaps known before: hooks that failed."""
    arguments: Sequence[str] = ()

    @property
    def key_id(self) -> str:
        """A public name of the fingerprint key: reports with equal ids can be compared."""
        return Secret(b"key-id").fingerprint(self.key)[:8]

    def wants(self, timestamp: str) -> bool:
        """Tell whether an event time is inside the asked period; unknown times are."""
        moment = parse_time(timestamp)
        if moment is None:
            return True
        return not ((self.since and moment < self.since) or (self.until and moment > self.until))


def parse_time(text: str) -> datetime | None:
    """Return an aware datetime of an ISO 8601 / RFC 3339 text, or None when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.astimezone()
