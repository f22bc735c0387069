"""GitHub workflow commands: one annotation an incident, at its first place, and one a gap.

GitHub shows ten annotations of a level a step (docs.github.com, "Workflow commands"); what is beyond is counted in one
line, since more would be dropped without a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from auditor.document import Document, Incident
from auditor.report import reading, words
from auditor.report.reading import Reading
from auditor.safe import github
from auditor.safe.text import clip

LIMIT = 10
_LEVELS = {"critical": "error", "high": "error", "medium": "warning"}


def render(document: Document) -> bytes:
    """Return commands, one a line, and the verdict as a notice."""
    return "".join(f"{line}\n" for line in _limited(document)).encode("utf-8", "replace")


def _limited(document: Document) -> Iterator[str]:
    shown: Counter[str] = Counter()
    dropped = 0
    for level, line in _commands(Reading(document)):
        shown[level] += 1
        if shown[level] <= (LIMIT - 1 if level == "notice" else LIMIT):
            yield line
        else:
            dropped += 1
    more = f" {words.count(dropped, 'annotation')} not shown here." if dropped else ""
    said = f"{reading.verdict(document)} {reading.scope_sentence(document)}{more}"
    yield github.command("notice", said, title="auditor")


def _commands(found: Reading) -> Iterator[tuple[str, str]]:
    for one in found.incidents:
        level = _LEVELS.get(one["severity"], "notice")
        spot = found.first(one)
        place = spot["place"] if spot else None
        title = clip(f"{one['severity']}: {one['title']}", 120)
        yield (
            level,
            github.command(
                level,
                clip(_message(one), 1000),
                file=place["path"] if place else "",
                line=place["line"] if place else 0,
                title=title,
            ),
        )
    for check in found.violated:
        text = clip(f"{check['explanation'] or check['title']}", 500)
        yield "warning", github.command("warning", text, title=clip(f"workflow: {check['title']}", 120))
    for gap in found.document["coverage"]["gaps"]:
        text = clip(f"Not wholly examined: {reading.gap_told(gap)}", 500)
        yield "warning", github.command("warning", text, file=gap["path"], title="auditor: gap")


def _message(one: Incident) -> str:
    cause = words.CAUSES.get(one["origin"]["cause"], one["origin"]["cause"])
    action = reading.containment(one)
    first = action["title"] if action else "Rotate it, then redact every copy"
    places = words.count(len(reading.places(one)), "place")
    explained = f" {one['origin']['explanation']}" if one["origin"]["explanation"] else ""
    return f"{one['mask']}: {cause}, {places}.{explained} First: {first}."
