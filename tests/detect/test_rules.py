"""Loading rule packs: what is accepted, refused, overridden."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.detect.bounds import unbounded
from auditor.detect.rules import load, read_pack
from auditor.errors import UsageProblem
from auditor.safe import shipped

RULE = """
[[rule]]
id = "sample-key"
title = "Sample"
kind = "generic-secret"
anchors = ["smpl_"]
pattern = '(?<![a-z])(?P<secret>smpl_[A-Za-z0-9]{8,40})'
confidence = "high"
severity = "low"
examples = [
  { text = "a smpl_Fake1234", secret = "smpl_Fake1234" },
  { text = "b smpl_Fake1235", secret = "smpl_Fake1235" },
  { text = "c smpl_Fake1236", secret = "smpl_Fake1236", parts = { host = "h" } },
]
counter_examples = [{ text = "smpl_", why = "x" }, { text = "smp", why = "x" }, { text = "", why = "x" }]
"""
PACK = '[pack]\nid = "{}"\nversion = "1.0.0"\ntitle = "T"\n'


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_shipped_packs_load_and_their_patterns_compile() -> None:
    rules = load()
    assert len(rules.packs) == len(shipped.files("credentials")) > 0
    assert all(rule.regex.groups for rule in rules)
    assert all(pack.digest.startswith("sha256:") for pack in rules.packs)


def test_shipped_packs_come_from_the_cache_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    parsed = load()
    assert list(tmp_path.glob("auditor/rules-*.bin"))
    assert vars(load()) == vars(parsed)


def test_reads_examples_as_bytes(tmp_path: Path) -> None:
    (rule,) = read_pack(_write(tmp_path / "p.toml", PACK.format("p") + RULE))
    assert rule.examples[2].parts == {"host": "h"}
    assert rule.examples[0].secret == b"smpl_Fake1234"
    assert rule.pack == "p"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('id = "sample-key"', 'id = "Sample Key"', "kebab"),
        ('kind = "generic-secret"', 'kind = "generic-secre"', "generic-secret"),
        ("anchors =", "anchor =", "did you mean `anchors`"),
        ('anchors = ["smpl_"]', 'anchors = ["://"]', "three"),
        ('anchors = ["smpl_"]', "anchors = []", "empty"),
        ("{8,40}", "{8,}", "unbounded"),
        ("{8,40}", "+", "unbounded"),
        ("(?P<secret>", "(?P<other>", "group `secret`"),
        ('severity = "low"', 'severity = "low"\nchecks = ["no-such"]', "no check"),
        ('severity = "low"', 'severity = "low"\nstatic = "yes"', "must be a bool"),
        ('severity = "low"', 'severity = "low"\nlead_of = "a-z"', "which is missing"),
        ('severity = "low"', 'severity = "low"\nlead = 9\nlead_of = "[a-z]"', "ranges"),
        ('  { text = "a smpl_Fake1234", secret = "smpl_Fake1234" },', "", "at least 3"),
        ('title = "Sample"', "", "`title` is missing"),
        ("[[rule]]", "[[rules]]", "did you mean `rule`"),
        ('title = "Sample"', "title = ", "cannot be read as TOML"),
    ],
)
def test_complains_with_file_and_key(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    path = _write(tmp_path / "p.toml", PACK.format("p") + RULE.replace(old, new))
    with pytest.raises(UsageProblem, match=complaint) as caught:
        read_pack(path)
    assert caught.value.message.startswith("p.toml: ")


def test_a_pattern_that_does_not_compile_is_a_usage_problem(tmp_path: Path) -> None:
    (rule,) = read_pack(_write(tmp_path / "p.toml", PACK.format("p") + RULE.replace("(?<![a-z])", "(?<![a-z]")))
    with pytest.raises(UsageProblem, match="does not compile"):
        _ = rule.regex


def test_user_packs_add_rules(tmp_path: Path) -> None:
    _write(tmp_path / "p.toml", PACK.format("p") + RULE)
    assert load([tmp_path]).get("sample-key") is not None
    assert load([tmp_path / "p.toml"]).get("sample-key") is not None


def test_user_packs_override_only_when_they_say_so(tmp_path: Path) -> None:
    first = _write(tmp_path / "a.toml", PACK.format("a") + RULE)
    silent = _write(tmp_path / "b.toml", PACK.format("b") + RULE)
    spoken = _write(tmp_path / "c.toml", PACK.format("c") + RULE.replace("[[rule]]", "[[rule]]\noverride = true"))
    with pytest.raises(UsageProblem, match="exists already"):
        load([first, silent])
    rules = load([first, spoken])
    assert rules.overridden == (("sample-key", "c"),)
    assert rules.get("sample-key").pack == "c"


def test_two_packs_of_one_id_and_missing_files_are_refused(tmp_path: Path) -> None:
    first = _write(tmp_path / "a.toml", PACK.format("a") + RULE)
    with pytest.raises(UsageProblem, match="two rule packs"):
        load([first, _write(tmp_path / "b.toml", PACK.format("a"))])
    with pytest.raises(UsageProblem, match="cannot be read"):
        load([tmp_path / "none.toml"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageProblem, match="no rule packs"):
        load([tmp_path / "empty"])


@pytest.mark.parametrize(
    ("pattern", "loose"),
    [
        ("a{1,5}", False), ("a{5}", False), ("a?", False), (r"a\+", False), ("[+*]", False), ("[]+*]x", False),
        ("(?:a|b){0,3}?", False), ("a{1,5}+", False), (r"[\]+]", False),
        ("a+", True), ("a*?", True), ("(?:a){2,}", True), (r"\s*", True), ("a{1,99999}", True),
    ],
)  # fmt: skip
def test_unbounded_quantifiers_are_seen(pattern: str, loose: bool) -> None:
    assert bool(unbounded(pattern)) is loose
