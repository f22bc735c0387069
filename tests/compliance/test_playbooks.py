"""Playbooks: each kind has one, Neon's branches are known, and hostile ids never reach a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.compliance import Settings, enrich
from auditor.compliance.playbooks import load, read
from auditor.detect.engine import Engine
from auditor.detect.rules import load as load_rules
from auditor.document import PlaybookStep
from auditor.errors import UsageProblem
from auditor.model import KINDS
from auditor.report import json as canonical
from tests.compliance.documents import check, document, incident, occurrence, place, step

HOST = "ep-cool-sun-a1b2c3d4-pooler.us-east-2.aws.neon.tech"
CHILD = "ep-shy-moon-e5f6a7b8.us-east-2.aws.neon.tech"
STEPS = [
    step(
        "s1/c1",
        tool="neon",
        action="branch-create",
        target={"project": "shiny-sun-998877", "branch": "br-shy-moon-e5f6a7b8"},
    ),
    step(
        "s1/c2",
        tool="neon",
        action="connection-string",
        target={"project": "shiny-sun-998877", "branch": "br-shy-moon-e5f6a7b8", "host": CHILD},
    ),
    step("s1/c3", tool="atlas", action="apply", target={"host": HOST, "branch": "main"}),
]


def playbook(settings: Settings | None = None, **one: Any) -> list[PlaybookStep]:
    shape = {"kind": "postgres-url", "parts": {"user": ["neondb_owner"], "host": [HOST, CHILD], "database": ["neondb"]},
             "occurrences": [occurrence(session="s1", step="s1/c2")], "origin": {"step": "s1/c2", "cause": "tool-result"}}  # fmt: skip
    return enrich(document(incident(**{**shape, **one}), steps=STEPS), settings or Settings())["incidents"][0][
        "playbook"
    ]


def text_of(steps: list[PlaybookStep]) -> str:
    return "\n".join(str(value) for one in steps for value in one.values())


def test_every_kind_has_a_playbook() -> None:
    assert set().union(*(one.kinds for one in load() if one.when is None)) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", [[HOST], ["db.example.com"], []])
def test_every_playbook_names_the_step_that_contains_it(kind: str, host: list[str]) -> None:
    told = playbook(kind=kind, parts={"user": ["app"], "host": host})
    contains = [one for one in told if one.get("containment")]
    assert contains
    assert all(one["title"] != "Redact every copy" for one in contains)


@pytest.mark.parametrize("kind", KINDS)
def test_every_playbook_ends_with_copies_and_names_nothing_unfilled(kind: str) -> None:
    steps = enrich(document(incident(kind=kind)))["incidents"][0]["playbook"]
    assert "Redact every copy" in [one["title"] for one in steps]
    assert len(steps) >= 3
    assert "{" not in text_of(steps)
    assert all(one["title"] and one["who"] for one in steps)


def test_rotation_comes_before_redaction() -> None:
    titles = [one["title"] for one in playbook()]
    reset = next(number for number, title in enumerate(titles) if title.startswith("Reset the password"))
    assert reset < titles.index("Redact every copy")


def test_neon_password_is_reset_on_every_branch_seen_production_first() -> None:
    steps = playbook()
    resets = [one for one in steps if one["title"].startswith("Reset the password")]
    assert [one["title"].split("branch ")[1] for one in resets] == ["main", "br-shy-moon-e5f6a7b8"]
    assert resets[1]["api"].endswith(
        "/projects/shiny-sun-998877/branches/br-shy-moon-e5f6a7b8/roles/neondb_owner/reset_password"
    )
    assert resets[1]["cli"].startswith("neon api /projects/shiny-sun-998877/branches/br-shy-moon-e5f6a7b8/")
    assert "<id of branch main>" in resets[0]["api"]


def test_neon_password_tells_of_inheritance() -> None:
    text = text_of(playbook())
    assert "starts with the parent's passwords" in text
    assert "can open production" in text


def test_a_protected_parent_changes_the_first_step() -> None:
    text = text_of(playbook(Settings(protected=("main",))))
    assert "Confirm that the branch's password was its own" in text
    assert "opens more than the branch it leaked from" not in text


@pytest.mark.parametrize(("status", "shared"), [("followed", False), ("violated", True), ("not-applicable", True)])
def test_the_session_may_show_that_the_parent_was_protected(status: str, shared: bool) -> None:
    one = incident(kind="neon-password", occurrences=[occurrence(session="s1", step="s1/c2")])
    found = enrich(document(one, steps=STEPS, checks=[check("protected-parent", status)]))["incidents"][0]["playbook"]
    assert ("opens more than the branch it leaked from" in text_of(found)) is shared


def test_branches_the_session_made_are_to_be_deleted() -> None:
    delete = next(one for one in playbook() if one["title"].startswith("Delete branch"))
    assert delete["cli"] == "neonctl branches delete br-shy-moon-e5f6a7b8 --project-id shiny-sun-998877"
    assert delete["api"].endswith("/branches/br-shy-moon-e5f6a7b8")


def test_another_host_gets_the_postgres_playbook() -> None:
    steps = playbook(parts={"user": ["app"], "host": ["db.example.com"], "database": ["shop"]})
    change = next(one for one in steps if one["title"] == "Change the password of app")
    assert change["cli"] == "psql -h db.example.com -d shop -c '\\password app'"
    assert "SCRAM" in change["confirm"]
    assert "Neon" not in text_of(steps)


@pytest.mark.parametrize(
    ("cause", "title"),
    [
        ("tool-result", "Stop asking tools for connection strings in a conversation"),
        ("tool-output", "Stop commands from printing credentials"),
        ("command-literal", "Pass the connection by environment, not on the command line"),
        ("prompt", "Do not paste credentials into prompts"),
        ("configuration", "Read configuration from the environment instead of literals"),
    ],
)
def test_the_cause_has_its_fix(cause: str, title: str) -> None:
    assert title in [one["title"] for one in playbook(origin={"cause": cause})]


@pytest.mark.parametrize(
    "hostile", ["x; rm -rf ~", "$(id)", "a b", "`id`", "--help", "a\nb", "x'", 'x"', "", "é", "a" * 200]
)
def test_hostile_names_become_placeholders(hostile: str) -> None:
    steps = playbook(parts={"user": [hostile], "host": ["db.example.com"], "database": [hostile], "branch": [hostile],
                            "project": [hostile]})  # fmt: skip
    change = next(one for one in steps if "\\password" in one["cli"])
    assert change["cli"] == "psql -h db.example.com -d <database> -c '\\password <role>'"


def test_hostile_paths_are_quoted_or_left_out() -> None:
    where = [occurrence(place=place("~/.codex/a b;id.jsonl"), copies=[place("x\x1b[2J.jsonl"), place("ok.jsonl")])]
    redact = next(one for one in playbook(occurrences=where) if one["title"] == "Redact every copy")
    assert redact["cli"] == "auditor redact --in-place ~/'.codex/a b;id.jsonl' ok.jsonl"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[playbook]\nid = "x"\n[[step]]\ntitle = "t"\nwho = "w"\ncli = "run {value}"', "unknown slot {value}"),
        ('[playbook]\nid = "x"\n[[step]]\ntitle = "t"', "needs `title` and `who`"),
        ('[playbook]\nid = "x"\nwhen = "no condition"', "no condition"),
        ('[playbook]\nid = "x"\nkind = ["jwt"]', "unknown key `kind`"),
    ],
)
def test_broken_playbooks_are_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(UsageProblem, match=complaint):
        read(path)


@pytest.mark.parametrize("host", [HOST, "db.example.com", ""])
def test_no_wording_is_taken_for_a_credential(host: str) -> None:
    """The gate in front of every report would refuse it."""
    engine = Engine(load_rules(()))
    parts = {"user": ["neondb_owner"], "database": ["shop"], **({"host": [host]} if host else {})}
    many = [incident(id=f"inc-{number:012x}", kind=kind, parts=parts, fingerprint=f"{number:032x}",
                     occurrences=[occurrence(session="s1")], exposure={"to_model": True})
            for number, kind in enumerate(KINDS)]  # fmt: skip
    settings = Settings(regulated=frozenset({"card-data", "ephi", "personal-data"}))
    data = canonical.render(enrich(document(*many, steps=STEPS), settings))
    assert [(one.rule, data[one.start - 60 : one.end]) for one in engine.scan(data, confidence="medium")] == []
