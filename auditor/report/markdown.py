"""GitHub-flavoured Markdown that fits a pull request comment: verdict, table, one fold an incident, coverage.

Text from input stands in code spans or is escaped (`auditor.safe.markup`), never as markup, link, mention or reference.
What doesn't fit is counted, not cut in the middle.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from auditor.document import Document, Incident, PlaybookStep
from auditor.report import reading, words
from auditor.report.reading import Reading
from auditor.safe.markup import code_span, markdown

LIMIT = 60_000
"""Bytes; a GitHub comment holds 65,536 characters."""
_ROWS, _PLACES, _MOVES, _GAPS = 40, 12, 12, 20
_SIGNS = {"critical": "🟥", "high": "🟧", "medium": "🟨", "low": "🟦", "info": "⬜"}


def render(document: Document) -> bytes:
    """Return the comment, at most `LIMIT` bytes."""
    found = Reading(document)
    head, tail = "\n".join(_head(found)), "\n".join(_tail(found))
    room = LIMIT - len(head.encode("utf-8", "replace")) - len(tail.encode("utf-8", "replace")) - 200
    folds, left_out = [], 0
    for one in found.incidents:
        fold = "\n".join(_fold(found, one))
        size = len(fold.encode("utf-8", "replace"))
        if size <= room:
            folds.append(fold)
            room -= size + 1
        else:
            left_out += 1
    more = [f"*{words.count(left_out, 'incident')} not told here: see the full report.*\n"] if left_out else []
    return "\n".join([head, *folds, *more, tail]).encode("utf-8", "replace")


def _head(found: Reading) -> Iterator[str]:
    document = found.document
    sign = (
        "🔴" if found.incidents else "🟢" if document["summary"]["complete"] and document["summary"]["bytes"] else "🟡"
    )
    yield f"## {sign} {markdown(document['title'], 120) or 'Credential audit'}\n"
    told = (reading.standing(document), reading.scope_sentence(document), reading.gaps_sentence(document))
    yield f"**{reading.verdict(document)}** {' '.join(filter(None, told))}\n"
    trend = document.get("trend")
    if trend:
        since = markdown(reading.clock(trend["since"]), 40)
        yield f"Since {since}: {reading.trend_counts(document)}.\n"
    if found.incidents:
        yield from _table(found)


def _table(found: Reading) -> Iterator[str]:
    yield "| Severity | Credential | Origin | Places | Do first |"
    yield "|---|---|---|---|---|"
    for one in found.incidents[:_ROWS]:
        step = found.step(one["origin"]["step"])
        by = code_span(f"{step['tool']} {step['action']}", 60) if step else markdown(_cause(one), 60)
        action = reading.containment(one)
        first = markdown(action["title"], 120) if action else ""
        severity = f"{_SIGNS.get(one['severity'], '')} {markdown(one['severity'], 20)}"
        yield f"| {severity} | {code_span(one['mask'], 120)} | {by} | {len(reading.places(one))} | {first} |"
    if len(found.incidents) > _ROWS:
        yield f"| | *and {len(found.incidents) - _ROWS} more* | | | |"
    yield ""


def _fold(found: Reading, one: Incident) -> Iterator[str]:
    title = markdown(one["title"] or one["kind"], 100)
    yield f"<details><summary><b>{markdown(one['severity'], 20)}</b> {title} ({markdown(one['id'], 40)})</summary>\n"
    yield f"{code_span(one['mask'], 300, table=False)}\n"
    yield f"- **Origin:** {markdown(_cause(one), 80)}. {markdown(one['origin']['explanation'], 400)}"
    if command := reading.command_of(found.step(one["origin"]["step"])):
        yield f"  {code_span(command, 300, table=False)}"
    for path, positions in list(reading.by_path(reading.places(one)).items())[:_PLACES]:
        spots = code_span(words.joined(positions, 12), 300, table=False)
        yield f"- **In:** {code_span(path, 200, table=False)} at {spots}"
    for time, session, move in islice(reading.journey(found, one), _MOVES):
        what = markdown(words.SPREAD.get(move["kind"], move["kind"]), 60)
        detail = code_span(move["detail"], 160, table=False) if move["detail"].strip() else ""
        where = f"in session {code_span(session, 60, table=False)}" if session else ""
        yield f"- **Then:** {' '.join(filter(None, (markdown(time, 30), what, detail, where)))}"
    seconds = reading.exposure_seconds(one)
    if seconds or reading.remote(one):
        window = f"at least {words.duration(seconds)}; " if seconds else ""
        audience = words.joined(reading.remote(one), 8) or "nobody else known"
        yield f"- **Exposed:** {window}reached {markdown(audience, 300)}"
    yield ""
    for number, action in enumerate(one["playbook"], 1):
        yield f"{number}. {markdown(action['title'], 200)}{_how(action)}"
    yield "\n</details>\n"


def _how(action: PlaybookStep) -> str:
    """A command or API call as code, the way through a console as prose."""
    done = action["cli"] or action["api"]
    if done:
        return f": {code_span(done, 300, table=False)}"
    return f": {markdown(action['console'], 300)}" if action["console"] else ""


def _tail(found: Reading) -> Iterator[str]:
    document = found.document
    if found.violated:
        yield "### Workflow checks violated\n"
        for group in [group for group in found.checks if group.violated][:_ROWS]:
            times = f" ({len(group.violated)} times)" if len(group.violated) > 1 else ""
            yield f"- **{markdown(group.title, 120)}**{times} {markdown(group.violated[0]['explanation'], 300)}"
        yield ""
    gaps = document["coverage"]["gaps"]
    if gaps:
        yield f"### {words.count(len(gaps), 'gap')} in what was examined\n"
        for gap in gaps[:_GAPS]:
            yield f"- {code_span(gap['path'], 200, table=False)}: {markdown(reading.gap_told(gap), 240)}"
        if len(gaps) > _GAPS:
            yield f"- and {len(gaps) - _GAPS} more"
        yield ""
    summary = document["summary"]
    notes = list(reading.told_apart(document))
    notes += [f"{words.count(summary['suppressed'], 'incident')} accepted"] if summary["suppressed"] else []
    tool = markdown(f"{document['tool']['name']} {document['tool']['version']}", 60)
    yield f"<sub>{' · '.join([tool, *notes, markdown(document['content_digest'], 80)])}</sub>\n"


def _cause(one: Incident) -> str:
    return words.CAUSES.get(one["origin"]["cause"], one["origin"]["cause"])
