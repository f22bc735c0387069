"""Baselines: what was known on a day, so that a report shows what is new. Made to live in version control.

JSON with sorted keys and one entry a line; keyed fingerprints, no line numbers, no time. The last member of `entries`
is a fixed end mark: every entry's line ends in a comma, so two branches that add entries merge without conflict.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from auditor import lazy
from auditor.document import Document, Incident
from auditor.errors import UsageProblem
from auditor.evidence.suppressions import Acceptance
from auditor.evidence.trust import outside

FORMAT = "auditor-baseline"
MAJOR = 1
VERSION = f"{MAJOR}.0"
END = "~"
"""Sorts behind every hexadecimal digit."""
_FINGERPRINT = lazy.compile(r"[0-9a-f]{32}")
_MEMBERS = ("rule", "kind", "paths", "reason", "owner")


@dataclass(frozen=True, slots=True)
class Entry:
    """One known credential. `paths` are shell patterns of the places where it is known; empty for everywhere."""

    fingerprint: str
    rule: str
    kind: str
    paths: tuple[str, ...] = ()
    reason: str = ""
    owner: str = ""

    def knows(self, incident: Incident) -> bool:
        """Tell whether the incident is this credential, and nowhere else than known."""
        places = (place["path"] for one in incident["occurrences"] for place in (one["place"], *one["copies"]))
        return incident["fingerprint"] == self.fingerprint and (
            not self.paths or all(any(fnmatch.fnmatchcase(path, glob) for glob in self.paths) for path in places)
        )


@dataclass(frozen=True, slots=True)
class Baseline:
    """Entries by fingerprint, comparable with documents of the same fingerprint key."""

    key_id: str
    entries: Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Difference:
    """Incidents that are new, entries that are still found, entries that are gone."""

    new: tuple[Incident, ...]
    known: tuple[Entry, ...]
    gone: tuple[Entry, ...]


def create(document: Document, *, reason: str = "", owner: str = "", by_path: bool = False) -> Baseline:
    """Return a baseline of every open incident of a document; placeholders that a check held are none."""
    found = (one for one in document["incidents"] if not one["suppressed"] and not one["rejected_by"])
    return Baseline(document["key_id"], {one["fingerprint"]: _entry(one, reason, owner, by_path) for one in found})


def merged(old: Baseline, new: Baseline) -> Baseline:
    """Return the entries of both; what people wrote into old ones stays."""
    if old.key_id != new.key_id:
        raise _other_key()
    return Baseline(old.key_id, {**new.entries, **old.entries})


def diff(baseline: Baseline, document: Document) -> Difference:
    """Compare a baseline with an audit.

    Raises:
        UsageProblem: they were made with different fingerprint keys.
    """
    check_key(baseline, document["key_id"])
    present = {one["fingerprint"]: one for one in document["incidents"] if not one["rejected_by"]}
    known = {name: one for name, one in baseline.entries.items() if name in present}
    new = [one for name, one in present.items() if name not in known or not known[name].knows(one)]
    gone = [one for name, one in sorted(baseline.entries.items()) if name not in present]
    return Difference(tuple(new), tuple(known[name] for name in sorted(known)), tuple(gone))


def prune(baseline: Baseline, document: Document) -> Baseline:
    """Return the baseline without entries that the audit no longer finds.

    Raises:
        UsageProblem: another key; or the audit was incomplete, so that absence proves nothing.
    """
    gone = {one.fingerprint for one in diff(baseline, document).gone}
    if gone and not document["summary"]["complete"]:
        raise UsageProblem(
            "the audit was incomplete, so what it did not find may still be there",
            "Close its gaps, or keep the entries.",
        )
    return replace(baseline, entries={name: one for name, one in baseline.entries.items() if name not in gone})


def acceptances(baseline: Baseline, name: str) -> tuple[Acceptance, ...]:
    """Return the entries as exceptions, for `suppressions.apply`; they do not expire, and count like all others."""
    return tuple(
        Acceptance(
            id=f"base-{one.fingerprint[:12]}",
            fingerprint=one.fingerprint,
            reason=one.reason or f"in the baseline {name}",
            owner=one.owner,
            expires=None,
            paths=one.paths,
            source="baseline",
        )
        for _, one in sorted(baseline.entries.items())
    )


def check_key(baseline: Baseline, key_id: str) -> None:
    """Raise `UsageProblem` unless the baseline was made with this fingerprint key."""
    if baseline.key_id != key_id:
        raise _other_key()


def dump(baseline: Baseline) -> bytes:
    """Return the file's bytes: the same entries give the same bytes."""
    lines = [
        f"    {_json(name)}: {_json(_members(one))},"
        for name, one in sorted(baseline.entries.items())
    ]  # fmt: skip
    head = ["{", '  "entries": {', *lines, f'    "{END}": null', "  },"]
    tail = [f'  "format": "{FORMAT}",', f'  "key_id": {_json(baseline.key_id)},', f'  "version": "{VERSION}"', "}", ""]
    return "\n".join([*head, *tail]).encode()


def read(path: Path, audited: Iterable[str] = (), *, trusted: bool = False) -> Baseline:
    """Return the baseline of a file; `audited` and `trusted` as in `suppressions.read`.

    Raises:
        Refused: it stands inside the audited tree.
        UsageProblem: unreadable, no baseline, of another major version, or malformed.
    """
    if not trusted:
        outside(path, audited)
    try:
        value = orjson.loads(path.read_bytes())
    except OSError as problem:
        raise UsageProblem(f"{path}: {problem.strerror or 'cannot be read'}") from None
    except orjson.JSONDecodeError:
        raise UsageProblem(f"{path}: not JSON") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise UsageProblem(f"{path}: not a baseline of auditor", "auditor baseline create writes one.")
    if str(value.get("version", "")).split(".")[0] != str(MAJOR):
        raise UsageProblem(f"{path}: the baseline's major version is not known", f"This auditor reads version {MAJOR}.")
    entries, key = value.get("entries"), value.get("key_id")
    if not isinstance(entries, dict) or not isinstance(key, str):
        raise UsageProblem(f"{path}: `entries` and `key_id` are required")
    return Baseline(key, {name: _read_entry(name, one, path) for name, one in entries.items() if name != END})


def _entry(incident: Incident, reason: str, owner: str, by_path: bool) -> Entry:
    places = {place["path"] for one in incident["occurrences"] for place in (one["place"], *one["copies"])}
    paths = tuple(sorted(_literal(path) for path in places)) if by_path else ()
    return Entry(incident["fingerprint"], incident["rule"], incident["kind"], paths, reason, owner)


def _literal(path: str) -> str:
    """A path as a pattern that matches only itself."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def _members(entry: Entry) -> dict[str, Any]:
    given = {
        "rule": entry.rule,
        "kind": entry.kind,
        "paths": list(entry.paths),
        "reason": entry.reason,
        "owner": entry.owner,
    }
    return {name: value for name, value in sorted(given.items()) if value}


def _read_entry(name: str, value: Any, path: Path) -> Entry:
    if not _FINGERPRINT.fullmatch(name) or not isinstance(value, dict) or set(value) - set(_MEMBERS):
        raise UsageProblem(f"{path}: an entry is no fingerprint with known members")
    paths = value.get("paths", [])
    texts = [value.get(member, "") for member in ("rule", "kind", "reason", "owner")]
    if not isinstance(paths, list) or not all(isinstance(one, str) for one in (*paths, *texts)):
        raise UsageProblem(f"{path}: an entry has a member of the wrong type")
    return Entry(name, texts[0], texts[1], tuple(paths), texts[2], texts[3])


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _other_key() -> UsageProblem:
    hint = "Fingerprints compare only under one key: share it with --key-file."
    return UsageProblem("the baseline was made with another fingerprint key", hint)
