"""What the page shows that is not a plain member of the document: decisions, period, matrix, marked text."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from auditor.document import ControlDict, Incident, SessionDict, StepDict
from auditor.report import reading, words
from auditor.report.reading import Reading
from auditor.report.sarif_results import MARKER
from auditor.safe.markup import plain
from auditor.safe.text import clip

if TYPE_CHECKING:
    from markupsafe import Markup

DECISIONS, ARTICLES, SESSIONS = 10, 500, 500
SEVERITIES = words.SEVERITIES
ROLES = ("weakness", "operation", "obligation")


@dataclass(frozen=True, slots=True)
class Decision:
    """One line for whoever decides: which incident, what, who, until when."""

    number: int
    incident: Incident
    happened: str
    action: str
    who: str
    due: str


@dataclass(frozen=True, slots=True)
class Bar:
    """How many incidents share something; `width` of 100 is the most."""

    label: str
    count: int
    width: int


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One control with its three roles side by side; a role it doesn't have is None."""

    id: str
    title: str
    roles: Sequence[ControlDict | None]

    @property
    def speaks(self) -> bool:
        """Tell whether an incident touches it or a person must act."""
        return any(one and one["status"] in ("indicator-found", "assessment-required") for one in self.roles)


@dataclass(frozen=True, slots=True)
class Matrix:
    """One framework's controls; `quiet` ones have neither indicator nor duty."""

    title: str
    version: str
    note: str
    rows: Sequence[MatrixRow]
    quiet: Sequence[MatrixRow]
    counts: Counter[str]
    """Controls and roles by status."""


@dataclass(frozen=True)
class Page:
    """The document from the page's point of view."""

    found: Reading
    OPEN: ClassVar[int] = 12
    """Incidents and sessions beyond this number are folded (and unfolded in print)."""

    @property
    def severities(self) -> list[tuple[str, int]]:
        counted = self.found.document["summary"]["by_severity"]
        return [(name, counted.get(name, 0)) for name in SEVERITIES if name != "info" or counted.get(name)]

    @property
    def mood(self) -> str:
        """Worst severity, `calm` where all was examined and nothing found, else `medium`."""
        if self.found.incidents:
            return self.found.incidents[0]["severity"]
        summary = self.found.document["summary"]
        return "calm" if summary["complete"] and summary["bytes"] else "medium"

    @cached_property
    def articles(self) -> list[tuple[int, Incident]]:
        """Incidents told in full, with the number of their anchor."""
        return list(enumerate(self.found.incidents[:ARTICLES], 1))

    @cached_property
    def further(self) -> list[Incident]:
        """Incidents told in a table only."""
        return self.found.incidents[ARTICLES:]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Number of each incident's anchor."""
        return {one["id"]: number for number, one in self.articles}

    def numbered(self, one: Incident) -> str:
        """Return an incident's title after its number, if it has one."""
        title = one["title"] or one["kind"]
        return f"{self.numbers[one['id']]}. {title}" if one["id"] in self.numbers else title

    @cached_property
    def decisions(self) -> list[Decision]:
        return [self._decision(number, one) for number, one in self.articles[:DECISIONS]]

    @cached_property
    def sessions(self) -> list[SessionDict]:
        """Sessions with something to tell, those with incidents first."""
        told = [one for one in self.found.document["sessions"] if one["id"]]
        return sorted(told, key=self._prominence)[:SESSIONS]

    def _prominence(self, one: SessionDict) -> tuple[bool, bool, str, str]:
        """Leaks first, among them conversations before logs and files, in time; what has no time comes last."""
        quiet = one["id"] not in self.found.incidents_of
        return quiet, not one["kind"].startswith("codex"), one["started"] or "~", one["id"]

    @cached_property
    def matrices(self) -> list[Matrix]:
        notes = {one["id"]: one for one in self.found.document.get("frameworks", [])}
        grouped: dict[str, list[ControlDict]] = {}
        for control in self.found.document["controls"]:
            grouped.setdefault(control["framework"], []).append(control)
        shown = []
        for name in grouped:
            note = notes.get(name)
            rows = list(_rows(grouped[name]))
            shown.append(
                Matrix(
                    self.found.framework(name),
                    grouped[name][0]["version"],
                    note["note"] if note else "",
                    [row for row in rows if row.speaks],
                    [row for row in rows if not row.speaks],
                    Counter(control["status"] for control in grouped[name]),
                )
            )
        return shown

    @property
    def period(self) -> str:
        """From the first to the last event the document names."""
        texts = [one["started"] for one in self.found.document["sessions"]]
        texts += [one["ended"] for one in self.found.document["sessions"]]
        texts += [
            time
            for one in self.found.incidents
            for time in (one["exposure"]["first_seen"], one["exposure"]["last_seen"])
        ]
        moments = sorted(filter(None, map(reading.moment, texts)))
        if not moments:
            return "no event has a time"
        return f"{reading.clock(moments[0].isoformat())} to {reading.clock(moments[-1].isoformat())}"

    @property
    def causes(self) -> list[Bar]:
        """How the credentials leaked."""
        return _bars(
            words.CAUSES.get(cause, cause) for cause in (one["origin"]["cause"] for one in self.found.incidents)
        )

    @property
    def audiences(self) -> list[Bar]:
        """Who received the credentials; a credential may have several readers."""
        return _bars(
            name for one in self.found.incidents for name in reading.remote(one) or ["readers of the logs only"]
        )

    def touched(self, one: Incident) -> list[tuple[str, list[ControlDict]]]:
        """Return an incident's controls by the title of their framework, in the incident's order."""
        grouped: dict[str, list[ControlDict]] = {}
        for control in self.found.controls_of(one):
            grouped.setdefault(self.found.framework(control["framework"]), []).append(control)
        return list(grouped.items())

    def steps(self, session: SessionDict) -> list[StepDict]:
        return self.found.steps_of.get(session["id"], [])

    @property
    def backward(self) -> float:
        """Largest backward jump of the logs' clock between two steps of a session, in seconds."""
        jumps = [0.0]
        for steps in self.found.steps_of.values():
            times = [time for time in (reading.moment(step["started"]) for step in steps) if time]
            jumps += [(before - after).total_seconds() for before, after in itertools.pairwise(times)]
        return max(jumps)

    def first_here(self, step: StepDict) -> list[Incident]:
        """Incidents whose credential first appears at a step."""
        return self._by_origin.get(step["id"], [])

    def seen_here(self, step: StepDict) -> list[Incident]:
        """Incidents seen again at a step."""
        return [one for one in self._by_step.get(step["id"], []) if one["origin"]["step"] != step["id"]]

    @cached_property
    def _by_origin(self) -> dict[str, list[Incident]]:
        found: dict[str, list[Incident]] = {}
        for one in self.found.incidents:
            found.setdefault(one["origin"]["step"], []).append(one)
        return found

    @cached_property
    def _by_step(self) -> dict[str, list[Incident]]:
        found: dict[str, list[Incident]] = {}
        for one in self.found.incidents:
            for step in dict.fromkeys(spot["step"] for spot in one["occurrences"]):
                found.setdefault(step, []).append(one)
        return found

    def _decision(self, number: int, one: Incident) -> Decision:
        step = reading.containment(one)
        clocks = sorted(clock["due"] for clock in one.get("clocks", []) if clock["due"])
        action = step["title"] if step else "Rotate the credential, then redact every copy"
        due = clocks[0] if clocks else ""
        return Decision(number, one, self.happened(one), action, step["who"] if step else "", due)

    def happened(self, one: Incident) -> str:
        """Return one line: how it leaked and who got it."""
        step = self.found.step(one["origin"]["step"])
        cause = words.CAUSES.get(one["origin"]["cause"], one["origin"]["cause"]).capitalize()
        by = f" ({step['tool']} {step['action']})" if step and step["action"] != "other" else ""
        reached = words.joined(reading.remote(one), 3)
        return f"{cause}{by}; {f'reached {reached}' if reached else 'stayed in the logs'}"


def _bars(names: Iterable[str], limit: int = 6) -> list[Bar]:
    """Count equal names, most first; what is beyond `limit` is one bar."""
    counted = sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))
    shown = counted[:limit] if len(counted) <= limit else [*counted[: limit - 1], _rest(counted[limit - 1 :])]
    most = max((number for _name, number in shown), default=1)
    return [Bar(name, number, round(100 * number / most)) for name, number in shown]


def _rest(counted: Sequence[tuple[str, int]]) -> tuple[str, int]:
    return f"{len(counted)} others", sum(number for _name, number in counted)


def brief(one: Incident) -> str:
    """Return what tells incidents of one kind apart: the first host, else the end of the marker."""
    hosts = one["parts"].get("host", [])
    host = (hosts[0] if hosts else "") if isinstance(hosts, list) else str(hosts)
    return clip(host.split(".")[0] if not host[:1].isdigit() else host, 28) or one["fingerprint"][:4]


def _rows(controls: Sequence[ControlDict]) -> Iterator[MatrixRow]:
    by_id: dict[str, list[ControlDict]] = {}
    for control in controls:
        by_id.setdefault(control["id"], []).append(control)
    for name, group in by_id.items():
        roles = [next((one for one in group if one["role"] == role), None) for role in ROLES]
        yield MatrixRow(name, group[0]["title"], roles)


def marked(text: str) -> Markup:
    """Return text, inert and escaped, with every redaction marker set apart."""
    from markupsafe import Markup, escape

    shown, last = Markup(), 0
    safe = plain(text)
    for match in MARKER.finditer(safe):
        cover = Markup('<span class="redacted">{}</span>').format(match.group())
        shown += escape(safe[last : match.start()]) + cover
        last = match.end()
    return shown + escape(safe[last:])
