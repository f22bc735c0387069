"""Rules: what they are, and loading them from the shipped packs and from `--rules` packs.

Invariants: rule ids are unique; a user pack replaces a shipped rule only where its table says `override = true`, and
`RuleSet.overridden` tells; patterns are compiled when first used, since a hook that finds nothing needs none.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from auditor.detect.candidate import CheckCall
from auditor.errors import UsageProblem
from auditor.model import Confidence, Kind, Severity
from auditor.safe import cache, shipped

if TYPE_CHECKING:
    from regex import Pattern


class Example(NamedTuple):
    """Text that holds the credential; `secret` is its decoded value, `parts` the public parts a match must name."""

    text: bytes
    secret: bytes
    parts: Mapping[str, str] = MappingProxyType({})


class CounterExample(NamedTuple):
    """Text in which the rule must not match at confidence medium or high, and why."""

    text: bytes
    why: str


class Rule(NamedTuple):
    """One credential shape. See "A rule pack" in docs/architecture.md for every key."""

    id: str
    pack: str
    title: str
    kind: Kind
    description: str
    anchors: tuple[bytes, ...]
    guards: tuple[str, ...]
    ignore_case: bool
    pattern: str
    lead: int | None
    lead_of: str
    records: int
    """Of a JSONL file, records behind the one of the anchor in which a match may end."""
    unescape: str
    checks: tuple[CheckCall, ...]
    confidence: Confidence
    severity: Severity
    static: bool
    privileged: bool
    cwe: tuple[int, ...]
    playbook: str
    references: tuple[str, ...]
    examples: tuple[Example, ...]
    counter_examples: tuple[CounterExample, ...]

    @property
    def regex(self) -> Pattern[bytes]:
        """The compiled pattern. Raises `UsageProblem` if it does not compile."""
        return _compiled(self.id, self.pattern)

    @property
    def near(self) -> Pattern[bytes]:
        """The pattern behind up to `lead` other bytes; the group `begin` is where it begins. Only with `lead`."""
        return _compiled(self.id, self.pattern, self.lead, self.lead_of)

    def first(self, text: bytes, place: int) -> int:
        """Return the first place from which on everything up to `place` may belong to a match, within `lead` bytes."""
        low = max(0, place - (self.lead or 0))
        return low + len(text[low:place].rstrip(_characters(self.lead_of))) if self.lead_of else low


class RulePack(NamedTuple):
    """Identity of a pack for the report; `digest` is `sha256:<hex>` of the file's bytes."""

    id: str
    version: str
    title: str
    digest: str
    rules: int


class RuleSet:
    """All rules of a run, in the order of packs and files."""

    def __init__(
        self, packs: tuple[RulePack, ...], rules: tuple[Rule, ...], overridden: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Make a set; `overridden` names rules with the id of the pack whose rule replaced them."""
        self.packs = packs
        self.rules = rules
        self.overridden = overridden

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def get(self, rule_id: str) -> Rule | None:
        """Return the rule with this id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def load(user: Sequence[Path] = ()) -> RuleSet:
    """Load the shipped packs, then user packs (files, or folders of `*.toml`). Raises `UsageProblem`."""
    given = [path for one in user for path in _user_files(one)]
    packs: list[RulePack] = []
    rules: dict[str, Rule] = {}
    overridden: list[tuple[str, str]] = []
    for pack, tables in [*_shipped_packs(), *map(_read, given)]:
        if any(known.id == pack.id for known in packs):
            raise UsageProblem(f"there are two rule packs `{pack.id}`", "give the pack an id of its own")
        for override, rule in tables:
            if rule.id in rules:
                _may_override(pack, override, rule)
                overridden.append((rule.id, pack.id))
            rules[rule.id] = rule
        packs.append(pack)
    return RuleSet(tuple(packs), tuple(rules.values()), tuple(overridden))


def read_pack(path: Path) -> RuleSet:
    """Load one pack alone, e.g. to test it. Raises `UsageProblem`."""
    pack, tables = _read(path)
    return RuleSet((pack,), tuple(rule for _, rule in tables))


def _user_files(path: Path) -> list[Path]:
    found = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not found:
        raise UsageProblem(f"{path}: no rule packs (*.toml) in this folder")
    return found


def _may_override(pack: RulePack, override: bool, rule: Rule) -> None:
    if not override:
        hint = "say `override = true` in the rule to replace it, or give it another id"
        raise UsageProblem(f"rule `{rule.id}` of pack `{pack.id}` exists already", hint)


def _shipped_packs() -> list[tuple[RulePack, list[tuple[bool, Rule]]]]:
    """The shipped packs, parsed once for every state of their files."""
    from auditor.detect import snapshot

    paths = shipped.files("credentials")
    key = cache.key(*(path.read_bytes() for path in paths))
    stored = cache.load("rules", key)
    if stored is not None:
        return snapshot.load(stored)
    packs = [_read(path) for path in paths]
    cache.store("rules", key, snapshot.dump(packs))
    return packs


def _read(path: Path) -> tuple[RulePack, list[tuple[bool, Rule]]]:
    import tomllib

    from auditor.detect import rule_schema as schema

    try:
        content = path.read_bytes()
        data = tomllib.loads(content.decode())
    except (OSError, ValueError) as error:
        raise UsageProblem(f"{path.name}: cannot be read as TOML: {_plain(error)}") from None
    name = ""
    try:
        head = schema.pack_table(data)
        rules = []
        for number, table in enumerate(data.get("rule", []), 1):
            name = f"rule {number}" if not isinstance(table.get("id"), str) else f"rule `{table['id']}`"
            rules.append((bool(table.get("override")), schema.rule(table, head["id"])))
    except schema.Complaint as complaint:
        raise UsageProblem(f"{path.name}: {name + ': ' if name else ''}{complaint}") from None
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return RulePack(head["id"], head["version"], head["title"], digest, len(rules)), rules


def _plain(error: Exception) -> str:
    """What went wrong without the text of the file."""
    return error.strerror or "unreadable" if isinstance(error, OSError) else str(error).rpartition("(")[2].strip(")")


@functools.cache
def _compiled(rule_id: str, pattern: str, lead: int | None = None, lead_of: str = "") -> Pattern[bytes]:
    import regex  # see auditor.detect.extract

    skipped = f"[{lead_of}]" if lead_of else "(?s:.)"
    source = pattern if lead is None else f"{skipped}{{0,{lead}}}?(?P<begin>)(?:{pattern})"
    try:
        return regex.compile(source.encode())
    except regex.error as error:
        raise UsageProblem(f"rule `{rule_id}`: the pattern does not compile: {error}") from None


@functools.cache
def _characters(class_: str) -> bytes:
    """The ASCII characters of a class of a regular expression, written without its brackets."""
    return bytes(code for code in range(128) if re.match(f"[{class_}]", chr(code)))
