from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.document import Document
from auditor.report import html, publish, reading
from auditor.report.html import sequence, timeline, view
from auditor.report.reading import Reading
from tests.report import documents, hostile, leaks, sample

VOID = {"meta", "br", "wbr", "line", "rect", "circle", "polygon", "path"}


class Outline(HTMLParser):
    """Elements, attributes and whether they nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@documents.EVERY
def test_well_formed_inert_and_alone(build: Callable[[], Document]) -> None:
    page = html.render(build()).decode()
    assert not hostile.UNSAFE.search(page)
    outline = Outline(page)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert not outline.names & {"script", "iframe", "object", "embed", "link", "img", "base", "form", "foreignobject"}
    for name, value in outline.attributes:
        assert not name.startswith("on")
        assert name not in ("style", "src", "srcset", "action", "xlink:href")
        if name == "href":
            assert re.fullmatch(r"#[a-z0-9-]+", value or "")
            assert (value or "")[1:] in outline.ids


def test_policy_allows_the_stylesheet_and_nothing_else() -> None:
    page = html.render(sample.clean()).decode()
    css = page.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert f"content=\"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\"" in page
    assert "url(" not in css
    assert "@import" not in css


def test_attributes_have_double_quotes_only() -> None:
    for template in html.TEMPLATES.glob("*.j2"):
        assert not re.search(r"<[^>{]*='", template.read_text())


def test_sections_in_order() -> None:
    page = html.render(sample.leaking()).decode()
    wanted = ["result", "decisions", "incidents", "sessions", "checks", "controls", "coverage", "exceptions", "method"]
    places = [page.index(f'<section id="{name}"') for name in wanted]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("cause", "first"),
    [
        ("tool-result", ("mcp", "agent")),
        ("tool-output", ("tool", "agent")),
        ("prompt", ("developer", "agent")),
        ("assistant-text", ("model", "agent")),
        ("command-literal", ("agent", "tool")),
        ("environment", ("disk", "agent")),
        ("something-new", ("disk", "agent")),
    ],
)
def test_leak_path_begins_where_it_leaked(cause: str, first: tuple[str, str]) -> None:
    document = sample.leaking()
    one = document["incidents"][0]
    one["origin"]["cause"] = cause
    told = list(sequence.messages(Reading(document), one))
    (leak,) = [message for message in told if message.first]
    assert (leak.source, leak.target) == first
    assert [message.target for message in told if message.label.startswith(("Sent to the model", "Kept"))] == [
        "model",
        "disk",
    ]
    assert [message.detail for message in told if message.target == "database"][-1] == leaks.BRANCH_HOST


def test_long_paths_are_cut_and_told() -> None:
    document = sample.leaking()
    document["incidents"][0]["spread"] *= 20
    drawn = sequence.diagram(Reading(document), document["incidents"][0])
    assert len(drawn.rows) == sequence.ROWS
    assert drawn.left_out > 0
    assert "not drawn" in html.render(document).decode()


@pytest.mark.parametrize("length", range(0, 60, 3))
def test_no_cut_makes_a_credential_of_a_mask(length: int) -> None:
    document = sample.leaking()
    one = document["incidents"][0]
    one["mask"] = f"postgresql://{'u' * length}:[REDACTED:postgres-url:3fa9]@ep-cool.aws.neon.tech/neondb"
    one["title"] = one["mask"]
    publish.check(html.render(document), Engine(load()), "html", "high")


def test_timeline_is_to_scale() -> None:
    found = Reading(sample.leaking())
    axis = timeline.axis(found, found.sessions[leaks.MAIN])
    assert axis is not None
    assert [dot.number for dot in axis.dots] == list(range(1, 10))
    assert [dot.number for dot in axis.dots if dot.leak] == [4, 8]
    assert [one.incident["id"] for one in axis.bands] == ["inc-3fa9c1d2e4b5", "inc-b71c00aa11dd"]
    assert axis.bands[0].start < axis.bands[0].end < timeline.RIGHT
    assert 2 <= len(axis.ticks) <= 7
    for dot in axis.dots:
        assert timeline.LEFT <= dot.x <= timeline.RIGHT


@pytest.mark.parametrize("times", [("", ""), ("0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"), ("x", "\x1b")])
def test_timeline_of_strange_times(times: tuple[str, str]) -> None:
    document = sample.leaking()
    for one in document["sessions"]:
        one["started"], one["ended"] = times
    html.render(document)
    for step in document["steps"]:
        step["started"] = times[0]
    for incident in document["incidents"]:
        for spot in incident["occurrences"]:
            spot["timestamp"] = times[1]
        incident["exposure"].update(first_seen=times[0], last_seen=times[1])
    html.render(document)


def test_the_first_screen_tells_how_who_and_what_next() -> None:
    page = html.render(sample.leaking()).decode()
    first = page.split('<section id="incidents"')[0]
    assert "Where the work stands:</strong> 3 open; the oldest that may still work lies open since 2026-11-20" in first
    assert ">returned by a tool</th>" in first
    assert ">the model provider</th>" in first
    decided = first.split('class="decisions"')[1]
    assert "Returned by a tool (neon connection-string); reached" in decided


def test_decisions_name_the_step_that_ends_the_exposure() -> None:
    document = sample.leaking()
    steps = document["incidents"][0]["playbook"]
    steps[1]["containment"] = True
    (shown, *_rest) = view.Page(Reading(document)).decisions
    assert (shown.action, shown.who) == (steps[1]["title"], steps[1]["who"])
    assert html.render(document).decode().count("ends the exposure") == 1


def test_bars_of_many_names_stay_few() -> None:
    document = sample.leaking()
    document["incidents"][0]["exposure"]["to_tools"] = [f"tool-{number}" for number in range(40)]
    bars = view.Page(Reading(document)).audiences
    assert len(bars) == 6
    assert bars[-1].label.endswith(" others")
    assert max(bar.width for bar in bars) == 100


def test_every_framework_is_counted_at_a_glance() -> None:
    document = sample.leaking()
    for matrix in view.Page(Reading(document)).matrices:
        assert sum(matrix.counts.values()) >= len(matrix.rows) + len(matrix.quiet)
    page = html.render(document).decode()
    assert page.count('<h3 id="framework-') == len({one["framework"] for one in document["controls"]})


def test_many_incidents_stay_readable() -> None:
    document = documents.many()
    document["incidents"] = document["incidents"][:520]
    page = html.render(document).decode()
    assert page.count('<article class="incident') == 500
    assert "Further incidents" in page
    active = [one for one in document["incidents"] if not one["suppressed"]]
    assert f'<li><a href="#incident-13">and {len(active) - 12} more</a></li>' in page


@pytest.fixture
def browser(npm: Callable[[str], Path], chromium: Path, program: Callable[[str], Path], tmp_path: Path) -> Any:
    modules, node = npm("browser") / "node_modules", program("node")

    def look(document: Document, scheme: str = "light") -> dict[str, Any]:
        page = tmp_path / "report.html"
        page.write_bytes(html.render(document))
        command = [node, Path(__file__).with_name("page.cjs"), modules, chromium, page, scheme]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stderr
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen

    return look


@pytest.mark.parametrize(("name", "scheme"), [("leaking", "light"), ("leaking", "dark"), ("clean", "light")])
def test_in_a_real_browser(name: str, scheme: str, browser: Any) -> None:
    seen = browser(documents.BUILDERS[name](), scheme)
    assert seen["told"] == []
    assert len(seen["requests"]) == 1
    assert seen["faults"] == []
    assert seen["checked"] > 20
    assert seen["foreign"] == seen["handlers"] == seen["targets"] == 0
    assert seen["wide"] <= 0
    assert seen["narrow"] <= 0
    assert seen["focus"] == "Skip to the result"
    assert seen["pdf"] > 20_000
    assert seen["headings"][1:3] == ["Contents", "Result"]
    if name == "leaking":
        assert all(seen["drawn"].values()), seen["drawn"]
        assert seen["drawn"][".sequence .first"] == 3


def test_hostile_text_is_inert_in_a_real_browser(browser: Any) -> None:
    texts = itertools.cycle(hostile.STRINGS)
    seen = browser(hostile.fill(sample.leaking(), lambda: next(texts)))
    assert seen["told"] == []
    assert len(seen["requests"]) == 1
    assert seen["foreign"] == seen["handlers"] == 0
    assert seen["wide"] <= 0


def test_durations_and_sizes() -> None:
    assert reading.words.duration(93_784) == "1 d 2 h"
    assert [reading.words.size(n) for n in (0, 1, 999, 1000, 999_949, 10**6, 2 * 10**12)] == [
        "0 bytes", "1 byte", "999 bytes", "1.0 kB", "999.9 kB", "1.0 MB", "2.0 TB",
    ]  # fmt: skip
