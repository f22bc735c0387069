from __future__ import annotations

import re
from typing import Any

from auditor.report import markdown
from tests.report import documents, hostile, leaks, sample

CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.S)


@documents.EVERY
def test_fits_a_comment_and_nothing_acts(build: Any) -> None:
    rendered = markdown.render(build())
    assert len(rendered) <= markdown.LIMIT
    text = rendered.decode()
    assert not hostile.UNSAFE.search(text)
    assert text.count("<details>") == text.count("</details>")
    prose = CODE.sub("", text)
    assert not re.search(r"@(?!&#8203;)|(?<!\\)\]\(|https?://|www\.|GH-\d|(?<![\\&#])#\d", prose)
    tags = {tag.lower() for tag in re.findall(r"(?<!\\)<(/?\w+)", prose)}
    assert tags <= {"details", "/details", "summary", "/summary", "b", "/b", "sub", "/sub"}


def test_tables_have_five_columns() -> None:
    for text in hostile.STRINGS:
        rows = [
            line
            for line in markdown.render(hostile.fill(sample.leaking(), lambda text=text: text)).decode().splitlines()
            if line.startswith("| ")
        ]
        for row in rows:
            assert len(re.findall(r"(?<!\\)\|", row)) == 6


def test_what_does_not_fit_is_counted() -> None:
    assert re.search(r"\*\d[\d,]* incidents not told here", markdown.render(documents.many()).decode())


def test_verdict_first() -> None:
    assert markdown.render(sample.clean()).decode().splitlines()[2].startswith("**No credential found in what was")


def test_no_empty_code_and_no_prose_as_code() -> None:
    document = sample.leaking()
    one = document["incidents"][0]
    for move in one["spread"]:
        move["detail"] = ""
    one["playbook"] = [
        leaks.playbook_step("Look", "", console="Projects, then Roles"),
        {**leaks.playbook_step("Cut", "", cli="psql -c x"), "containment": True},
    ]
    text = markdown.render(document).decode()
    assert "` `" not in text
    assert "1. Look: Projects, then Roles\n" in text
    assert "2. Cut: `psql -c x`\n" in text
    assert "| Cut |" in text
