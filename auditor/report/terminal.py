"""The report for a terminal: incidents first, each a small tree; then workflow checks, coverage and gaps, one verdict.

Everything that comes from input goes through `auditor.safe.terminal` and `rich.text.Text`; markup, highlighting and
emoji are off. `render` is the form without colour for files.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from auditor.document import Document, Incident, SourceDict
from auditor.report import reading, words
from auditor.report.reading import CheckGroup, Reading
from auditor.safe.terminal import line
from auditor.safe.text import clip_middle

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text
    from rich.tree import Tree

WIDTH = 100
"""Columns where there is no terminal."""
TREES, LINES = 40, 500
"""Incidents told as trees, and after them in a line each."""
_STYLES = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "bold yellow",
    "low": "bold cyan",
    "info": "bold",
}
_CHECKS = {"violated": ("✗", "bold red"), "followed": ("✓", "green"), "not-applicable": ("-", "dim")}
_DIM = "dim"  # not bright black, which is the background in some palettes
_COMMAND, _SHORT = 220, 12
_FILES, _SPREAD, _PLAYBOOK, _GAPS, _SOURCES, _REASONS = 5, 6, 3, 12, 8, 3


def render(document: Document) -> bytes:
    """Return the report without colour, `WIDTH` columns wide."""
    return show(document, width=WIDTH, colour=False)


def show(document: Document, *, width: int, colour: bool) -> bytes:
    """Return the report for a terminal of `width` columns as UTF-8."""
    from rich.console import Console

    out = io.StringIO()
    console = Console(
        file=out,
        width=max(width, 40),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
    _Terminal(console, Reading(document)).draw()
    lines = [one.rstrip() for one in out.getvalue().split("\n")]
    return "\n".join(lines).encode("utf-8", "backslashreplace")


class _Terminal:
    def __init__(self, console: Console, found: Reading) -> None:
        self.console = console
        self.found = found
        self.document = found.document

    def draw(self) -> None:
        self._head()
        for one in self.found.incidents[:TREES]:
            self.console.print(self._incident(one))
            self.console.print()
        self._others(self.found.incidents[TREES:])
        if self.document["checks"]:
            self._checks()
        self._coverage()
        self._verdict()

    # parts of the page

    def _head(self) -> None:
        tool, summary = self.document["tool"], self.document["summary"]
        self._rule(_text((f"{line(tool['name'])} {line(tool['version'])}", "bold")))
        about = [self.document["title"], self.document["scope"]]
        counts = [
            words.count(summary["sessions"], "session"),
            words.count(summary["sources"], "source"),
            words.size(summary["bytes"]),
        ]
        shown = [line(part, 200) for part in about if part] + counts
        self.console.print(_text((" · ".join(shown), _DIM)))
        self.console.print()

    def _incident(self, one: Incident) -> RenderableType:
        from rich.tree import Tree

        tree = Tree(self._title(one), guide_style=_DIM)
        self._origin(tree, one)
        self._elsewhere(tree, one)
        self._spread(tree, one)
        self._exposure(tree, one)
        self._playbook(tree, one)
        return tree

    def _others(self, incidents: Sequence[Incident]) -> None:
        """What would drown the rest as trees: one line each, worst first, in the order of the trees."""
        if not incidents:
            return
        self._rule(_text((f"{words.count(len(incidents), 'more credential')}", "bold")))
        for one in incidents[:LINES]:
            spot = self.found.first(one)
            severity = (f"{line(one['severity']):8} ", _STYLES.get(one["severity"], "bold").removesuffix(" on red"))
            place = f"  {line(reading.located(spot['place']))}" if spot else ""
            self.console.print(_text(severity, (line(one["mask"], 100), "cyan"), (place, _DIM)), soft_wrap=True)
        if len(incidents) > LINES:
            more = words.count(len(incidents) - LINES, "more credential")
            self.console.print(_text((f"and {more}; -f html=FILE shows all", _DIM)))
        self.console.print()

    def _title(self, one: Incident) -> Text:
        badge = (f" {line(one['severity']).upper()} ", _STYLES.get(one["severity"], "bold"))
        kind = (f"{line(one['title'] or one['kind'], 80)}", "bold")
        doubt = "" if one["confidence"] == "high" else f" · {line(one['confidence'])} confidence"
        about = f"  {line(one['id'])}{doubt}"
        return _text(badge, " ", kind, (about, _DIM), "\n", (line(one["mask"], 300), "cyan"))

    def _origin(self, tree: Tree, one: Incident) -> None:
        origin, step, spot = one["origin"], self.found.step(one["origin"]["step"]), self.found.first(one)
        cause = words.CAUSES.get(origin["cause"], line(origin["cause"]))
        body = [_text((cause, "bold"), (f", {_named(step['tool'], step['action'])}" if step else "", ""))]
        if command := reading.command_of(step):
            body.append(_text(("$ ", _DIM), line(command, _COMMAND)))
        if origin["explanation"]:
            body.append(_text((line(origin["explanation"], 400), "italic")))
        if spot:
            body.append(_text((line(reading.located(spot["place"])), "")))
            facts = [
                reading.clock(line(spot["timestamp"])),
                f"session {line(spot['session'], 40)}" if spot["session"] else "outside any session",
                f"turn {line(spot['turn'])}" if 0 < len(spot["turn"]) <= _SHORT else "",
                f"migration {line(origin['migration'], 60)}" if origin["migration"] else "",
            ]
            body.append(_text((" · ".join(filter(None, facts)), _DIM)))
        tree.add(_labelled("origin", body))

    def _elsewhere(self, tree: Tree, one: Incident) -> None:
        spot = self.found.first(one)
        first = spot["place"] if spot else None
        others = reading.by_path([place for place in reading.places(one) if place != first])
        if not others:
            return
        body = []
        for path, positions in list(others.items())[:_FILES]:
            cells = not positions[0].isdigit()
            name = "" if cells else "line " if len(positions) == 1 else "lines "
            body.append(_text(clip_middle(line(path), self.console.width - 20)))
            body.append(_text((f"  {name}{line(words.joined(positions, 8))}", _DIM)))
        if len(others) > _FILES:
            body.append(_text((f"and {words.count(len(others) - _FILES, 'more file')}", _DIM)))
        tree.add(_labelled("also in", body))

    def _spread(self, tree: Tree, one: Incident) -> None:
        body = []
        for time, session, move in islice(reading.journey(self.found, one), _SPREAD):
            detail = line(move["detail"], 160)
            what = words.SPREAD.get(move["kind"], line(move["kind"]))
            when = f"{line(time)}  " if time else ""
            where = f", session {line(session)}" if session else ""
            body.append(_text((when, _DIM), what, (f": {detail}" if detail else "", ""), (where, _DIM)))
        if len(one["spread"]) > _SPREAD:
            body.append(_text((f"and {len(one['spread']) - _SPREAD} more", _DIM)))
        if body:
            tree.add(_labelled("then", body))

    def _exposure(self, tree: Tree, one: Incident) -> None:
        seen, seconds = one["exposure"], reading.exposure_seconds(one)
        since = f"since {reading.clock(line(seen['first_seen']))}" if seen["first_seen"] else "time unknown"
        window = f", at least {words.duration(seconds)}" if seconds and seconds >= 1 else ""
        requests = f" ({words.count(seen['model_requests'], 'request')})" if seen["model_requests"] else ""
        others = [line(name, 30) for name in seen["to_tools"]]
        reached = [f"the model provider{requests}"] if seen["to_model"] else []
        audience = words.joined(reached + others, 6)
        body = [_text(since + window)]
        if audience:
            body.append(_text(("reached ", ""), audience))
        tree.add(_labelled("exposed", body))

    def _playbook(self, tree: Tree, one: Incident) -> None:
        body = []
        for number, step in enumerate(one["playbook"][:_PLAYBOOK], 1):
            who = f"  ({line(step['who'], 40)})" if step["who"] else ""
            body.append(_text((f"{number}. ", "bold green"), line(step["title"], 200), (who, _DIM)))
            if reading.action_of(step):
                body.append(_text((f"   {line(reading.action_of(step), _COMMAND)}", "green")))
        if len(one["playbook"]) > _PLAYBOOK:
            more = words.count(len(one["playbook"]) - _PLAYBOOK, "more step")
            body.append(_text((f"{more} in the full report (-f html=FILE)", _DIM)))
        if body:
            tree.add(_labelled("do now", body))

    def _checks(self) -> None:
        self._rule(_text(("workflow checks", "bold")))
        grid = _grid()
        for group in self.found.checks:
            grid.add_row(*self._check(group))
        self.console.print(grid)
        self.console.print()

    def _check(self, group: CheckGroup) -> tuple[Text, Text]:
        """One check over all runs; where it is violated, the first reasons."""
        status = "violated" if group.violated else "followed" if group.followed else "not-applicable"
        sign, style = _CHECKS[status]
        violated = len(group.violated)
        counts = [(violated, "violated"), (group.followed, "followed"), (group.silent, "not applicable")]
        told = ", ".join(f"{number} {name}" for number, name in counts if number)
        shown = _text((line(group.title, 120), _DIM if status == "not-applicable" else ""), (f"  {told}", _DIM))
        for check in group.violated[:_REASONS]:
            run = f"  {line(check['run'], 80)}" if check["run"] else ""
            shown.append("\n" + line(check["explanation"], 300) + run, _DIM)
        if violated > _REASONS:
            shown.append(f"\nand {violated - _REASONS} more", _DIM)
        return _text((sign, style)), shown

    def _coverage(self) -> None:
        self._rule(_text(("coverage", "bold")))
        self.console.print(_text(reading.scope_sentence(self.document)))
        grid = _grid()
        sources = self.document["coverage"]["sources"]
        for row in self._by_format(sources) if len(sources) > _SOURCES else map(self._source, sources):
            grid.add_row(*row)
        self.console.print(grid)
        self._gaps()
        notes = list(self._notes())
        if notes:
            self.console.print(_text((" · ".join(notes), _DIM)))
        self.console.print()

    def _by_format(self, sources: list[SourceDict]) -> Iterator[tuple[Text, Text]]:
        """Many sources are counted by format; those not examined wholly are named among the gaps."""
        for name in sorted({source["format"] for source in sources}):
            group = [source for source in sources if source["format"] == name]
            records, size = sum(one["records"] for one in group), sum(one["bytes"] for one in group)
            unfinished = sum(one["status"] != "examined" for one in group)
            sign, style = ("!", "bold yellow") if unfinished else ("✓", "green")
            about = f"  {words.count(len(group), 'source')} · {words.count(records, 'record')} · {words.size(size)}"
            late = f" · {unfinished} not wholly examined" if unfinished else ""
            yield _text((sign, style)), _text(line(name), (about + late, _DIM))

    def _source(self, source: SourceDict) -> tuple[Text, Text]:
        sign, style = ("✓", "green") if source["status"] == "examined" else ("!", "bold yellow")
        path = clip_middle(line(source["path"]), max(self.console.width - 6, 20))
        about = f"{line(source['format'])} · {words.count(source['records'], 'record')} · {words.size(source['bytes'])}"
        status = "" if source["status"] == "examined" else f" · {line(source['status'])}"
        return _text((sign, style)), _text(path, "\n", (about + status, _DIM))

    def _gaps(self) -> None:
        gaps = self.document["coverage"]["gaps"]
        if not gaps:
            return
        self.console.print(_text((f"\n{words.count(len(gaps), 'gap')} in what was examined", "bold yellow")))
        grid = _grid()
        for gap in gaps[:_GAPS]:
            path = clip_middle(line(gap["path"]), max(self.console.width - 6, 20))
            about = line(reading.gap_told(gap), 200)
            grid.add_row(_text(("!", "bold yellow")), _text(path, "\n", (about, _DIM)))
        self.console.print(grid)
        if len(gaps) > _GAPS:
            self.console.print(_text((f"  and {words.count(len(gaps) - _GAPS, 'more gap')}", _DIM)))

    def _notes(self) -> Iterator[str]:
        summary = self.document["summary"]
        yield from reading.told_apart(self.document)
        if summary["suppressed"]:
            yield f"{words.count(summary['suppressed'], 'incident')} accepted by a suppression"
        expired = sum(one["expired"] for one in self.document["suppressions"])
        if expired:
            yield f"{words.count(expired, 'suppression')} expired"

    def _verdict(self) -> None:
        summary = self.document["summary"]
        bad, incomplete = summary["incidents"] > 0, not summary["complete"]
        style = "bold red" if bad else "bold yellow" if incomplete else "bold green"
        sign = "●" if bad else "!" if incomplete else "✓"
        gaps = f" {words.count(summary['gaps'], 'gap')}." if summary["gaps"] else ""
        broken = f" {words.count(len(self.found.violated), 'workflow check')} violated." if self.found.violated else ""
        self._rule(_text(""))
        if "trend" in self.document:
            since = reading.clock(line(self.document["trend"]["since"]))
            self.console.print(_text((f"since {since}: {reading.trend_counts(self.document)}", "bold")))
        self.console.print(_text((f"{sign} {reading.verdict(self.document)}", style), (broken + gaps, "")))
        standing = reading.standing(self.document)
        if standing:
            self.console.print(_text(("  " + standing, "")))

    def _rule(self, title: Text) -> None:
        from rich.rule import Rule

        self.console.print(Rule(title, align="left", style=_DIM))


def _named(tool: str, action: str) -> str:
    shown = line(tool, 60)
    return shown if action in ("", "other") else f"{shown} ({line(action)})"


def _labelled(label: str, body: list[Text]) -> Table:
    """A row of a tree: a narrow name, and lines that wrap beside it."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=9, no_wrap=True)
    grid.add_column(overflow="fold")
    for number, part in enumerate(body):
        grid.add_row(_text((label if number == 0 else "", "bold")), part)
    return grid


def _grid() -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=2, justify="right")
    grid.add_column(overflow="fold")
    return grid


def _text(*parts: str | tuple[str, str]) -> Text:
    """Assemble text that rich will not read markup or links in."""
    from rich.text import Text

    shown = Text(overflow="fold")
    for part in parts:
        shown.append(*((part,) if isinstance(part, str) else part))
    return shown
