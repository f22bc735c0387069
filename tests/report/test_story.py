"""The timeline and the explanation of a leak, from a document alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from auditor.cli.app import group
from auditor.document import Document
from auditor.errors import UsageProblem
from auditor.report import story, terminal
from tests.trace.stories import PASSWORD, ROLE, Story, applied, incident, told, url
from tests.trace.test_sessions import OWN

V1, V2 = "20261201100000", "20261201100100"


@pytest.fixture
def document(tmp_path: Path) -> Document:
    session = Story().sh("c1", "cat .env", f"DATABASE_URL={url()}\n").sh("c2", "ls").sh("c3", "pwd")
    session.sh("c4", f'DATABASE_URL="{url()}" atlas migrate apply --env prod', applied(V1, V2, secret=ROLE, at=V2))
    return told(tmp_path, session)


def test_timeline_marks_leaks_and_spread(document: Document) -> None:
    text = story.timeline(document).decode()
    lines = text.splitlines()
    read = next(line for line in lines if "read-secret" in line)
    apply = next(line for line in lines if "atlas apply" in line)
    assert "✗" in read
    assert "✗" in apply
    assert "· promotion" in apply
    assert "· run-1" in apply
    assert f"while {V2} was executing" in text
    assert "run-1  atlas · " in text
    assert any("… 2 other steps" in line for line in lines)
    assert incident(document, "c1")["id"] in text
    assert re.search(r"carried inc-[0-9a-f]{12}", text)
    assert "! lint-before-apply" in text
    assert "\x1b" not in text


def test_timeline_of_one_incident_marks_only_it(document: Document) -> None:
    one = incident(document, "c1")
    text = story.timeline(document, incident=one["id"][:10]).decode()
    others = [other["id"] for other in document["incidents"] if other is not one]
    assert one["id"] in text
    assert not any(other in text for other in others)


def test_what_is_asked_for_comes_without_other_sessions(document: Document) -> None:
    """Their broken rules and credentials stood below every story."""
    document["sessions"].append({**document["sessions"][0], "id": "another"})
    document["steps"] = [*document["steps"], {**document["steps"][0], "id": "another/c", "session": "another"}]
    document["checks"] = [
        *document["checks"],
        {**document["checks"][0], "session": "another", "explanation": "ELSEWHERE"},
    ]
    for check in document["checks"]:
        check["status"] = "violated"
    own = document["sessions"][0]["id"]
    one = incident(document, "c1")
    for text in (story.timeline(document, session=own), story.timeline(document, incident=one["id"])):
        assert b"lint-before-apply" in text
        assert b"ELSEWHERE" not in text
    other = story.timeline(document, session="another").decode()
    assert "ELSEWHERE" in other
    assert one["id"] not in other
    assert "ELSEWHERE" in story.timeline(document).decode()


def test_colours_are_asked_for(document: Document) -> None:
    assert b"\x1b[" in story.timeline(document, colour=True)


def test_explanation_is_a_few_sentences(document: Document) -> None:
    by_kind = {one["kind"]: one for one in document["incidents"]}
    text = story.explanation(document, by_kind["postgres-password"]["id"]).decode()
    assert f"while migration {V2} was executing" in text
    assert "run of atlas" in text
    assert "Nothing later in the record carried it on." in text
    assert "Workflow rules broken on the way" in text
    assert PASSWORD not in text
    assert ROLE not in text
    assert "a command (atlas)" in story.explanation(document, by_kind["postgres-url"]["id"]).decode()


@pytest.mark.parametrize("wanted", ["inc-ffffffffffffffff", "zz"])
def test_unknown_incidents_are_a_usage_problem(document: Document, wanted: str) -> None:
    with pytest.raises(UsageProblem, match="no incident"):
        story.find(document, wanted)


def test_an_ambiguous_beginning_is_refused(document: Document) -> None:
    with pytest.raises(UsageProblem, match="several"):
        story.find(document, "inc-")


def test_unknown_sessions_are_a_usage_problem(document: Document) -> None:
    with pytest.raises(UsageProblem, match="session"):
        story.timeline(document, session="nothing")


def test_hostile_names_cannot_act(document: Document) -> None:
    document["steps"][0]["command"] = "\x1b]0;owned\x07[bold]x[/bold]\n\u202egnp"
    text = story.timeline(document).decode()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[bold]x" in text


def test_verbs_read_transcripts_and_stored_documents(tmp_path: Path) -> None:
    path = Story().sh("c1", "cat .env", f"DATABASE_URL={url()}\n").file(tmp_path)
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    run = CliRunner()
    drawn = run.invoke(group, ["trace", str(path), "--key-file", str(key)], standalone_mode=False)
    assert drawn.exception is None
    assert "✗" in drawn.output
    kept = tmp_path / "audit.json"
    run.invoke(group, ["scan", str(path), "--key-file", str(key), "-q", "-f", f"json={kept}"], standalone_mode=False)
    told_ = run.invoke(group, ["explain", "inc-", str(kept)], standalone_mode=False)
    assert told_.exception is None
    assert "`cat .env` printed it." in told_.output
    assert PASSWORD not in drawn.output + told_.output


def test_a_step_that_ran_nothing_is_named_once(tmp_path: Path) -> None:
    document = told(tmp_path, Story().says(f"use {url()}", "user"))
    assert story.timeline(document).decode().count("user prompt") == 1
    assert "$ user prompt" not in terminal.render(document).decode()


def test_sessions_whose_time_is_unknown_come_last(document: Document) -> None:
    late = {**document["sessions"][0], "id": "a-log", "started": ""}
    document["sessions"].insert(0, late)  # type: ignore[arg-type]
    document["steps"].append({**document["steps"][0], "id": "a-log/1", "session": "a-log"})
    heads = [line for line in story.timeline(document).decode().splitlines() if line.startswith(("a-log", OWN))]
    assert [head.split(" ")[0] for head in heads] == [OWN, "a-log"]
