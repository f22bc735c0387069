"""What only an operator can say: which target is production, what data it holds, what was revoked, which targets apply.

Never guessed, and never read from audited data: the caller names the file. Without it, such facts are "unknown".
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

from auditor.errors import UsageProblem

REGULATED = ("card-data", "ephi", "personal-data")
CLOCKS = ("gdpr", "nis2", "dora")
VALIDITIES = ("revoked", "rotated", "active")


class Label(NamedTuple):
    """Hosts, branches, projects, databases or environments that match `pattern` (shell style) are of `environment`."""

    pattern: str
    environment: str


class Declaration(NamedTuple):
    """The operator's word on one credential: named by fingerprint (12 hex digits or more) or by incident id."""

    credential: str
    validity: str
    at: str = ""
    by: str = ""
    reference: str = ""

    def speaks_of(self, incident_id: str, fingerprint: str) -> bool:
        """Tell whether this is about the incident."""
        return self.credential == incident_id or fingerprint.startswith(self.credential)


class Settings(NamedTuple):
    """Declarations for one audit. Times are RFC 3339 in UTC."""

    labels: tuple[Label, ...] = ()
    regulated: frozenset[str] = frozenset()
    protected: tuple[str, ...] = ()
    """Neon branches declared protected (patterns of ids or names): children got passwords of their own."""
    frameworks: frozenset[str] = frozenset()
    """Ids of the control maps to use; empty for all."""
    detection_hours: int = 0
    """Target from first exposure to detection; 0 for none."""
    clocks: frozenset[str] = frozenset({"gdpr"})
    declarations: tuple[Declaration, ...] = ()
    now: str = ""
    """Time of detection; used only against `detection_hours` and for clocks when `detected` is not declared."""
    detected: str = ""
    """When people became aware, if that was earlier or later than the scan."""
    as_of: str = ""
    """Reference for the age of credentials; empty for the last event seen, so that a repeated audit gives the same."""
    tracked: frozenset[str] = frozenset()
    """Paths known to be staged or tracked in version control (set by hooks)."""
    rewritten: tuple[str, ...] = ()
    """Paths that a redaction manifest names."""
    signed: bool = False
    control_files: tuple[Path, ...] = ()
    """Control maps beside the shipped ones."""

    def environment_of(self, names: Iterable[str]) -> str:
        """Return the declared environment of the first matching name; labels are tried in file order."""
        wanted = [name.lower() for name in names if name]
        for label in self.labels:
            if any(fnmatch.fnmatchcase(name, label.pattern.lower()) for name in wanted):
                return label.environment
        return ""

    def is_protected(self, names: Collection[str]) -> bool:
        """Tell whether one of these branches was declared protected."""
        return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in self.protected)


def read(path: Path, **known: Any) -> Settings:
    """Return the settings of a TOML file (table `[compliance]`); `known` sets what the caller knows (now, tracked …).

    Raises:
        UsageProblem: unreadable, not TOML, unknown key, wrong type or value.
    """
    import tomllib  # most audits have no such file

    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise UsageProblem(f"{path}: {problem.strerror or 'cannot be read'}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UsageProblem(f"{path}: not TOML") from problem
    return parse(table.get("compliance", {}), str(path), **known)


def parse(table: Mapping[str, Any], name: str, **known: Any) -> Settings:
    """Return the settings of a parsed `[compliance]` table; see `read`."""
    allowed = ("labels", "regulated", "protected", "frameworks", "detection_hours", "clocks", "declarations",
               "detected", "as_of", "control_maps")  # fmt: skip
    refuse_unknown(table, allowed, f"{name}: compliance")
    return Settings(
        labels=tuple(_label(one, name) for one in _tables(table, "labels", name)),
        regulated=frozenset(_choices(table, "regulated", REGULATED, name)),
        protected=tuple(strings(table, "protected", name)),
        frameworks=frozenset(strings(table, "frameworks", name)),
        detection_hours=_hours(table, name),
        clocks=frozenset(_choices(table, "clocks", CLOCKS, name)) if "clocks" in table else frozenset({"gdpr"}),
        declarations=tuple(_declaration(one, name) for one in _tables(table, "declarations", name)),
        detected=moment(table.get("detected", ""), f"{name}: compliance.detected"),
        as_of=moment(table.get("as_of", ""), f"{name}: compliance.as_of"),
        control_files=tuple(Path(name).parent / one for one in strings(table, "control_maps", name)),
        **known,
    )


def refuse_unknown(table: Mapping[str, Any], allowed: Sequence[str], where: str) -> None:
    """Raise `UsageProblem` for a key that is none of `allowed`, with the nearest known one as a hint."""
    for key in table:
        if key not in allowed:
            import difflib

            near = difflib.get_close_matches(key, allowed, 1)
            raise UsageProblem(f"{where}: unknown key `{key}`", f"did you mean `{near[0]}`?" if near else "")


def strings(table: Mapping[str, Any], key: str, where: str) -> list[str]:
    """Return a list of strings of a table; raises `UsageProblem` for anything else."""
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise UsageProblem(f"{where}: `{key}` must be a list of strings")
    return found


def text(table: Mapping[str, Any], key: str, where: str, *, required: bool = False) -> str:
    """Return a string of a table, empty when absent; raises `UsageProblem` for a wrong type or a missing one."""
    found = table.get(key, "")
    if not isinstance(found, str):
        raise UsageProblem(f"{where}: `{key}` must be a string")
    if required and not found.strip():
        raise UsageProblem(f"{where}: `{key}` is required")
    return found


def moment(value: object, where: str) -> str:
    """Return a TOML date, date-time or RFC 3339 string as RFC 3339 in UTC, empty for an empty one.

    Raises:
        UsageProblem: none of these.
    """
    if value == "":
        return ""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.min, UTC)
    if isinstance(value, str):
        value = parsed_time(value)
    if not isinstance(value, datetime):
        raise UsageProblem(f"{where}: not a date or time", "write 2026-11-23 or 2026-11-23T10:00:00Z")
    return rfc3339(value)


def parsed_time(value: str) -> datetime | None:
    """Return an aware time of an RFC 3339 text (UTC where it names no zone), or None."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def rfc3339(value: datetime) -> str:
    """Return a time to the second in UTC, ending in `Z`."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tables(table: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise UsageProblem(f"{where}: `{key}` must be a list of tables")
    return found


def _choices(table: Mapping[str, Any], key: str, allowed: Sequence[str], where: str) -> list[str]:
    found = strings(table, key, where)
    for one in found:
        if one not in allowed:
            raise UsageProblem(f"{where}: `{key}` knows no `{one}`", f"one of: {', '.join(allowed)}")
    return found


def _hours(table: Mapping[str, Any], where: str) -> int:
    found = table.get("detection_hours", 0)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise UsageProblem(f"{where}: `detection_hours` must be a whole number of hours")
    return found


def _label(table: Mapping[str, Any], where: str) -> Label:
    refuse_unknown(table, ("match", "environment"), f"{where}: labels")
    return Label(text(table, "match", where, required=True), text(table, "environment", where, required=True))


def _declaration(table: Mapping[str, Any], where: str) -> Declaration:
    refuse_unknown(table, ("credential", "validity", "at", "by", "reference"), f"{where}: declarations")
    credential = text(table, "credential", where, required=True)
    if len(credential) < 12:
        raise UsageProblem(f"{where}: `credential` needs an incident id or 12 digits of a fingerprint")
    validity = text(table, "validity", where, required=True)
    if validity not in VALIDITIES:
        raise UsageProblem(f"{where}: `validity` knows no `{validity}`", f"one of: {', '.join(VALIDITIES)}")
    at = moment(table.get("at", ""), f"{where}: declarations.at")
    return Declaration(credential, validity, at, text(table, "by", where), text(table, "reference", where))
