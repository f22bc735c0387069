"""JUnit XML as CI servers read it: one suite an input, one case a rule, so that a clean run shows what was looked for.

A credential is a failure of its rule, an accepted one is skipped, a gap is an error; violated workflow checks fail in
a suite of their own. Where inputs times rules would be too many cases, inputs without a finding get one case for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from auditor.document import Document, GapDict, Incident, PlaceDict, SourceDict
from auditor.report import reading, words
from auditor.report.reading import Reading
from auditor.safe.markup import plain

CASES = 20_000
"""Most cases before inputs without a finding are folded."""
_Finds = dict[str, list[tuple[Incident, PlaceDict]]]


def render(document: Document) -> bytes:
    """Return the XML document; suites in order of inputs, cases in order of rules."""
    root = ET.Element("testsuites", name="auditor")
    for suite in _suites(Reading(document)):
        root.append(suite)
    ET.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode").encode() + b"\n"


@dataclass(frozen=True, slots=True)
class _Case:
    """One test case; `kind` is empty where all is well."""

    name: str
    kind: str = ""
    type: str = ""
    message: str = ""
    text: str = ""


def _suites(found: Reading) -> Iterator[ET.Element]:
    document = found.document
    rules = _rules(found)
    finds = _finds(document)
    gaps: dict[str, list[GapDict]] = defaultdict(list)
    for gap in document["coverage"]["gaps"]:
        gaps[gap["path"]].append(gap)
    sources = document["coverage"]["sources"]
    fold = len(sources) * len(rules) > CASES
    for source in sources:
        of_rules = finds.pop(source["path"], {})
        names = ["all rules"] if fold and not of_rules else rules
        cases = [*(_case(name, of_rules.get(name, [])) for name in names), *map(_gap, gaps.pop(source["path"], []))]
        yield _suite(source["path"], cases, list(_properties(source)))
    for path, of_rules in sorted(finds.items()):
        yield _suite(path, [_case(name, of_rules[name]) for name in sorted(of_rules)])
    for path, missing in sorted(gaps.items()):
        yield _suite(path or "scope", list(map(_gap, missing)))
    if document["checks"]:
        yield _suite("workflow checks", list(_checks(found)))


def _rules(found: Reading) -> list[str]:
    """Active rules, or only those that fired where a document doesn't name them."""
    fired = {rule for one in found.document["incidents"] for rule in one["rules"]}
    return sorted({rule["id"] for rule in found.rules} | fired) or ["all rules"]


def _finds(document: Document) -> dict[str, _Finds]:
    """Places by path, then by rule."""
    finds: dict[str, _Finds] = defaultdict(lambda: defaultdict(list))
    for one in document["incidents"]:
        for spot in one["occurrences"]:
            for place in (spot["place"], *spot["copies"]):
                for rule in spot["rules"]:
                    finds[place["path"]][rule].append((one, place))
    return finds


def _case(rule: str, found: Sequence[tuple[Incident, PlaceDict]]) -> _Case:
    if not found:
        return _Case(rule)
    open_ones = [(one, place) for one, place in found if not one["suppressed"]]
    shown = open_ones or found
    distinct = list({one["id"]: one for one, _ in shown}.values())
    masks = words.joined([one["mask"] for one in distinct], 3)
    lines = [
        f"{reading.located(place)}: {one['severity']} {one['title']} ({one['id']}) {one['mask']}"
        for one, place in shown
    ]
    if not open_ones:
        return _Case(rule, "skipped", "accepted", f"accepted by {words.joined([o['suppressed'] for o in distinct], 3)}")
    worst = min((one["severity"] for one in distinct), key=reading.rank)
    return _Case(rule, "failure", worst, f"{words.count(len(distinct), 'credential')}: {masks}", "\n".join(lines))


def _gap(gap: GapDict) -> _Case:
    reason = words.GAPS.get(gap["reason"], gap["reason"])
    return _Case(f"coverage: {gap['reason']}", "error", gap["reason"], f"not wholly examined: {reason}", gap["detail"])


def _checks(found: Reading) -> Iterator[_Case]:
    for check in found.document["checks"]:
        name = f"{check['title']} ({check['run']})" if check["run"] else check["title"]
        kind = {"violated": "failure", "not-applicable": "skipped"}.get(check["status"], "")
        yield _Case(name, kind, check["id"] if kind else "", check["explanation"] if kind else "")


def _properties(source: SourceDict) -> Iterator[tuple[str, str]]:
    yield from (("format", source["format"]), ("bytes", str(source["bytes"])), ("records", str(source["records"])))
    yield from (("digest", source["digest"]), ("status", source["status"]))


def _suite(name: str, cases: Sequence[_Case], properties: Sequence[tuple[str, str]] = ()) -> ET.Element:
    counted = {kind: str(sum(case.kind == kind for case in cases)) for kind in ("failure", "error", "skipped")}
    suite = ET.Element(
        "testsuite", name=plain(name), tests=str(len(cases)), failures=counted["failure"], errors=counted["error"],
        skipped=counted["skipped"],
    )  # fmt: skip
    if properties:
        listed = ET.SubElement(suite, "properties")
        for key, value in properties:
            ET.SubElement(listed, "property", name=key, value=plain(value))
    for case in cases:
        element = ET.SubElement(suite, "testcase", name=plain(case.name), classname=plain(name))
        if case.kind:
            told = ET.SubElement(element, case.kind, type=plain(case.type), message=plain(case.message, 500))
            told.text = "\n".join(map(plain, case.text.split("\n"))) or None
    return suite
