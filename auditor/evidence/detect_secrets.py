"""detect-secrets baselines, both ways: accept what an old one knows, and write one for tools that read them.

They name a secret by its plain SHA-1, which can be guessed. So it is recomputed in memory, in the process that found
the secret, and leaves it only as a yes or no; an export, which has to hold it, is made only when asked for by name.
Format: Yelp/detect-secrets 1.5.0, detect_secrets/core/baseline.py and potential_secret.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from auditor import lazy
from auditor.document import Document
from auditor.errors import UsageProblem
from auditor.evidence.baseline import Baseline, create
from auditor.model import Found
from auditor.secret import Secret

LABEL = "detect-secrets"
_SHA1 = lazy.compile(r"[0-9a-f]{40}")
_TYPES: Mapping[str, str] = {
    "jwt": "JSON Web Token",
    "private-key": "Private Key",
    "aws-access-key": "AWS Access Key",
    "github-token": "GitHub Token",
    "gitlab-token": "GitLab Token",
    "slack-token": "Slack Token",
    "stripe-key": "Stripe Access Key",
    "npm-token": "NPM tokens",
    "openai-key": "OpenAI Token",
    "postgres-url": "Basic Auth Credentials",
    "database-url": "Basic Auth Credentials",
    "basic-auth": "Basic Auth Credentials",
}
"""Their `secret_type` for our kinds; everything else is what their keyword plugin would say."""
_OTHER = "Secret Keyword"
WARNING = "The file holds plain SHA-1 hashes of credentials: short passwords can be guessed from it. Rotate first."


@dataclass(frozen=True, slots=True)
class Known:
    """A label for secrets that a detect-secrets baseline knows. For `ScanRequest.label`; it crosses processes."""

    hashes: frozenset[str]

    def __call__(self, secret: Secret) -> tuple[str, ...]:
        """Return the label if the SHA-1 of the value, as such or percent-encoded as in a URL, is known."""
        return (LABEL,) if any(one in self.hashes for one in _hashes(secret)) else ()


def hashed(secret: Secret) -> tuple[str, ...]:
    """Return plain SHA-1 as labels, for an export that was asked for by name. Never put them anywhere else.

    Two where the value is written percent-encoded in a URL: theirs hashes what stands there.
    """
    return tuple(dict.fromkeys(_hashes(secret)))


def read(path: Path) -> Known:
    """Return what a `.secrets.baseline` knows; entries audited as no secret (`is_secret: false`) count too.

    Raises:
        UsageProblem: unreadable, or no detect-secrets baseline.
    """
    try:
        value = orjson.loads(path.read_bytes())
    except OSError as problem:
        raise UsageProblem(f"{path}: {problem.strerror or 'cannot be read'}") from None
    except orjson.JSONDecodeError:
        raise UsageProblem(f"{path}: not JSON") from None
    results = value.get("results") if isinstance(value, dict) else None
    if not isinstance(results, dict) or not isinstance(value.get("plugins_used", []), list):
        raise UsageProblem(f"{path}: not a detect-secrets baseline")
    rows = [row for listed in results.values() if isinstance(listed, list) for row in listed if isinstance(row, dict)]
    hashes = {str(row.get("hashed_secret", "")) for row in rows}
    return Known(frozenset(one for one in hashes if _SHA1.fullmatch(one)))


def imported(document: Document, known: Iterable[str], name: str, owner: str = "") -> Baseline:
    """Return a baseline of ours of the incidents whose fingerprints were labelled."""
    labelled = set(known)
    every = create(document, reason=f"imported from {name}", owner=owner)
    return Baseline(every.key_id, {key: one for key, one in every.entries.items() if key in labelled})


def export(document: Document, found: Iterable[Found]) -> bytes:
    """Return a baseline in detect-secrets' format of the finds that the document reports and `hashed` labelled."""
    wanted = {one["fingerprint"] for one in document["incidents"] if not one["suppressed"] and not one["rejected_by"]}
    rows: dict[str, dict[tuple[int, str, str], dict[str, Any]]] = {}
    for one in found:
        for label in one.labels if one.fingerprint in wanted else ():
            if _SHA1.fullmatch(label):
                row = _row(one, label)
                rows.setdefault(one.place.path, {})[row["line_number"], row["hashed_secret"], row["type"]] = row
    results = {path: [listed[key] for key in sorted(listed)] for path, listed in sorted(rows.items())}
    body = {"version": "1.5.0", **_settings(), "results": results, "generated_at": document["run"]["generated"]}
    return orjson.dumps(body, option=orjson.OPT_INDENT_2) + b"\n"


def _settings() -> dict[str, Any]:
    """Their default plugins and filters, none of which calls a provider: a baseline without plugins finds nothing, and
    their hook would empty it."""
    from detect_secrets.settings import default_settings

    with default_settings() as settings:
        described: dict[str, Any] = settings.json()
        return described


def _row(found: Found, label: str) -> dict[str, Any]:
    return {
        "type": _TYPES.get(found.kind, _OTHER),
        "filename": found.place.path,
        "hashed_secret": label,
        "is_verified": False,
        "line_number": found.place.line,
    }


def _hashes(secret: Secret) -> tuple[str, str]:
    value = secret.reveal()
    return _sha1(value), _sha1(quote(value, safe="").encode())


def _sha1(value: bytes) -> str:
    return hashlib.sha1(value, usedforsecurity=False).hexdigest()
