"""What every renderer for people wants to know of a document: indexes, orders and sentences. No format, no escaping.

Lookups never fail: a stored document may name steps or sessions it doesn't hold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice

from auditor.compliance.status import DONE, STATUSES
from auditor.document import (
    Check,
    ControlDict,
    Document,
    GapDict,
    Incident,
    Occurrence,
    PlaceDict,
    PlaybookStep,
    RuleDict,
    SessionDict,
    Spread,
    StepDict,
)
from auditor.report import words
from auditor.safe.text import clip

SESSION = 14
"""Characters of a session's id where it is only told apart from others; `auditor trace --session` takes them too."""
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """One workflow check over all runs."""

    title: str
    violated: Sequence[Check]
    followed: int
    silent: int


@dataclass(frozen=True)
class Reading:
    """A document opened for reading."""

    document: Document

    @cached_property
    def incidents(self) -> list[Incident]:
        """Open incidents, worst first, then earliest."""
        return self._ordered(one for one in self.document["incidents"] if not one["suppressed"])

    @cached_property
    def accepted(self) -> list[Incident]:
        """Incidents that a suppression covers."""
        return self._ordered(one for one in self.document["incidents"] if one["suppressed"])

    @cached_property
    def rules(self) -> list[RuleDict]:
        """Active rules; a document may not name them."""
        return self.document.get("rules", [])

    @cached_property
    def rules_by_id(self) -> dict[str, RuleDict]:
        return {rule["id"]: rule for rule in self.rules}

    def framework(self, name: str) -> str:
        """Return the title of a framework: the document's own, or the one people know."""
        return self._titles.get(name) or words.framework(name)

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {one["id"]: one["title"] for one in self.document.get("frameworks", [])}

    def trend_of(self, one: Incident) -> str:
        """Return `new` or `open` against the earlier document, empty where there was none."""
        trend = self.document.get("trend")
        return "" if trend is None else "new" if one["id"] in trend["new"] else "open"

    @cached_property
    def steps(self) -> dict[str, StepDict]:
        return {step["id"]: step for step in self.document["steps"]}

    @cached_property
    def sessions(self) -> dict[str, SessionDict]:
        return {session["id"]: session for session in self.document["sessions"]}

    @cached_property
    def steps_of(self) -> dict[str, list[StepDict]]:
        """Steps of each session in document order, which is the order they happened in."""
        found: dict[str, list[StepDict]] = defaultdict(list)
        for step in self.document["steps"]:
            found[step["session"]].append(step)
        return dict(found)

    @cached_property
    def incidents_of(self) -> dict[str, list[Incident]]:
        """Open incidents by the session of any of their occurrences."""
        found: dict[str, list[Incident]] = defaultdict(list)
        for one in self.incidents:
            for session in dict.fromkeys(spot["session"] for spot in one["occurrences"]):
                found[session].append(one)
        return dict(found)

    @cached_property
    def violated(self) -> list[Check]:
        return [check for check in self.document["checks"] if check["status"] == "violated"]

    @cached_property
    def checks(self) -> list[CheckGroup]:
        """Workflow checks by name, most violated first."""
        grouped: dict[tuple[str, str], list[Check]] = {}
        for check in self.document["checks"]:
            grouped.setdefault((check["id"], check["title"]), []).append(check)
        groups = [_group(title, group) for (_id, title), group in grouped.items()]
        return sorted(groups, key=lambda group: (-len(group.violated), group.title))

    def step(self, name: str) -> StepDict | None:
        return self.steps.get(name)

    def first(self, one: Incident) -> Occurrence | None:
        """The occurrence an incident began with."""
        wanted = one["origin"]["occurrence"]
        return next((spot for spot in one["occurrences"] if spot["id"] == wanted), next(iter(one["occurrences"]), None))

    def path_steps(self, one: Incident) -> list[StepDict]:
        """Steps of the leak path in time: origin, every occurrence, every spread, each once."""
        names = [one["origin"]["step"], *(s["step"] for s in one["occurrences"]), *(s["step"] for s in one["spread"])]
        found = [self.steps[name] for name in dict.fromkeys(names) if name in self.steps]
        return sorted(found, key=lambda step: (step["id"] != one["origin"]["step"], step["started"], step["id"]))

    def controls_of(self, one: Incident) -> list[ControlDict]:
        """Controls an incident touches, in the incident's own order (primary first)."""
        known: dict[str, ControlDict] = {}
        for control in self.document["controls"]:
            known.setdefault(f"{control['framework']}/{control['id']}", control)
        return [known[name] for name in one["controls"] if name in known]

    def _ordered(self, incidents: Iterator[Incident]) -> list[Incident]:
        return sorted(incidents, key=_order)


def _group(title: str, checks: Sequence[Check]) -> CheckGroup:
    violated = [check for check in checks if check["status"] == "violated"]
    followed = sum(check["status"] == "followed" for check in checks)
    return CheckGroup(title, violated, followed, len(checks) - followed - len(violated))


def _order(one: Incident) -> tuple[int, str, str]:
    return (rank(one["severity"]), one["exposure"]["first_seen"] or "~", one["id"])


def rank(severity: str) -> int:
    """Return 0 for the worst."""
    return words.SEVERITIES.index(severity) if severity in words.SEVERITIES else len(words.SEVERITIES)


def places(one: Incident) -> list[PlaceDict]:
    """Return every place of an incident, occurrence by occurrence."""
    return [place for spot in one["occurrences"] for place in (spot["place"], *spot["copies"])]


def by_path(found: Sequence[PlaceDict]) -> dict[str, list[str]]:
    """Return positions by file in order of appearance: line numbers, or cells of a database; each once."""
    grouped: dict[str, dict[str, None]] = defaultdict(dict)
    for place in found:
        grouped[place["path"]][position(place)] = None
    return {path: list(names) for path, names in grouped.items()}


def position(place: PlaceDict) -> str:
    """Return `42`, or the cell of a database."""
    return str(place["line"]) if place["line"] else place["pointer"].split("#")[0] or "?"


def located(place: PlaceDict) -> str:
    """Return `path:line`, or `path cell` for a database."""
    return f"{place['path']}:{place['line']}" if place["line"] else f"{place['path']} {position(place)}"


def moment(text: str) -> datetime | None:
    """Return an aware time of an RFC 3339 text; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def clock(text: str, *, date: bool = True) -> str:
    """Return a time to the second in UTC (`2026-11-20 14:03:22 UTC`), or the text itself when it is no time."""
    found = moment(text)
    if found is None:
        return text
    try:
        return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC" if date else "%H:%M:%S")
    except (OverflowError, ValueError):  # year 1 or 9999 beside a time zone
        return text


def days(times: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the lines' dates and times of day; a date only where it is another than the last one."""
    last = ""
    for text in times:
        shown = clock(text, date=False)
        day = clock(text)[:10] if shown != text else ""
        yield day if last and day != last else "", shown
        last = day or last


def journey(found: Reading, one: Incident) -> Iterator[tuple[str, str, Spread]]:
    """Yield where an incident went after its origin: the time, the beginning of the session where it is another than
    that of the line before, and the move."""
    spot, moves = found.first(one), one["spread"]
    time, session = (spot["timestamp"], spot["session"]) if spot else ("", "")
    whens = islice(days([time, *(move["timestamp"] for move in moves)]), 1, None)
    for move, when in zip(moves, whens, strict=True):
        other = move["session"] != session and move["kind"] != "session"
        yield " ".join(filter(None, when)), clip(move["session"], SESSION) if other else "", move
        session = move["session"]


def exposure_seconds(one: Incident) -> float | None:
    """Return the lower bound of the exposure: from first to last sight in the logs."""
    first, last = moment(one["exposure"]["first_seen"]), moment(one["exposure"]["last_seen"])
    return (last - first).total_seconds() if first and last and last >= first else None


def action_of(step: PlaybookStep) -> str:
    """Return the line a playbook step is done with: command, API call or console path."""
    return step["cli"] or step["api"] or step["console"]


def remote(one: Incident) -> list[str]:
    """Return who outside the machine's user received it: the model provider and tools."""
    return [*(["the model provider"] if one["exposure"]["to_model"] else []), *one["exposure"]["to_tools"]]


def command_of(step: StepDict | None) -> str:
    """Return what a step ran or called; empty where its text is only its own name (`user prompt`, `codex config`)."""
    return step["command"] if step and step["command"] != f"{step['tool']} {step['action']}" else ""


def status(one: Incident) -> str:
    """Return where the work on an incident stands; a document may be older than the member."""
    return "accepted" if one["suppressed"] else one.get("status") or "open"


def containment(one: Incident) -> PlaybookStep | None:
    """Return the step after which the credential opens nothing any more, else the first there is."""
    steps = one["playbook"]
    return next((step for step in steps if step.get("containment")), next(iter(steps), None))


def standing(document: Document) -> str:
    """Return where the work stands: `2 open and 1 rotated; the oldest …`. Empty when clean."""
    found = [one for one in document["incidents"] if not one["suppressed"] and not one["rejected_by"]]
    counted = Counter(status(one) for one in found)
    if not counted:
        return ""
    works = [one["exposure"]["first_seen"] for one in found if status(one) not in DONE]
    oldest = min(filter(moment, works), key=lambda text: moment(text) or NEVER, default="")
    since = f"; the oldest that may still work lies open since {clock(oldest)}" if oldest else ""
    return f"{words.joined([f'{counted[name]} {name}' for name in STATUSES if counted[name]])}{since}."


def verdict(document: Document) -> str:
    """Return the result in one sentence; never a claim beyond what was examined."""
    summary = document["summary"]
    if not summary["bytes"] and not summary["incidents"]:
        return "Nothing was examined, so nothing can be said."
    if summary["incidents"]:
        leaked = words.count(summary["incidents"], "credential")
        spots = f"{words.count(summary['occurrences'], 'occurrence')} at {words.count(summary['places'], 'place')}"
        return f"{leaked} leaked: {severities(document)}; {spots}."
    outside = outside_selection(document)
    where = "the asked period or session" if outside else "what was examined"
    late = f"; {words.count(outside, 'find lies', 'finds lie')} outside of it" if outside else ""
    return f"No credential found in {where}{'' if summary['complete'] else ', which was not everything'}{late}."


def outside_selection(document: Document) -> int:
    """Return how many finds lie outside of the asked period or session."""
    return document["coverage"].get("counts", {}).get("outside_selection", 0)


def period(document: Document) -> str:
    """Return the asked period, `from … to …`; empty when all times were asked for."""
    asked = document["coverage"].get("period", {"since": "", "until": ""})
    since, until = (clock(found.isoformat()) if (found := moment(asked[end])) else "" for end in ("since", "until"))
    return " ".join(filter(None, (since and f"from {since}", until and f"to {until}")))


def told_apart(document: Document) -> Iterator[str]:
    """Yield what looked like credentials and is not reported."""
    login = document["coverage"]["rejected"].get("login", 0)
    if told := document["summary"]["rejected"] - login:
        yield f"{words.count(told, 'placeholder or sample', 'placeholders or samples')} told apart"
    if login:
        yield f"{words.count(login, 'token')} of Codex's own login, where it belongs"


def severities(document: Document) -> str:
    """Return `1 critical, 2 high`."""
    counted = document["summary"]["by_severity"]
    return words.joined([f"{counted[name]} {name}" for name in words.SEVERITIES if counted.get(name)])


def scope_sentence(document: Document) -> str:
    """Return what the result is bounded by: inputs, records, bytes, rules, the asked period or session."""
    summary, packs = document["summary"], document["rule_packs"]
    rules = sum(pack["rules"] for pack in packs)
    return (
        f"{words.count(summary['records'], 'record')} and {words.size(summary['bytes'])} of "
        f"{words.count(summary['sources'], 'source')} were examined with {words.count(rules, 'rule')} "
        f"of {words.count(len(packs), 'pack')}.{_selected(document)}"
    )


def _selected(document: Document) -> str:
    """A period leaves things out at the user's own wish; what it left out must still show."""
    asked, outside = period(document), outside_selection(document)
    unread = sum(source["status"] == "skipped" for source in document["coverage"]["sources"])
    left = [words.count(outside, "find")] if outside else []
    left += [words.count(unread, "transcript not opened", "transcripts not opened")] if unread else []
    about = f" Asked for: {asked}." if asked else ""
    return about + (f" Outside of the asked period or session: {words.joined(left)}." if left else "")


def trend_counts(document: Document) -> str:
    """Return `2 new, 1 still open, 1 gone`; accepted incidents are not counted as open. Empty without a trend."""
    if "trend" not in document:
        return ""
    trend = document["trend"]
    accepted = {one["id"] for one in document["incidents"] if one["suppressed"]}
    new, still = (sum(name not in accepted for name in trend[key]) for key in ("new", "open"))
    return f"{new} new, {still} still open, {len(trend['gone'])} gone"


def gap_told(gap: GapDict) -> str:
    """Return why something was not examined, with our detail where that says more."""
    reason = words.GAPS.get(gap["reason"], gap["reason"])
    return f"{reason}: {gap['detail']}" if gap["detail"] not in ("", reason) else reason


def gaps_sentence(document: Document) -> str:
    """Return how much in scope was not examined."""
    gaps = document["coverage"]["gaps"]
    if not gaps:
        return "Nothing in scope was left out."
    return f"{words.count(len(gaps), 'gap')}: something in scope was not examined, or not completely."
