from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.document import Document
from auditor.errors import Refused, UsageProblem, VerificationFailed
from auditor.report import FORMATS, publish
from auditor.report.publish import Target, targets
from tests.report import documents, hostile, sample

ROOT = Path(__file__).resolve().parents[2]
SECRET = "napi_" + "fake0fake1fake2fake3fake4fake5fake6fake7fake8fake9fake0fake1fake2"


@cache
def engine() -> Engine:
    return Engine(load())


def _publish(document: Document, *wanted: Target, **more: Any) -> bytes:
    out = io.BytesIO()
    publish.publish(document, wanted, engine(), out, **more)
    return out.getvalue()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("build", [sample.leaking, sample.clean, sample.nothing], ids=["leaking", "clean", "nothing"])
def test_masked_reports_pass_the_gate(name: str, build: Callable[[], Document], tmp_path: Path) -> None:
    path = tmp_path / "report"
    assert _publish(build(), Target(name, str(path))) == b""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert _publish(build(), Target(name, "-")) == path.read_bytes()


def _texts(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [found for name, item in value.items() for found in _texts(item, (*path, name))]
    if isinstance(value, list):
        return [found for at, item in enumerate(value[:1]) for found in _texts(item, (*path, at))]
    return [path] if isinstance(value, str) else []


def _small() -> Document:
    """Every field of a judged document; few controls, since each try scans it all."""
    document = documents.judged()
    document["controls"] = document["controls"][:3]
    return document


SENTENCE = "the admin password is q8Fake" + "Z3v1Lm"


@pytest.mark.parametrize("secret", [SECRET, SENTENCE], ids=["high", "medium"])
@pytest.mark.parametrize("path", _texts(_small()), ids=lambda path: "/".join(map(str, path)))
def test_a_secret_in_any_field_never_gets_out(path: tuple[Any, ...], secret: str, tmp_path: Path) -> None:
    document: Any = _small()
    at = document
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = f"{at[path[-1]]} {secret} "
    with pytest.raises(VerificationFailed) as problem:
        _publish(document, Target("csv", str(tmp_path / "report")))
    assert secret not in problem.value.message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_refused_that_holds_one(name: str, tmp_path: Path) -> None:
    document = hostile.fill(documents.judged(), lambda: SECRET)
    wanted = [Target("csv", str(tmp_path / "other")), Target(name, str(tmp_path / "report"))]
    with pytest.raises(VerificationFailed):
        _publish(document, *wanted)
    assert not list(tmp_path.iterdir())


DIGESTS = """
import hashlib
from auditor.report import FORMATS, render
from tests.report import documents
for name in FORMATS:
    for build in ("leaking", "clean", "nothing", "bare", "hostile-5"):
        print(name, build, hashlib.sha256(render(documents.BUILDERS[build](), name)).hexdigest())
"""


def test_same_document_same_bytes_in_every_process() -> None:
    shown = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"Etc/GMT+{seed}", "COLUMNS": f"{seed}00"}
        shown.append(subprocess.check_output([sys.executable, "-c", DIGESTS], env=environment, cwd=ROOT))
    assert shown[0] == shown[1]
    assert shown[0].count(b"\n") == 5 * len(FORMATS)


FORBIDDEN = ("compliant", "breach", "certified", "passed")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("build", [sample.leaking, sample.clean, sample.nothing], ids=["leaking", "clean", "nothing"])
def test_words_that_would_decide_are_not_used(name: str, build: Callable[[], Document]) -> None:
    from auditor.report import render

    text = render(build(), name).decode().lower()
    assert not [word for word in FORBIDDEN if word in text]


@pytest.mark.parametrize(
    "wanted",
    [["json=-", "text"], ["json", "csv=-"], ["json=a", "csv=a"], ["json=a", "csv=./a"], ["docx=a"], [""]],
)
def test_impossible_targets(wanted: list[str]) -> None:
    with pytest.raises(UsageProblem):
        publish.targets(wanted)


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("{}\n")
    os.link(log, tmp_path / "same")
    os.symlink(log, tmp_path / "link")
    for name in ("log.jsonl", "same", "link"):
        with pytest.raises(Refused):
            _publish(sample.clean(), Target("json", str(tmp_path / name)), inputs=[str(log)])
    document = sample.clean()
    document["coverage"]["sources"][0]["path"] = str(log)
    with pytest.raises(Refused):
        _publish(document, Target("json", str(log)))
    assert log.read_text() == "{}\n"


def test_text_on_a_screen_is_coloured_and_in_a_file_is_not(tmp_path: Path) -> None:
    screen = publish.Screen(90, True)
    shown = _publish(sample.leaking(), Target("text", "-"), Target("text", str(tmp_path / "t")), screen=screen)
    assert b"\x1b[" in shown
    assert b"\x1b" not in (tmp_path / "t").read_bytes()


def test_a_format_may_be_named_by_its_suffix() -> None:
    assert targets(["md=a.md", "junit=b.xml"]) == [Target("markdown", "a.md"), Target("junit", "b.xml")]
